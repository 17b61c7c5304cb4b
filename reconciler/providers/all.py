"""Every provider there is: their kinds, and how one is opened."""

from __future__ import annotations

from collections.abc import Mapping
from pkgutil import resolve_name
from typing import TYPE_CHECKING

from reconciler.core.kind import Kind
from reconciler.core.provider import Provider
from reconciler.providers.batch_inference import kind as batch
from reconciler.providers.custom_models import kind as custom_models
from reconciler.providers.model_registry import kind as registry_model
from reconciler.providers.model_runs import kind as model_run
from reconciler.settings import ProviderSettings

if TYPE_CHECKING:
    from reconciler.providers.http import Runtime

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        custom_models.ENVIRONMENT,
        custom_models.MODEL,
        registry_model.KIND,
        model_run.KIND,
        batch.KIND,
    )
}

HOME = "reconciler.providers"
PROVIDERS: Mapping[str, str] = {
    "custom_models": f"{HOME}.custom_models.provider:CustomModels",
    "model_registry": f"{HOME}.model_registry.provider:ModelRegistry",
    "model_runs": f"{HOME}.model_runs.provider:ModelRuns",
    "batch_inference": f"{HOME}.batch_inference.provider:BatchInference",
}
"""Each by its name: what speaks HTTP is loaded when it is opened, for half of a start is that."""


def open_provider(
    name: str, settings: ProviderSettings, outside: Runtime | None = None
) -> Provider:
    """A provider ready for use; nothing is sent before its first call."""
    from reconciler.providers.http import Endpoint, Http

    key = {"scheme": "", "header": "X-API-Key"} if settings.token_is_key else {}
    endpoint = Endpoint(
        settings.endpoint,
        settings.token,
        ca_bundle=settings.ca_bundle,
        rate=settings.rate,
        parallel=settings.parallel,
        **key,
    )
    provider: Provider = resolve_name(PROVIDERS[name])(Http(endpoint, outside))
    return provider
