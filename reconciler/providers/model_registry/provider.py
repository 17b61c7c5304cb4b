"""The model registry provider: finds the models that manifests name; writes nothing."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.core.provider import Provider, Row
from reconciler.core.resource import Live, Prefetched, Resource
from reconciler.errors import ApiError, LiveStateError
from reconciler.providers.http import Http
from reconciler.providers.model_registry.client import NOT_SERVED, Client
from reconciler.providers.model_registry.matching import (
    fitting,
    is_meant,
    live_model,
    sought,
    version_facts,
)
from reconciler.providers.model_registry.responses import Model, ModelVersion

MOST_NAMES = 1000
"""How many models are looked through for a name that is near the one that is not there."""


class ModelRegistry(Provider):
    """``core.provider.Provider`` for ``RegistryModel``."""

    def __init__(self, http: Http) -> None:
        self.http = http
        self.client = Client(http)

    def list(self, kind: str) -> Sequence[Live]:
        """Nothing: the models of a registry are nobody's manifests until one names them."""
        return ()

    def find(self, resource: Resource, prefetched: Prefetched | None = None) -> Live | None:
        """The model that a manifest names, and its version; also when none exists, or two."""
        models = self._models(resource)
        if not models:
            return live_model(resource, (), near=self._near(resource))
        if len(models) > 1:
            return live_model(resource, models)
        return live_model(resource, models, self._versions(models[0], resource))

    def _models(self, resource: Resource) -> Sequence[Model]:
        spec = resource.spec
        # A model without versions is listed so that this is reported.  A name with its repository
        # cannot be filtered by.
        named = {"fqn": spec["fqn"]} if "fqn" in spec else {"name": spec["modelName"]}
        found = self.client.list_models(**named, include_empty_models=True)
        return sorted((m for m in found if is_meant(m, resource)), key=lambda model: model.id)

    def _near(self, resource: Resource) -> Sequence[str]:
        names = self.client.list_fqns(MOST_NAMES)
        whole = sought(resource)
        if "fqn" not in resource.spec:
            # The tenant, which no manifest of this form names, comes before the repository.
            names = ["/".join(name.split("/")[-2:]) for name in names]
        return difflib.get_close_matches(whole, names, n=3, cutoff=0.75)

    def _versions(self, model: Model, resource: Resource) -> Sequence[ModelVersion]:
        """The latest one, which the model carries, unless another one may be meant."""
        latest = model.latest_version
        if latest is None:
            return ()
        if fitting([latest], resource.spec.get("require") or {}):
            return (latest,)
        try:
            versions = [v for v in self.client.list_versions(model.id) if _is_of(v, model.id)]
        except ApiError as error:
            if error.status not in NOT_SERVED:
                raise
            versions = []  # only models are documented for this registry's public API
        return versions or (latest,)

    def read_details(self, resource: Resource, live: Live) -> Live:
        """The same: ``find`` read everything."""
        return live

    def snapshot(self, live: Live) -> Any:
        """The model and its latest version as they are now; None when it is gone."""
        found = [m for m in self.client.list_models(fqn=live.name) if m.id == live.id]
        return found[0].model_dump(mode="json") if found else None

    def history(self, live: Live) -> Sequence[Row]:
        """Its versions, the highest number first."""
        if not live.id:
            raise LiveStateError(f"the registry shows no model {live.name}", "Run a plan.")
        versions = [v for v in self.client.list_versions(live.id) if _is_of(v, live.id)]
        return [_row(each) for each in sorted(versions, key=lambda v: v.number or 0, reverse=True)]

    def requests(self) -> Mapping[str, int]:
        """Requests so far, by method."""
        return dict(self.http.counts)

    def close(self) -> None:
        """Close the connections."""
        self.http.close()


def _is_of(version: ModelVersion, model_id: str) -> bool:
    # A server that ignores the filter sends the versions of every model.
    return version.model_id in (None, model_id)


def _row(version: ModelVersion) -> Row:
    facts = version_facts(version)
    measured = {key: value for key, value in facts.metrics.items() if value is not None}
    return {
        "version": facts.name.number,
        "id": version.id,
        "alias": facts.name.alias or "",
        "created": version.created_at or "",
        "framework": facts.framework or "",
        "deployable": facts.deployable,
        "tags": ", ".join(facts.tags),
        "metrics": ", ".join(f"{key} {value:g}" for key, value in measured.items()),
    }
