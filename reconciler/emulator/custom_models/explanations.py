"""Initialization of prediction explanations, by version and by the older route."""

from __future__ import annotations

import flask
from flask import Blueprint

from reconciler.emulator import jobs
from reconciler.emulator.answers import nothing
from reconciler.emulator.custom_models import checks, version_rules
from reconciler.emulator.custom_models.model_versions import (
    VERSION,
    editable_model,
    visible_model,
    visible_version,
)
from reconciler.emulator.custom_models.training import data_of, subject_of
from reconciler.emulator.fields import Field, text
from reconciler.emulator.inputs import json_body
from reconciler.emulator.refusal import Refusal
from reconciler.emulator.store import Doc
from reconciler.emulator.world import World, caller, current

explanations = Blueprint("explanations", __name__)

_KIND = "predictionExplanations"
_INITIALIZE = "customModelPredictionExplanations"
_EXPLAINED = ("Binary", "Regression", "Multiclass", "Anomaly")
_NEW = {
    "customModelId": Field(text(), required=True),
    "customModelVersionId": Field(text(), required=True),
    "environmentId": Field(text()),
    "environmentVersionId": Field(text()),
}


@explanations.post(VERSION + "predictionExplanationsInitialization/")
def initialize(model_id: str, version_id: str) -> flask.Response:
    """Start the initialization for a version."""
    return _start(visible_version(model_id, version_id))


@explanations.post("/api/v2/customModels/predictionExplanationsInitialization/")
def initialize_older() -> flask.Response:
    """The same, with the version named in the body."""
    given = json_body(_NEW)
    version = visible_version(given["customModelId"], given["customModelVersionId"])
    version_rules.other_environment(current(), version, given, caller())
    return _start(version)


@jobs.work(_INITIALIZE)
def work(world: World, job: Doc) -> jobs.Outcome:
    """Check that the model can predict on its training data."""
    version = world.store.get("modelVersions", job["subject"]["versionId"])
    dataset = data_of(world, version) if version else None
    if version is None or dataset is None:
        return jobs.Outcome(jobs.ABORTED, "The custom model version or its data was deleted.")
    subject = subject_of(world, version, dataset)
    problem = checks.cannot_start(subject) or checks.cannot_predict(subject)
    if problem:
        return jobs.Outcome(jobs.ERROR, problem)
    world.store.put(_KIND, {"id": version["id"]})
    path = f"/api/v2/customModels/{version['parent']}/versions/{version['id']}/"
    return jobs.Outcome(jobs.COMPLETED, "", path)


def _start(version: Doc) -> flask.Response:
    editable_model(version["parent"], 403)
    if visible_model(version["parent"])["targetType"] not in _EXPLAINED:
        raise Refusal(422, "The target type is not valid for prediction explanations.")
    if data_of(current(), version) is None:
        raise Refusal(422, "Prediction explanations need training data.")
    job = jobs.submit(current(), _INITIALIZE, caller(), versionId=version["id"])
    return nothing(f"/api/v2/status/{job['id']}/", 202)
