"""Custom models: /api/v2/customModels/ and the account's limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flask
from flask import Blueprint

from reconciler.emulator import roles
from reconciler.emulator.answers import answer, nothing, page
from reconciler.emulator.custom_models import model_rules
from reconciler.emulator.custom_models.model_versions import shown_version
from reconciler.emulator.custom_models.version_inputs import GIT, MEMORY, REPLICAS
from reconciler.emulator.fields import Field, flag, loose, many, number, one_of, text
from reconciler.emulator.inputs import json_body, query
from reconciler.emulator.lists import NEWEST_FIRST, OLDEST_FIRST, listed
from reconciler.emulator.refusal import Refusal
from reconciler.emulator.store import Doc
from reconciler.emulator.world import absolute, caller, current

models = Blueprint("models", __name__)

_MEMORY = Field(MEMORY, null=True)
_SETTINGS = {
    "name": Field(text(255, 1)),
    "description": Field(text(10_000)),
    "language": Field(text(500)),
    "targetName": Field(text(500, 1), null=True),
    "positiveClassLabel": Field(text(500, 1), null=True),
    "negativeClassLabel": Field(text(500, 1), null=True),
    "classLabels": Field(many(text(), 100)),
    "predictionThreshold": Field(number(0, 1)),
    "isTrainingDataForVersionsPermanentlyEnabled": Field(flag),
    "gitModelVersion": Field(GIT),
    # From here on: settings that moved to the versions and are still taken on the model.
    "maximumMemory": _MEMORY,
    "desiredMemory": _MEMORY,
    "replicas": Field(REPLICAS, null=True),
    "requiresHa": Field(flag, null=True),
    "networkEgressPolicy": Field(one_of("NONE", "DR_API_ACCESS", "PUBLIC"), null=True),
}
_NEW = {
    **_SETTINGS,
    "name": Field(text(255, 1), required=True),
    "customModelType": Field(one_of("training", "inference"), required=True),
    "targetType": Field(one_of(*model_rules.TARGET_TYPES)),
    "supportsBinaryClassification": Field(flag),
    "supportsRegression": Field(flag),
    "calibratePredictions": Field(flag),
    "playgroundId": Field(text(), null=True),
    "userProvidedId": Field(text(100, 1)),
    # Not on the page.  The vendor's GitHub action sends it with every new model and its functional
    # tests create models, so the platform takes it; the target type says the same.
    "isUnstructuredModelKind": Field(flag),
}
_FILTER = {
    "customModelType": Field(one_of("training", "inference")),
    "targetType": Field(one_of(*model_rules.TARGET_TYPES)),
    "isDeployed": Field(loose(flag)),
    "orderBy": Field(one_of("created", "-created", "updated", "-updated")),
    "searchFor": Field(text()),
}
# Null or absent are the same to the clients, and the pages allow null for neither of these, so
# what a model does not have is left out.
_LEFT_OUT_WHEN_NULL = (
    "targetName",
    "positiveClassLabel",
    "negativeClassLabel",
    "classLabels",
    "predictionThreshold",
    "gitModelVersion",
    "userProvidedId",
)
_PATH = "/api/v2/customModels/"


@models.get(_PATH)
def list_models() -> flask.Response:
    """Every model that the caller may see, newest first unless asked otherwise.

    Models without a version are among them (not documented): a comment in the vendor's own GitHub
    action says that the platform leaves them out.
    """
    wanted = query(_FILTER)
    order = wanted.pop("orderBy", None)
    found = [doc for doc in current().store.all("models") if _matches(doc, wanted)]
    if order is None:
        return page(listed(found), shown_model)
    if order.endswith("updated"):
        found.sort(key=lambda doc: str(doc["updated"]))
    direction = NEWEST_FIRST if order.startswith("-") else OLDEST_FIRST
    return page(listed(found, direction), shown_model)


@models.post(_PATH)
def create_model() -> flask.Response:
    """Make a model; it has no version yet."""
    given = model_rules.completed(json_body(_NEW))
    model_rules.check_unique(current(), given.get("userProvidedId"))
    return answer(shown_model(model_rules.new_model(current(), caller(), given)), 201)


@models.get(_PATH + "<model_id>/")
def get_model(model_id: str) -> flask.Response:
    """One model with its latest version."""
    return answer(shown_model(visible_model(model_id)))


@models.patch(_PATH + "<model_id>/")
def update_model(model_id: str) -> flask.Response:
    """Change the settings; what is not given stays."""
    model = editable_model(model_id)
    given = json_body(_SETTINGS)
    changes = model_rules.changes(current(), model, given)
    if changes:
        model = current().store.change("models", model, **changes, updated=current().now())
    return answer(shown_model(model), model_rules.patched(current()))


@models.delete(_PATH + "<model_id>/")
def delete_model(model_id: str) -> flask.Response:
    """Remove a model that is neither deployed nor being tested."""
    model = editable_model(model_id)
    if model_rules.deployments_of(current(), model["id"]):
        raise Refusal(
            409,
            "This custom model is currently deployed and cannot be deleted.",
            link=absolute(f"/api/v2/deployments/?customModelId={model['id']}"),
        )
    if model_rules.is_tested_now(current(), model["id"]):
        raise Refusal(409, "This custom model is being tested and cannot be deleted.")
    model_rules.erase(current(), model["id"])
    return nothing()


@models.get("/api/v2/customModelLimits/")
def get_limits() -> flask.Response:
    """What the account may ask for; lower limits can be set by a test control."""
    return answer(model_rules.limits(current()))


def visible_model(model_id: str) -> Doc:
    """The model, if the caller may see it: else 404."""
    return roles.seen(current().store.get("models", model_id), "Custom model")


def editable_model(model_id: str, denied: int = 403) -> Doc:
    """The model, if the caller may change it."""
    return roles.editable(current().store.get("models", model_id), "Custom model", denied)


def shown_model(model: Doc) -> Doc:
    """The model as the API shows it."""
    latest = current().store.last_child("modelVersions", model["id"])
    shown = {
        **{name: value for name, value in model.items() if name != "roles"},
        "supportsBinaryClassification": model["targetType"] == "Binary",
        "supportsRegression": model["targetType"] == "Regression",
        "supportsAnomalyDetection": model["targetType"] == "Anomaly",
        "deploymentsCount": len(model_rules.deployments_of(current(), model["id"])),
        # Null until there is one, although the pages mark it as present; the same for template.
        # Which of null, {} and no key it is, is not documented.
        "latestVersion": shown_version(latest) if latest else None,
    }
    for name in _LEFT_OUT_WHEN_NULL:
        if shown[name] is None:
            del shown[name]
    return shown


def _matches(model: Doc, wanted: dict[str, Any]) -> bool:
    if roles.role_of(model, caller()) is None:
        return False
    return all(_TESTS[name](model, value) for name, value in wanted.items())


def _mentions(model: Doc, sought: str) -> bool:
    return sought.lower() in f"{model['name']}\n{model['description']}\n{model['language']}".lower()


def _is_deployed(model: Doc, wanted: bool) -> bool:
    return wanted == bool(model_rules.deployments_of(current(), model["id"]))


_TESTS: dict[str, Callable[[Doc, Any], bool]] = {
    "customModelType": lambda model, value: bool(model["customModelType"] == value),
    "targetType": lambda model, value: bool(model["targetType"] == value),
    "isDeployed": _is_deployed,
    "searchFor": _mentions,
}
