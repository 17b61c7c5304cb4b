"""Every provider there is: their kinds, and how one is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reconciler.core.kind import Kind
from reconciler.core.provider import Provider
from reconciler.providers.batch_inference import batch
from reconciler.providers.batch_inference.provider import BatchInference
from reconciler.providers.custom_models import environment, model
from reconciler.providers.custom_models.provider import CustomModels
from reconciler.providers.http import Endpoint, Http, Outside
from reconciler.providers.model_registry import registry_model
from reconciler.providers.model_registry.provider import ModelRegistry
from reconciler.providers.model_runs import kind as model_run
from reconciler.providers.model_runs.provider import ModelRuns
from reconciler.settings import ProviderSettings

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        environment.KIND,
        model.KIND,
        registry_model.KIND,
        model_run.KIND,
        batch.KIND,
    )
}

PROVIDERS: Mapping[str, Callable[[Http], Provider]] = {
    "custom_models": CustomModels,
    "model_registry": ModelRegistry,
    "model_runs": ModelRuns,
    "batch_inference": BatchInference,
}


def open_provider(
    name: str, settings: ProviderSettings, outside: Outside | None = None
) -> Provider:
    """A provider ready for use; nothing is sent before its first call."""
    key = {"scheme": "", "header": "X-API-Key"} if settings.token_is_key else {}
    endpoint = Endpoint(
        settings.endpoint,
        settings.token,
        ca_bundle=settings.ca_bundle,
        rate=settings.rate,
        parallel=settings.parallel,
        **key,
    )
    return PROVIDERS[name](Http(endpoint, outside))


__all__ = ["KINDS", "PROVIDERS", "Outside", "open_provider"]
