"""The older ways to assign training data: to a model, or as a new minor version."""

from __future__ import annotations

from typing import Any

import flask
from flask import Blueprint

from reconciler.emulator import jobs
from reconciler.emulator.answers import answer, nothing
from reconciler.emulator.custom_models import datasets, model_rules, training, version_rules
from reconciler.emulator.custom_models.model_versions import VERSIONS, editable_model, shown_version
from reconciler.emulator.custom_models.version_inputs import DATASET, WITH_TRAINING_DATA
from reconciler.emulator.fields import Field, text
from reconciler.emulator.inputs import json_body
from reconciler.emulator.refusal import Refusal, invalid
from reconciler.emulator.store import Doc
from reconciler.emulator.world import World, caller, current

training_data = Blueprint("training_data", __name__)

_ASSIGNMENT = "customModelTrainingData"
_NEW = {**DATASET, "partitionColumn": Field(text(500), null=True)}
_SWITCH = training.SWITCH


@training_data.patch("/api/v2/customModels/<model_id>/trainingData/")
def assign_to_model(model_id: str) -> flask.Response:
    """Assign training data to the model; closed for models that keep it on their versions."""
    model = editable_model(model_id, 403)
    given = json_body(_NEW)
    if model[_SWITCH]:
        raise Refusal(422, "Training data of this custom model is assigned to its versions.")
    if model["trainingDatasetId"] and model_rules.deployments_of(current(), model["id"]):
        raise Refusal(409, "The custom model has training data already and is deployed.")
    if model["trainingDataAssignmentInProgress"]:
        raise Refusal(422, "Training data is being assigned to the custom model.")
    if given.get("datasetId") is None:
        raise invalid({"datasetId": "is required"})
    dataset = datasets.usable(current(), given["datasetId"], given.get("datasetVersionId"))
    problem = training.misfit(model, dataset, given.get("partitionColumn"))
    if problem:
        raise Refusal(422, f"The dataset is incompatible with the custom model: {problem}")
    return nothing(f"/api/v2/status/{_assign(model, dataset, given)['id']}/", 202)


@training_data.patch(VERSIONS + "withTrainingData/")
def create_with_training_data(model_id: str) -> flask.Response:
    """A minor version of the latest one's files with other training data."""
    model = editable_model(model_id, 404)
    given = json_body(WITH_TRAINING_DATA)
    latest = current().store.last_child("modelVersions", model["id"])
    if latest is None:
        raise Refusal(422, "The custom model has no version yet.")
    if given["trainingData"].get("datasetId") is None:
        raise invalid({"trainingData": {"datasetId": "is required"}})
    _check_target(model, given["trainingData"])
    draft = version_rules.Draft(caller(), {**given, "isMajorUpdate": False}, basis=latest)
    version = version_rules.add(current(), model, draft)
    return answer(shown_version(version), 202, f"/api/v2/status/{version['job']}/")


@jobs.work(_ASSIGNMENT)
def assignment(world: World, job: Doc) -> jobs.Outcome:
    """Note the dataset on the model."""
    subject = job["subject"]
    model = world.store.get("models", subject["modelId"])
    if model is None:
        return jobs.Outcome(jobs.ABORTED, "The custom model was deleted.")
    assigned = {**subject["assigned"], "trainingDataAssignmentInProgress": False}
    world.store.change("models", model, **assigned, updated=world.now())
    return jobs.Outcome(jobs.COMPLETED, "", f"/api/v2/customModels/{model['id']}/")


def _check_target(model: Doc, training_data: dict[str, Any]) -> None:
    """Refuse data without the model's target at once, and make no version.

    Not on the page, which has 422 for "input parameters are invalid" and an error of the
    assignment job.  The functional tests of the vendor's GitHub action expect this answer, with
    this text, from this operation.  The other version operations report it by the job.
    """
    dataset = datasets.usable(
        current(), training_data["datasetId"], training_data.get("datasetVersionId")
    )
    if training.lacks_target(model, dataset):
        raise Refusal(422, "Custom model's target is not found in the provided dataset")


def _assign(model: Doc, dataset: Doc, given: dict[str, Any]) -> Doc:
    current().store.change("models", model, trainingDataAssignmentInProgress=True)
    assigned = {
        "trainingDatasetId": dataset["id"],
        "trainingDatasetVersionId": dataset["versionId"],
        "trainingDataFileName": given.get("datasetName") or dataset["name"],
        "trainingDataPartitionColumn": given.get("partitionColumn"),
    }
    return jobs.submit(current(), _ASSIGNMENT, caller(), modelId=model["id"], assigned=assigned)
