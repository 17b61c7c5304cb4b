"""The table of API families: their kinds, and how a provider is opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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

HOME = "reconciler.providers"


@dataclass(frozen=True, slots=True)
class Family:
    """One API family: its name, its kinds, and ``module:Class`` of its provider.

    The provider is named and not imported: what speaks HTTP takes half of a start, and is loaded
    when it is opened.
    """

    name: str
    kinds: tuple[Kind, ...]
    provider: str


FAMILIES = (
    Family(
        "custom_models",
        (custom_models.ENVIRONMENT, custom_models.MODEL),
        f"{HOME}.custom_models.provider:CustomModels",
    ),
    Family(
        "model_registry", (registry_model.KIND,), f"{HOME}.model_registry.provider:ModelRegistry"
    ),
    Family("model_runs", (model_run.KIND,), f"{HOME}.model_runs.provider:ModelRuns"),
    Family("batch_inference", (batch.KIND,), f"{HOME}.batch_inference.provider:BatchInference"),
)


def kinds_of(families: Iterable[Family]) -> Mapping[str, Kind]:
    """The kinds of these families by name."""
    return {kind.name: kind for family in families for kind in family.kinds}


KINDS = kinds_of(FAMILIES)


def open_provider(
    name: str,
    settings: ProviderSettings,
    outside: Runtime | None = None,
    families: Iterable[Family] = FAMILIES,
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
    names = {family.name: family.provider for family in families}
    provider: Provider = resolve_name(names[name])(Http(endpoint, outside))
    return provider
