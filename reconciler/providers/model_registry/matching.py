"""Which model a manifest means, and which version of it; all that was found goes into ``facts``.

``alias`` chooses the version where it is required, else the newest one inside ``version`` is
chosen: a range is how a project stays on older versions.  All else of ``require`` is only checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from reconciler.core.resource import Live, Resource, SpecPart
from reconciler.providers.model_registry.bounds import is_whole_inside
from reconciler.providers.model_registry.facts import (
    NamedModel,
    RegistryFacts,
    VersionFacts,
    VersionName,
)
from reconciler.providers.model_registry.responses import Metric, Model, ModelVersion

KIND = "RegistryModel"
_PINNED = re.compile(r"\s*([A-Za-z0-9._-]+)\s*(?:\[[^\]]*\])?\s*(.*?)\s*(?:;.*)?", re.DOTALL)


def sought(resource: Resource) -> str:
    """The model as its manifest names it."""
    spec = resource.spec
    return str(spec.get("fqn") or f"{spec['mlRepo']}/{spec['modelName']}")


def is_meant(model: Model, resource: Resource) -> bool:
    """Whether it is the one that the manifest names; a server may ignore the filters it is sent.

    ``mlRepo`` is the repository's name, or its id.
    """
    spec = resource.spec
    if resource.id is not None and model.id != resource.id:
        return False
    if "fqn" in spec:
        return bool(model.fqn == spec["fqn"])
    repository, name = model.place
    return name == spec["modelName"] and spec["mlRepo"] in (repository, model.ml_repo_id)


def fitting(versions: Iterable[ModelVersion], require: SpecPart) -> list[ModelVersion]:
    """The version that is meant; several when the registry gave one alias to all of them."""
    alias, inside = require.get("alias"), require.get("version")
    if alias is not None:
        return [each for each in versions if each.manifest.version_alias == alias]
    fitting = [each for each in versions if inside is None or is_whole_inside(each.number, inside)]
    return sorted(fitting, key=lambda each: (each.number or 0, each.id))[-1:]


def live_model(
    resource: Resource,
    models: Sequence[Model],
    versions: Sequence[ModelVersion] = (),
    near: Sequence[str] = (),
) -> Live:
    """What the registry has to say about this manifest; ``id`` is '' when the model does not exist.

    Not None then, so that the plan can tell which names are near.
    """
    only = models[0] if len(models) == 1 else None
    require = resource.spec.get("require") or {}
    matching = fitting(versions, require)
    return Live(
        kind=KIND,
        id=only.id if only else "",
        name=only.fqn if only else sought(resource),
        facts=RegistryFacts(
            models=tuple(NamedModel(model.id, model.fqn) for model in models),
            near=tuple(near),
            versions=tuple(_name_of(version) for version in versions),
            matching=tuple(version_facts(each, by_alias="alias" in require) for each in matching),
        ),
    )


def _name_of(version: ModelVersion) -> VersionName:
    return VersionName(version.id, version.number, version.manifest.version_alias)


def version_facts(version: ModelVersion, *, by_alias: bool = False) -> VersionFacts:
    """Everything that a requirement may ask of a version."""
    manifest, environment = version.manifest, version.manifest.environment
    return VersionFacts(
        name=_name_of(version),
        fqn=version.fqn,
        framework=manifest.framework.type if manifest.framework else None,
        source=manifest.source.type if manifest.source else None,
        # Null counts as its default, which is false.
        deployable=bool(version.deployable),
        tags=tuple(sorted(version.tags or ())),
        metrics=newest_values(version.metrics or ()),
        python_version=environment.python_version if environment else None,
        packages=packages((environment and environment.pip_packages) or ()),
        by_alias=by_alias,
    )


def newest_values(metrics: Iterable[Metric]) -> dict[str, float | None]:
    """The last measurement of each key: a metric is listed once for every step that logged it."""
    ordered = sorted(metrics, key=lambda each: (each.step or 0.0, each.timestamp or 0.0))
    return {each.key: each.value for each in ordered}


def packages(lines: Iterable[str]) -> dict[str, str]:
    """``{"scikit-learn": "==1.5"}`` of lines as ``pip`` takes them; names in their one spelling."""
    found = {}
    for line in lines:
        parts = _PINNED.fullmatch(line)
        if parts:
            found[spelled(parts[1])] = parts[2]
    return found


def spelled(package: str) -> str:
    """The name of a package in its one spelling: ``Scikit_Learn`` is ``scikit-learn``."""
    return re.sub(r"[-_.]+", "-", package).lower()
