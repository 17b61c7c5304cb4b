"""What a custom model may be and how it may change: target types, labels, uniqueness, freezing."""

from __future__ import annotations

from typing import Any

from reconciler.emulator import jobs, roles
from reconciler.emulator.refusal import Refusal, invalid
from reconciler.emulator.store import Doc
from reconciler.emulator.world import World

TARGET_TYPES = (
    "Binary",
    "Regression",
    "Multiclass",
    "Anomaly",
    "Transform",
    "TextGeneration",
    "GeoPoint",
    "Unstructured",
    "VectorDatabase",
    "AgenticWorkflow",
)
_NEEDS_TARGET = ("Binary", "Regression", "Multiclass", "TextGeneration", "AgenticWorkflow")
DEFAULT_LABELS = {"positiveClassLabel": "1", "negativeClassLabel": "0"}
_DEFAULT_THRESHOLD = 0.5
# What cannot change under deployments or assigned training data: exactly the three that the page
# of PATCH /api/v2/customModels/{id}/ names.
_HELD = (*DEFAULT_LABELS, "targetName")
_SWITCH = "isTrainingDataForVersionsPermanentlyEnabled"
_ONLY_FOR = {
    "positiveClassLabel": ("Binary",),
    "negativeClassLabel": ("Binary",),
    # The page speaks of binary classification alone.  The vendor's GitHub action sets it on
    # regression models, reads it back from them and fails when the key is missing.
    "predictionThreshold": ("Binary", "Regression"),
    "classLabels": ("Multiclass",),
}
# The page documents 201 for a PATCH of a model.  The vendor's GitHub action takes only 200 and its
# functional tests change models, so the platform sends 200; the official client takes any 2xx.
# A test control switches to the page's answer: a client must take both.
PATCHED = (200, 201)
_STATUSES = "statuses"
_BLANK: dict[str, Any] = {
    "description": "",
    "language": "",
    "targetName": None,
    "positiveClassLabel": None,
    "negativeClassLabel": None,
    "classLabels": None,
    "predictionThreshold": None,
    "calibratePredictions": True,
    "userProvidedId": None,
    "playgroundId": None,
    "gitModelVersion": None,
    "maximumMemory": None,
    "desiredMemory": None,
    "replicas": None,
    "requiresHa": None,
    "networkEgressPolicy": None,
    "resourceBundleId": None,
    "template": None,
    _SWITCH: False,
    "trainingDatasetId": None,
    "trainingDatasetVersionId": None,
    "trainingDataFileName": None,
    "trainingDataPartitionColumn": None,
    "trainingDataAssignmentInProgress": False,
}
_BELOW_VERSION = ("conversions", "images")
# Kept under the id of their version.
_ONE_PER_VERSION = ("dependencyBuilds", "featureImpacts", "predictionExplanations")
LIMITS = {
    "desiredCustomModelContainerSize": 2_147_483_648,
    "maxCustomModelContainerSize": 15_032_385_536,
    "maxCustomModelReplicasPerDeployment": 8,
    "maxCustomModelTestingParallelUsers": 20,
}


def completed(given: dict[str, Any]) -> dict[str, Any]:
    """The settings of a new model with its target type and labels settled, or 422."""
    given = {**given, "targetType": _target_type(given)}
    given.pop("supportsBinaryClassification", None)
    given.pop("supportsRegression", None)
    given.pop("isUnstructuredModelKind", None)
    kind, training = given["targetType"], given["customModelType"] == "training"
    _check_applicable(kind, given)
    _check_pair(given)
    if training and given.get("targetName") is not None:
        raise invalid({"targetName": "is not allowed for a model of type training"})
    if not training and kind in _NEEDS_TARGET and given.get("targetName") is None:
        raise invalid({"targetName": "is required"})
    if kind == "Multiclass":
        _check_classes(given.get("classLabels"))
    if kind == "Binary":
        given = {**given, **_labels(DEFAULT_LABELS, given)}
    if kind in _ONLY_FOR["predictionThreshold"]:
        given = {"predictionThreshold": _DEFAULT_THRESHOLD, **given}
    return given


def check_unique(world: World, chosen: str | None) -> None:
    """A ``userProvidedId`` names one model of the whole installation."""
    taken = (doc["userProvidedId"] for doc in world.store.all("models"))
    if chosen is not None and chosen in taken:
        # Clients recognise this refusal by the beginning of its message.
        raise Refusal(
            422,
            f"Cannot create a custom model with a user provided ID {chosen!r}: it is taken.",
        )


def new_model(world: World, username: str, given: dict[str, Any]) -> Doc:
    """Store a model; what is not given takes its default."""
    now = world.now()
    return world.store.put(
        "models",
        {
            **_BLANK,
            **given,
            "id": world.store.new_id("models"),
            "created": now,
            "updated": now,
            "createdBy": username,
            "roles": roles.initial(username),
        },
    )


