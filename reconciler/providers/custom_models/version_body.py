"""The form of a version write: what is wanted, and what is live where nothing is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.core.diff import is_below
from reconciler.core.kind import PlanContext
from reconciler.providers.custom_models.environment_choice import Choice
from reconciler.providers.custom_models.model_training import by_version

RESOURCES = (
    "maximumMemory",
    "replicas",
    "networkEgressPolicy",
    "requiresHa",
    "resourceBundleId",
)
DATA = ("trainingData", "holdoutData")
DATA_PATHS = tuple(f"version.{key}" for key in DATA)


def is_major(update: str, held: Mapping[str, Any]) -> bool:
    """``auto`` starts a new major version when the latest one is frozen."""
    return bool(held["frozen"]) if update == "auto" else update == "major"


def next_number(number: str, major: bool) -> str:
    """The number that the platform will give."""
    first, second = map(int, number.split("."))
    return f"{first + 1}.0" if major else f"{first}.{second + 1}"


def version_body(
    change: PlanContext, wanted: Mapping[str, Any], choice: Choice, live: Mapping[str, Any]
) -> dict[str, Any]:
    """Fields of POST and PATCH versions/; ``live`` is the present version's settings."""
    body: dict[str, Any] = {
        "baseEnvironmentId": choice.id,
        "baseEnvironmentVersionId": choice.version_id,
    }
    for key in RESOURCES:
        # Whether a PATCH inherits them is not documented; what is live is said again, so that a
        # key that the manifest leaves out stays as it is.
        if key in wanted or live.get(key) is not None:
            body[key] = wanted.get(key) if key in wanted else live[key]
    for key, other in (
        ("maximumMemory", "resourceBundleId"),
        ("resourceBundleId", "maximumMemory"),
    ):
        # The platform takes only one of the two: the one that the manifest sets wins.
        if wanted.get(key) is not None and key in wanted and other not in wanted and other in body:
            body[other] = None
    metadata = wanted.get("requiredMetadata", live.get("requiredMetadata") or None)
    if metadata or "requiredMetadata" in wanted:
        body["requiredMetadataValues"] = [
            {"fieldName": name, "value": value} for name, value in sorted((metadata or {}).items())
        ]
    if by_version(change):
        body |= _data_body(change, wanted, live)
    if change.options.commit:
        body["gitModelVersion"] = change.options.commit
    return body


def _data_body(
    change: PlanContext, wanted: Mapping[str, Any], live: Mapping[str, Any]
) -> dict[str, Any]:
    held = change.live.facts["version"] if change.live else None
    # What could not be assigned is said again: kept, it would stay unassigned without a trace.
    failed = bool(held and held["assignmentError"])
    differs = any(is_below(field.path, DATA_PATHS) for field in change.fields)
    if live and not differs and not failed:
        return {"keepTrainingHoldoutData": True}
    data = {key: wanted.get(key) if key in wanted else live.get(key) for key in DATA}
    sent = {key: value for key, value in data.items() if value is not None}
    return {**sent, "keepTrainingHoldoutData": False} if sent or live else {}
