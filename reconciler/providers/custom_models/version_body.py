"""The form of a version write: what is wanted, and what is live where the manifest says nothing."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.core.diff import is_below
from reconciler.core.json_value import JsonObject
from reconciler.core.kind import PlanContext
from reconciler.core.resource import SpecPart
from reconciler.providers.custom_models.commit_body import commit_body
from reconciler.providers.custom_models.environment_choice import Choice
from reconciler.providers.custom_models.facts import VersionFacts, current_version
from reconciler.providers.custom_models.spec_parts import VersionPart

FLAG = "isTrainingDataForVersionsPermanentlyEnabled"
RESOURCES = (
    "maximumMemory",
    "replicas",
    "networkEgressPolicy",
    "requiresHa",
    "resourceBundleId",
)
DATA = ("trainingData", "holdoutData")
DATA_PATHS = tuple(f"version.{key}" for key in DATA)


def by_version(context: PlanContext) -> bool:
    """Whether data belongs to versions, because the manifest or the live model says so."""
    live = context.live.spec.get(FLAG) if context.live else None
    return bool(context.resource.spec.get(FLAG, live))


def is_major(update: str, current: VersionFacts) -> bool:
    """``auto`` starts a new major version when the latest one is frozen."""
    return current.frozen if update == "auto" else update == "major"


def next_number(number: str, major: bool) -> str:
    """The number that the platform will give."""
    first, second = map(int, number.split("."))
    return f"{first + 1}.0" if major else f"{first}.{second + 1}"


def version_body(
    context: PlanContext, wanted: VersionPart, choice: Choice, live: SpecPart
) -> JsonObject:
    """Fields of POST and PATCH versions/; ``live`` is the present version's settings."""
    body: JsonObject = {
        "baseEnvironmentId": choice.id,
        "baseEnvironmentVersionId": choice.version_id,
        **_resources(wanted, live),
    }
    metadata = wanted.get("requiredMetadata", live.get("requiredMetadata") or None)
    if metadata or "requiredMetadata" in wanted:
        body["requiredMetadataValues"] = metadata_values(metadata or {})
    if by_version(context):
        body |= _data_body(context, wanted, live)
    body |= commit_body(context.options.commit)
    return body


def metadata_values(metadata: Mapping[str, str]) -> list[dict[str, str]]:
    """``requiredMetadataValues`` of a body, sorted by name."""
    return [{"fieldName": name, "value": value} for name, value in sorted(metadata.items())]


def _resources(wanted: VersionPart, live: SpecPart) -> JsonObject:
    body: JsonObject = {}
    for key in RESOURCES:
        # Whether a PATCH inherits them is not documented; what is live is sent again, so that a
        # key that the manifest leaves out stays as it is.
        if key in wanted or live.get(key) is not None:
            body[key] = wanted.get(key) if key in wanted else live[key]
    for key, other in (
        ("maximumMemory", "resourceBundleId"),
        ("resourceBundleId", "maximumMemory"),
    ):
        # The platform takes only one of the two: the one that the manifest sets wins.
        if wanted.get(key) is not None and other not in wanted and other in body:
            body[other] = None
    return body


def _data_body(context: PlanContext, wanted: VersionPart, live: SpecPart) -> JsonObject:
    current = current_version(context)
    # What could not be assigned is sent again: kept, it would stay unassigned without a trace.
    failed = bool(current and current.assignment_error)
    differs = any(is_below(field.path, DATA_PATHS) for field in context.fields)
    if live and not differs and not failed:
        return {"keepTrainingHoldoutData": True}
    data = {key: wanted.get(key) if key in wanted else live.get(key) for key in DATA}
    sent = {key: value for key, value in data.items() if value is not None}
    return {**sent, "keepTrainingHoldoutData": False} if sent or live else {}
