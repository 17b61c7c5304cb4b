"""The settings of a model that POST and PATCH customModels/ take, and what null means there."""

from __future__ import annotations

from typing import Any

from reconciler.core.json_value import JsonObject
from reconciler.core.resource import Resource, SpecPart

PATCHED = (
    "name",
    "description",
    "language",
    "targetName",
    "positiveClassLabel",
    "negativeClassLabel",
    "classLabels",
    "predictionThreshold",
    "isTrainingDataForVersionsPermanentlyEnabled",
)
CREATED = (*PATCHED, "targetType", "calibratePredictions")
LABELS = ("positiveClassLabel", "negativeClassLabel")

# What null means in PATCH customModels/: texts have no null there, the threshold has a default,
# and the labels fall back to these values on the platform's side.
UNSET: SpecPart = {
    "description": "",
    "language": "",
    "predictionThreshold": 0.5,
    "positiveClassLabel": "1",
    "negativeClassLabel": "0",
}
SENT_AS_NULL = frozenset({"targetName", *LABELS})


def settings_of(resource: Resource) -> JsonObject:
    """What the manifest says that a PATCH can set, as PATCH customModels/ wants it."""
    written = {key: as_sent(key, resource.spec[key]) for key in PATCHED if key in resource.spec}
    return {**written, "name": resource.display_name}


def as_sent(key: str, value: Any) -> Any:
    """A value of the manifest as the API takes it."""
    if value is None and key not in SENT_AS_NULL:
        return UNSET.get(key)
    return value
