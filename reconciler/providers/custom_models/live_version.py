"""A live model version: its settings in the manifest's shape, its facts, and its outputs."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.core.json_value import JsonObject
from reconciler.core.kind import Outputs, PlanContext
from reconciler.core.marker import of_object, split
from reconciler.core.resource import Resource
from reconciler.providers.custom_models.client.responses import AssignedData, Version
from reconciler.providers.custom_models.facts import VersionFacts
from reconciler.providers.custom_models.version_marker import FILES

ITEM = "item:"
"""Prefix of an output: the item id of a file of the version."""
DEPENDENCIES = "dependencies"
"""Output: how many dependencies the platform found in the version."""
REQUIREMENTS = "requirements.txt"


def live_version(version: Version | None) -> JsonObject:
    """The version's settings under the keys of ``spec.version``; {} without a version."""
    if version is None:
        return {}
    return {
        "description": split(version.description)[0],
        "maximumMemory": version.maximum_memory,
        "replicas": version.replicas,
        "networkEgressPolicy": version.network_egress_policy,
        "requiresHa": version.requires_ha,
        "resourceBundleId": version.resource_bundle_id,
        "requiredMetadata": {
            value.field_name: value.value for value in version.required_metadata_values or ()
        },
        "trainingData": _data(version.training_data),
        "holdoutData": _data(version.holdout_data),
    }


def _data(data: AssignedData | None) -> JsonObject | None:
    if data is None:
        return None
    values = {
        "datasetId": data.dataset_id,
        "datasetVersionId": data.dataset_version_id,
        "partitionColumn": data.partition_column,
    }
    # The platform sends an object full of nulls where nothing is assigned.
    return {key: value for key, value in values.items() if value is not None} or None


def version_facts(version: Version | None) -> VersionFacts | None:
    """What decides about a version without being desired state."""
    if version is None:
        return None
    marker = of_object(split(version.description)[1], version.id)
    data, commit = version.training_data, version.git_model_version
    error = data.assignment_error if data else None
    pulled = [item for item in version.items if item.commit_sha]
    return VersionFacts(
        id=version.id,
        number=version.number,
        created=version.created,
        frozen=version.is_frozen,
        environment_id=version.base_environment_id,
        environment_version_id=version.base_environment_version_id,
        items={item.file_path: item.id for item in version.items},
        content=marker.content if marker and marker.names(version.id) else "",
        recorded=marker.content if marker else "",
        marked=bool(marker and marker.names(version.id) and marker.in_place),
        notes={key: str(value) for key, value in marker.notes.items()} if marker else {},
        dependencies=len(version.dependencies),
        refs=tuple(sorted({item.ref or "" for item in pulled})),
        commits=commits_of(version),
        assigning=bool(data and data.assignment_in_progress),
        assignment_error=error.message if error else None,
        pulled=len(pulled) == len(version.items),
        commit=commit.main_branch_commit_sha if commit else None,
        trained=_data(data) is not None and not (data and data.assignment_in_progress),
    )


def commits_of(version: Version) -> tuple[str, ...]:
    """The commits that the files of a version were pulled from."""
    return tuple(sorted({item.commit_sha for item in version.items if item.commit_sha}))


# -- outputs ---------------------------------------------------------------------------------


def version_outputs(context: PlanContext) -> tuple[str, ...]:
    """The outputs that the step which makes a version must have, for the jobs that follow."""
    spec = context.resource.spec
    conversion, version = spec.get("conversion"), spec.get("version") or {}
    item = (f"{ITEM}{conversion['mainProgram']}",) if conversion else ()
    unsure = version.get("dependencyBuild") is None and has_requirements(context.resource)
    return ("versionId", *item, *((DEPENDENCIES,) if unsure else ()))


def has_requirements(resource: Resource) -> bool:
    """Whether the manifest's files hold a requirements file that is not empty."""
    files = resource.files.get(FILES)
    entry = files.by_path.get(REQUIREMENTS) if files is not None else None
    return bool(entry and entry.size)


def outputs_of(version: Version, names: Iterable[str]) -> Outputs:
    """The requested outputs of a version; an item that it does not hold is None."""
    items = {f"{ITEM}{item.file_path}": item.id for item in version.items}
    more: JsonObject = {name: items.get(name) for name in names if name.startswith(ITEM)}
    if DEPENDENCIES in names:
        more[DEPENDENCIES] = len(version.dependencies)
    return {"versionId": version.id, **more}
