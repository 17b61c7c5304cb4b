"""Feature impact of model versions, and of their images by the older routes."""

from __future__ import annotations

import hashlib
from typing import Any

import flask
from flask import Blueprint

from reconciler.emulator import jobs
from reconciler.emulator.answers import answer
from reconciler.emulator.custom_models import checks
from reconciler.emulator.custom_models.model_versions import VERSION, visible_model, visible_version
from reconciler.emulator.custom_models.training import data_of, features, subject_of
from reconciler.emulator.fields import Field, whole
from reconciler.emulator.inputs import json_body
from reconciler.emulator.refusal import Refusal, not_found
from reconciler.emulator.store import Doc
from reconciler.emulator.world import World, caller, current

feature_impact = Blueprint("feature_impact", __name__)

_KIND = "featureImpacts"
_COMPUTE = "customModelFeatureImpact"
_IMAGE = "/api/v2/customInferenceImages/<image_id>/featureImpact/"
_NEW = {"rowCount": Field(whole(10, 100_000))}
_MOST_FEATURES = 1000


@feature_impact.get(VERSION + "featureImpact/")
def get_impact(model_id: str, version_id: str) -> flask.Response:
    """The scores of a version."""
    return answer(_impact(visible_version(model_id, version_id)))


@feature_impact.post(VERSION + "featureImpact/")
def compute_impact(model_id: str, version_id: str) -> flask.Response:
    """Start the computation for a version."""
    return _compute(visible_version(model_id, version_id))


@feature_impact.get(_IMAGE)
def get_image_impact(image_id: str) -> flask.Response:
    """The scores of the version that the image was made from."""
    return answer(_impact(_imaged(image_id)))


@feature_impact.post(_IMAGE)
def compute_image_impact(image_id: str) -> flask.Response:
    """Start the computation for the version that the image was made from."""
    return _compute(_imaged(image_id))


@jobs.work(_COMPUTE)
def compute(world: World, job: Doc) -> jobs.Outcome:
    """Score every feature of the training data."""
    version = world.store.get("modelVersions", job["subject"]["versionId"])
    held = world.store.get(_KIND, job["subject"]["versionId"])
    dataset = data_of(world, version) if version else None
    if version is None or held is None or dataset is None:
        return jobs.Outcome(jobs.ABORTED, "The custom model version or its data was deleted.")
    subject = subject_of(world, version, dataset)
    problem = checks.cannot_start(subject) or checks.cannot_predict(subject)
    names = features(world, version, dataset)
    if problem or not names:
        world.store.drop(_KIND, held["id"])
        return jobs.Outcome(jobs.ERROR, problem or "The training data has no features.")
    world.store.change(_KIND, held, impacts=_scores(names))
    path = f"/api/v2/customModels/{version['parent']}/versions/{version['id']}/featureImpact/"
    return jobs.Outcome(jobs.COMPLETED, "", path)


def _compute(version: Doc) -> flask.Response:
    given = json_body(_NEW)
    dataset = _training_data(version)
    held = current().store.get(_KIND, version["id"])
    rows = given.get("rowCount")
    if held and (jobs.is_running(current(), held["job"]) or held["rowCount"] == rows):
        # 404 is what the pages give for this, with the job; the name is what the official client
        # tells a repeated request by.  Another row count is computed again.
        named = {"jobId": held["job"], "errorName": "JobAlreadyAdded"}
        raise Refusal(404, "Feature impact was already submitted.", **named)
    if rows is not None and rows > dataset["rows"]:
        raise Refusal(422, f"rowCount exceeds the {dataset['rows']} rows of the training data.")
    impact = {"id": version["id"], "rowCount": rows, "impacts": [], "job": None}
    current().store.put(_KIND, impact)
    job = jobs.submit(current(), _COMPUTE, caller(), versionId=version["id"])
    computed = current().store.get(_KIND, version["id"])
    if computed:
        current().store.change(_KIND, computed, job=job["id"])
    return answer({"statusId": job["id"]}, 202, f"/api/v2/status/{job['id']}/")


def _impact(version: Doc) -> dict[str, Any]:
    _training_data(version)
    held = current().store.get(_KIND, version["id"])
    if held is None:
        raise Refusal(404, "No feature impact data found for custom model.")
    if jobs.is_running(current(), held["job"]):
        raise Refusal(422, "The feature impact job is in progress for the custom model.")
    model = visible_model(version["parent"])
    return {
        "count": len(held["impacts"]),
        "featureImpacts": held["impacts"],
        "next": None,
        "previous": None,
        "ranRedundancyDetection": False,
        "rowCount": held["rowCount"],
        "shapBased": model["targetType"] == "Anomaly",
    }


def _training_data(version: Doc) -> Doc:
    """The training data of the version, or the 422 for a model that has none."""
    if visible_model(version["parent"])["customModelType"] != "inference":
        raise Refusal(422, "The custom model is not an inference model.")
    dataset = data_of(current(), version)
    if dataset is None:
        raise Refusal(422, "Training data is not assigned, or its assignment is in progress.")
    return dataset


def _imaged(image_id: str) -> Doc:
    image = current().store.get("images", image_id)
    version = current().store.get("modelVersions", image["parent"]) if image else None
    if version is None:
        raise not_found("Custom inference model image")
    visible_model(version["parent"])
    return version


def _scores(names: list[str]) -> list[Doc]:
    """Scores that depend on nothing but the names: the same columns give the same impact."""
    raw = {name: _score(name) for name in names}
    highest = max(raw.values())
    ranked = sorted(raw, key=lambda name: (-raw[name], name))[:_MOST_FEATURES]
    return [
        {
            "featureName": name,
            "impactUnnormalized": raw[name],
            "impactNormalized": round(raw[name] / highest, 6),
            "parentFeatureName": None,
            "redundantWith": None,
        }
        for name in ranked
    ]


def _score(name: str) -> float:
    digest = hashlib.sha256(name.encode()).digest()
    return round((1 + int.from_bytes(digest[:4], "big") % 9999) / 10_000, 4)