def changes(world: World, model: Doc, given: dict[str, Any]) -> dict[str, Any]:
    """What a PATCH changes, or the 409 or 422 that the page documents."""
    if is_tested_now(world, model["id"]):
        raise Refusal(409, "Custom model cannot be updated while it is being validated.")
    _check_applicable(model["targetType"], given)
    _check_pair(given)
    if "classLabels" in given:
        _check_classes(given["classLabels"])
    if model[_SWITCH] and given.get(_SWITCH) is False:
        raise invalid({_SWITCH: "once enabled, this cannot be disabled"})
    if _target_lost(model, given):
        raise invalid({"targetName": "value is not allowed to be null"})
    held = [name for name in _HELD if name in given]
    if held and (deployments_of(world, model["id"]) or has_training_data(world, model)):
        raise Refusal(
            409,
            f"{', '.join(held)} cannot be updated: the model is deployed or has training data.",
        )
    return {**given, **_labels(model, given)} if given.keys() & DEFAULT_LABELS else given


def deployments_of(world: World, model_id: str) -> list[Doc]:
    """The deployments of the model."""
    return [d for d in world.store.all("deployments") if d["customModelId"] == model_id]


def is_deployed(world: World, version_id: str) -> bool:
    """Whether the model version is deployed."""
    return any(d["customModelVersionId"] == version_id for d in world.store.all("deployments"))


def is_tested_now(world: World, model_id: str) -> bool:
    """Whether a test of the model is running."""
    return any(jobs.is_running(world, t["job"]) for t in world.store.children("tests", model_id))


def has_training_data(world: World, model: Doc) -> bool:
    """Whether training data is assigned, to the model or to one of its versions."""
    versions = world.store.children("modelVersions", model["id"])
    return model["trainingDatasetId"] is not None or any(v["trainingData"] for v in versions)


def limits(world: World) -> dict[str, int]:
    """The account's limits."""
    chosen = world.store.get("settings", "limits")
    return {**LIMITS, **(chosen["values"] if chosen else {})}


def patched(world: World) -> int:
    """The status of a PATCH of a model."""
    chosen = world.store.get("settings", _STATUSES)
    return int(chosen["modelPatched"]) if chosen else PATCHED[0]


def choose_patched(world: World, status: int) -> None:
    """Answer a PATCH of a model with this status from now on."""
    world.store.put("settings", {"id": _STATUSES, "modelPatched": status})


def erase(world: World, model_id: str) -> None:
    """Remove the model and everything below it."""
    for version in world.store.children("modelVersions", model_id):
        for kind in ("conversions", "images"):
            for child in world.store.children(kind, version["id"]):
                world.store.drop(kind, child["id"])
        for kind in (
            "dependencyBuilds",
            "featureImpacts",
            "predictionExplanations",
            "modelVersions",
        ):
            world.store.drop(kind, version["id"])
    for test in world.store.children("tests", model_id):
        world.store.drop("tests", test["id"])
    world.store.drop("models", model_id)


def _target_type(given: dict[str, Any]) -> str:
    """The declared type, or the one that the older ``supports...`` flags stand for."""
    flags = {"supportsBinaryClassification": "Binary", "supportsRegression": "Regression"}
    kinds = {kind for name, kind in flags.items() if given.get(name)}
    if "targetType" in given:
        kinds.add(given["targetType"])
    if not kinds:
        raise invalid({"targetType": "is required"})
    if len(kinds) > 1:
        raise invalid({"targetType": f"only one target type is supported, not {sorted(kinds)}"})
    return str(kinds.pop())


def _check_applicable(kind: str, given: dict[str, Any]) -> None:
    wrong = {
        name: f"is only for {' and '.join(only)} models"
        for name, only in _ONLY_FOR.items()
        if kind not in only and given.get(name) is not None
    }
    if wrong:
        raise invalid(wrong)


def _check_pair(given: dict[str, Any]) -> None:
    """One class label may only be given with the other."""
    present = [name for name in DEFAULT_LABELS if name in given]
    if len(present) == 1:
        other = next(name for name in DEFAULT_LABELS if name not in present)
        raise invalid({other: f"must be specified with {present[0]}"})


def _check_classes(labels: list[str] | None) -> None:
    if not labels or len(labels) < 2:
        raise invalid({"classLabels": "at least two labels are required"})
    if len(set(labels)) < len(labels):
        raise invalid({"classLabels": "the labels must differ"})


def _labels(held: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Both class labels: given, else held; an explicit null resets to the default."""
    labels = {
        name: (given[name] if given[name] is not None else default) if name in given else held[name]
        for name, default in DEFAULT_LABELS.items()
    }
    if labels["positiveClassLabel"] == labels["negativeClassLabel"]:
        raise invalid({"negativeClassLabel": "must differ from positiveClassLabel"})
    return labels


def _target_lost(model: Doc, given: dict[str, Any]) -> bool:
    inference = model["customModelType"] == "inference" and model["targetType"] in _NEEDS_TARGET
    return inference and "targetName" in given and given["targetName"] is None
