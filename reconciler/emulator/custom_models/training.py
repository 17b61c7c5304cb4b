"""Training and holdout data of model versions: choosing, inheriting, the assignment job."""

from __future__ import annotations

from typing import Any

from reconciler.emulator import jobs
from reconciler.emulator.custom_models import checks, datasets
from reconciler.emulator.refusal import invalid
from reconciler.emulator.store import Doc
from reconciler.emulator.world import World

_KIND = "modelVersions"
_ASSIGNMENT = "customModelVersionTrainingData"
_NAMES = ("trainingData", "holdoutData")
SWITCH = "isTrainingDataForVersionsPermanentlyEnabled"
# Only these have a target column that training data must hold.
STRUCTURED = ("Binary", "Regression", "Multiclass", "Anomaly", "TextGeneration")
_WITH_TARGET = ("Binary", "Regression", "Multiclass", "TextGeneration")


def chosen(
    world: World, model: Doc, given: dict[str, Any], latest: Doc | None
) -> dict[str, Doc | None]:
    """The training and holdout data of a new version: given, else kept from the one before."""
    training, holdout = (given.get(name) for name in _NAMES)
    if not model[SWITCH]:
        asked = [name for name in _NAMES if given.get(name)]
        if asked:
            raise invalid(dict.fromkeys(asked, f"is only allowed with {SWITCH}"))
        return dict.fromkeys(_NAMES)
    keep = given.get("keepTrainingHoldoutData", True) and latest is not None
    held = {name: latest[name] for name in _NAMES} if keep and latest else dict.fromkeys(_NAMES)
    if training and training.get("datasetId"):
        held = {"trainingData": _training(world, training), "holdoutData": None}
    if holdout and any(value is not None for value in holdout.values()):
        held["holdoutData"] = _holdout(world, model, holdout)
    return held


def assign(world: World, version: Doc) -> Doc:
    """Start the assignment of newly given training data."""
    data = version["trainingData"]
    if not data or not data["assignmentInProgress"]:
        return version
    job = jobs.submit(world, _ASSIGNMENT, version["user"], versionId=version["id"])
    held = world.store.get(_KIND, version["id"]) or version
    return world.store.change(_KIND, held, job=job["id"])


@jobs.work(_ASSIGNMENT)
def assignment(world: World, job: Doc) -> jobs.Outcome:
    """Look into the data: the target and partition columns must be there."""
    version = world.store.get(_KIND, job["subject"]["versionId"])
    model = world.store.get("models", version["parent"]) if version else None
    if version is None or model is None or not version["trainingData"]:
        return jobs.Outcome(jobs.ABORTED, "The custom model version was deleted.")
    data = version["trainingData"]
    dataset = world.store.get("datasets", data["datasetId"])
    holdout = version["holdoutData"] or {}
    problem = misfit(model, dataset, holdout.get("partitionColumn"))
    done = {**data, "assignmentInProgress": False}
    if problem:
        done["assignmentError"] = {"message": problem}
    world.store.change(_KIND, version, trainingData=done)
    path = f"/api/v2/customModels/{model['id']}/versions/{version['id']}/"
    return jobs.Outcome(jobs.ERROR if problem else jobs.COMPLETED, problem or "", path)


def misfit(model: Doc, dataset: Doc | None, partition: str | None) -> str | None:
    """Why the dataset cannot train the model, or None."""
    if dataset is None or dataset["deleted"]:
        return "The dataset was deleted."
    wanted = [model["targetName"]] if model["targetType"] in _WITH_TARGET else []
    wanted += [partition] if partition is not None else []
    missing = [name for name in wanted if name not in dataset["columns"]]
    return f"The dataset has no column {missing[0]!r}." if missing else None


def lacks_target(model: Doc, dataset: Doc) -> bool:
    """Whether the model needs a target column and the dataset has none of that name."""
    return model["targetType"] in _WITH_TARGET and model["targetName"] not in dataset["columns"]


def data_of(world: World, version: Doc) -> Doc | None:
    """The dataset that the version was trained on: its own, else the model's; None without one."""
    data = version["trainingData"]
    if data:
        usable = not data["assignmentInProgress"] and not data.get("assignmentError")
        return world.store.get("datasets", data["datasetId"]) if usable else None
    model = world.store.get("models", version["parent"])
    return world.store.get("datasets", model["trainingDatasetId"]) if model else None


def features(world: World, version: Doc, dataset: Doc) -> list[str]:
    """The columns of training data that a prediction is made from."""
    model = world.store.get("models", version["parent"]) or {}
    holdout = version["holdoutData"] or {}
    others = (
        model.get("targetName"),
        model.get("trainingDataPartitionColumn"),
        holdout.get("partitionColumn"),
    )
    return [name for name in dict.fromkeys(dataset["columns"]) if name and name not in others]


def subject_of(world: World, version: Doc, dataset: Doc | None) -> checks.Subject:
    """The version as the checks read it, with the dataset it is to predict on."""
    model = world.store.get("models", version["parent"]) or {}
    trained = data_of(world, version)
    return checks.Subject(
        {item["filePath"]: world.store.blob(item["digest"]) for item in version["items"]},
        model.get("targetType", ""),
        dataset["columns"] if dataset else [],
        dataset["rows"] if dataset else None,
        features(world, version, trained) if trained and dataset else [],
    )


def _training(world: World, given: dict[str, Any]) -> Doc:
    dataset = datasets.usable(world, given["datasetId"], given.get("datasetVersionId"))
    return {**_reference(dataset, given), "assignmentInProgress": True}


def _holdout(world: World, model: Doc, given: dict[str, Any]) -> Doc:
    """A dataset for unstructured models, a column of the training data for the others."""
    structured = model["targetType"] in STRUCTURED
    if given.get("datasetId") is None:
        if not structured:
            raise invalid({"holdoutData": "an unstructured model takes a dataset"})
        return {"partitionColumn": given.get("partitionColumn")}
    if structured:
        raise invalid({"holdoutData": "only unstructured models take a dataset"})
    dataset = datasets.usable(world, given["datasetId"], given.get("datasetVersionId"))
    return _reference(dataset, given)


def _reference(dataset: Doc, given: dict[str, Any]) -> Doc:
    return {
        "datasetId": dataset["id"],
        "datasetVersionId": dataset["versionId"],
        "datasetName": given.get("datasetName") or dataset["name"],
    }
