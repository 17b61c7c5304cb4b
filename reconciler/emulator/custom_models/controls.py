"""Test controls of custom models: deployments, limits of the account, disputed statuses."""

from __future__ import annotations

from typing import Any

import flask
from flask import Blueprint

from reconciler.emulator.answers import answer, nothing
from reconciler.emulator.controls import local_only
from reconciler.emulator.custom_models.model_rules import LIMITS, PATCHED, choose_patched, limits
from reconciler.emulator.fields import Field, text, whole
from reconciler.emulator.inputs import json_body
from reconciler.emulator.middleware import CONTROLS
from reconciler.emulator.refusal import invalid, not_found
from reconciler.emulator.store import Doc
from reconciler.emulator.world import current

custom_model_controls = Blueprint("custom_model_controls", __name__)
custom_model_controls.before_request(local_only)

_DEPLOYMENT = {
    "customModelId": Field(text()),
    "customModelVersionId": Field(text()),
    "environmentId": Field(text()),
}


@custom_model_controls.post(CONTROLS + "deployments")
def deploy() -> flask.Response:
    """Deploy a model version (the latest unless named), or an environment on its own."""
    given = json_body(_DEPLOYMENT)
    with current().store.transaction():
        deployment = current().store.put("deployments", _deployment(given))
    return answer(deployment, 201)


@custom_model_controls.delete(CONTROLS + "deployments")
@custom_model_controls.delete(CONTROLS + "deployments/<deployment_id>")
def undeploy(deployment_id: str | None = None) -> flask.Response:
    """End one deployment, those that fit the body, or all."""
    wanted = {"id": deployment_id} if deployment_id else json_body(_DEPLOYMENT)
    with current().store.transaction():
        found = [d for d in current().store.all("deployments") if wanted.items() <= d.items()]
        for deployment in found:
            current().store.drop("deployments", deployment["id"])
    if deployment_id and not found:
        raise not_found("Deployment")
    return nothing()


@custom_model_controls.post(CONTROLS + "limits")
def set_limits() -> flask.Response:
    """Lower or raise the account's limits."""
    given = json_body({name: Field(whole(1)) for name in LIMITS})
    with current().store.transaction():
        current().store.put("settings", {"id": "limits", "values": {**limits(current()), **given}})
    return answer(limits(current()))


@custom_model_controls.post(CONTROLS + "statuses")
def set_statuses() -> flask.Response:
    """Choose between the status of the page and the one that clients expect."""
    given = json_body({"modelPatched": Field(whole(*sorted(PATCHED)), required=True)})
    with current().store.transaction():
        choose_patched(current(), given["modelPatched"])
    return answer(given)


def _deployment(given: dict[str, Any]) -> Doc:
    store = current().store
    blank = {
        "id": store.new_id("deployments"),
        "deployed": current().now(),
        "customModelId": None,
        "customModelVersionId": None,
    }
    if "customModelId" not in given:
        environment = store.get("environments", given.get("environmentId"))
        if environment is None:
            raise invalid({"environmentId": "execution environment not found"})
        return {**blank, "environmentId": environment["id"]}
    version_id = given.get("customModelVersionId")
    latest = store.last_child("modelVersions", given["customModelId"])
    version = store.get("modelVersions", version_id) if version_id else latest
    if version is None or version["parent"] != given["customModelId"]:
        raise invalid({"customModelId": "custom model version not found"})
    return {
        **blank,
        "customModelId": version["parent"],
        "customModelVersionId": version["id"],
        "environmentId": version["baseEnvironmentId"],
    }
