"""Deployments, for reading: /api/v2/deployments/ and /api/v2/customModelDeployments/.

Not on the pages of the operations that the emulator is held to; the public page "Custom Models"
documents the second, the official client and the vendor's GitHub action read both.  They are made
and ended by a test control.
"""

from __future__ import annotations

from typing import Any

import flask
from flask import Blueprint

from reconciler.emulator import roles
from reconciler.emulator.answers import answer, page
from reconciler.emulator.fields import Field, one_or_many, text
from reconciler.emulator.inputs import json_body, query
from reconciler.emulator.refusal import not_found
from reconciler.emulator.store import Doc
from reconciler.emulator.world import caller, current

deployments = Blueprint("deployments", __name__)

_KIND = "deployments"
_IDS = Field(one_or_many(text(), 1000))
_FILTER = {"customModelIds": _IDS, "environmentIds": _IDS}
# The parameters of the links in the 409 of a delete.
_LINKED = {"customModelId": Field(text()), "environmentId": Field(text())}


@deployments.get("/api/v2/deployments/")
def list_deployments() -> flask.Response:
    """The deployments of models that the caller may see, newest first.

    The order is not documented here; the official client's default, by label, is not emulated.
    """
    wanted = query(_LINKED)
    return page([d for d in _visible() if wanted.items() <= d.items()], _shown)


@deployments.get("/api/v2/deployments/<deployment_id>/")
def get_deployment(deployment_id: str) -> flask.Response:
    """One deployment."""
    found = next((d for d in _visible() if d["id"] == deployment_id), None)
    if found is None:
        raise not_found("Deployment")
    return answer(_shown(found))


@deployments.get("/api/v2/customModelDeployments/")
def list_custom_model_deployments() -> flask.Response:
    """The deployments of the given models or environments, newest first."""
    wanted = _wanted()
    models, environments = wanted.get("customModelIds"), wanted.get("environmentIds")
    found = [
        d
        for d in _visible()
        if (models is None or d["customModelId"] in models)
        and (environments is None or d["environmentId"] in environments)
    ]
    return page(found, _shown_of_custom_model, bad=400)


def _wanted() -> dict[str, Any]:
    """The filter of the query; else of the body.

    The page has it in the query.  The vendor's action sends it as the JSON body of the GET and
    takes every deployment of the answer for one of its models.
    """
    names = [name for name in _FILTER if name in flask.request.args]
    query(_FILTER, 400)
    if not names:
        return json_body(_FILTER)
    return {name: flask.request.args.getlist(name) for name in names}


def _visible() -> list[Doc]:
    """Newest first; an environment that is deployed without a model is in no list."""
    return [d for d in reversed(current().store.all(_KIND)) if _model(d) is not None]


def _model(deployment: Doc) -> Doc | None:
    model = current().store.get("models", deployment["customModelId"])
    return model if model and roles.role_of(model, caller()) else None


def _facts(deployment: Doc) -> tuple[Doc, Doc, Doc]:
    """The model, its version and the version of its environment."""
    store = current().store
    version = store.get("modelVersions", deployment["customModelVersionId"]) or {}
    built = store.get("environmentVersions", version.get("baseEnvironmentVersionId")) or {}
    return _model(deployment) or {}, version, built


def _label(version: Doc) -> str:
    return f"v{version.get('versionMajor')}.{version.get('versionMinor')}"


def _shown(deployment: Doc) -> Doc:
    """The fields that the clients read; the whole object has many more."""
    model, version, built = _facts(deployment)
    # Left out without a value, as on the model itself.
    target = {"targetName": model["targetName"]} if model["targetName"] is not None else {}
    return {
        "id": deployment["id"],
        "label": f"{model['name']} Predictions",
        "description": None,
        "status": "active",
        "importance": None,
        "userProvidedId": None,
        "model": {
            "id": version["id"],
            "type": "Custom model",
            **target,
            "targetType": model["targetType"],
            "customModelImage": {
                "customModelId": model["id"],
                "customModelName": model["name"],
                "customModelVersionId": version["id"],
                "customModelVersionLabel": _label(version),
                "executionEnvironmentId": version["baseEnvironmentId"],
                "executionEnvironmentVersionId": built.get("id"),
            },
        },
    }


def _shown_of_custom_model(deployment: Doc) -> Doc:
    """As the page has it; ``userProvidedId`` and the like are not on it."""
    model, version, built = _facts(deployment)
    environment = current().store.get("environments", version["baseEnvironmentId"]) or {}
    images = current().store.children("images", version["id"])
    return {
        "id": deployment["id"],
        "label": f"{model['name']} Predictions",
        "status": "active",
        "customModel": {"id": model["id"], "name": model["name"]},
        "customModelVersion": {"id": version["id"], "label": _label(version)},
        # Versions with dependencies run on an image of their own, as in a test of a model.
        "imageType": "customModelVersion" if version["dependencies"] else "customModelImage",
        "customModelImageId": images[-1]["id"] if images else version["id"],
        "executionEnvironment": {"id": environment.get("id"), "name": environment.get("name")},
        "executionEnvironmentVersion": {"id": built.get("id"), "label": built.get("label")},
        "deployed": deployment.get("deployed"),
        "deployedBy": model["createdBy"],
        "testingStatus": _testing_status(version),
    }


def _testing_status(version: Doc) -> str:
    """The overall status of the newest test of the version."""
    tests = current().store.children("tests", version["parent"])
    ended = [t["overall"] or "in_progress" for t in tests if t["versionId"] == version["id"]]
    return str(ended[-1]) if ended else "not_tested"
