"""Model packages, also called registered model versions: /api/v2/modelPackages/.

Not on the pages of the custom models; the rules are those of the official client
(models/model_registry/registered_model_version.py) and of the vendor's GitHub action.
"""

from __future__ import annotations

from typing import Any

import flask
from flask import Blueprint

from reconciler.emulator import jobs, roles
from reconciler.emulator.answers import answer, page
from reconciler.emulator.fields import Field, flag, loose, text
from reconciler.emulator.inputs import json_body, query
from reconciler.emulator.refusal import invalid, not_found
from reconciler.emulator.store import Doc
from reconciler.emulator.surroundings import registered_models
from reconciler.emulator.world import World, caller, current

model_packages = Blueprint("model_packages", __name__)

KIND = "modelPackages"
_PATH = "/api/v2/modelPackages/"
_BUILD = "modelPackageBuild"
_NEW = {
    "customModelVersionId": Field(text(), required=True),
    "name": Field(text(1024, 1), null=True),
    "description": Field(text(2048), null=True),
    "registeredModelName": Field(text(1024, 1), null=True),
    "registeredModelId": Field(text(), null=True),
    "registeredModelDescription": Field(text(2048), null=True),
}
_FILTER = {"modelId": Field(text()), "forChallenger": Field(loose(flag))}


@model_packages.get(_PATH)
def list_packages() -> flask.Response:
    """The packages that the caller may see, newest first."""
    wanted = query(_FILTER)
    found = [p for p in reversed(current().store.all(KIND)) if roles.role_of(p, caller())]
    model = wanted.get("modelId")
    return page([p for p in found if model in (None, p["versionId"])], shown_package)


@model_packages.post(_PATH + "fromCustomModelVersion/")
def create_from_custom_model_version() -> flask.Response:
    """Register a version of a custom model; building the package is a job.

    The action wants 201 with the package and a ``Location`` to wait on; the official client reads
    the same body and does not wait.
    """
    given = {name: value for name, value in json_body(_NEW).items() if value is not None}
    version = current().store.get("modelVersions", given["customModelVersionId"])
    model = current().store.get("models", version["parent"] if version else None)
    if version is None or model is None or roles.role_of(model, caller()) is None:
        raise not_found("Custom model version")
    if "registeredModelName" in given and "registeredModelId" in given:
        raise invalid({"registeredModelId": "cannot be given together with registeredModelName"})
    package = current().store.put(KIND, _new(model, version, given))
    job = jobs.submit(current(), _BUILD, caller(), packageId=package["id"])
    package = current().store.get(KIND, package["id"]) or package
    return answer(shown_package(package), 201, f"/api/v2/status/{job['id']}/")


@model_packages.get("/api/v2/registeredModels/<model_id>/versions/")
def list_versions(model_id: str) -> flask.Response:
    """The packages of one registered model, newest first."""
    model = registered_models.seen(model_id)
    return page(current().store.children(KIND, model["id"])[::-1], shown_package)


@model_packages.get("/api/v2/registeredModels/<model_id>/versions/<package_id>/")
def get_version(model_id: str, package_id: str) -> flask.Response:
    """One package of one registered model: the official client's way to read it."""
    model = registered_models.seen(model_id)
    package = current().store.get(KIND, package_id)
    if package is None or package["parent"] != model["id"]:
        raise not_found("Registered model version")
    return answer(shown_package(package))


@model_packages.get(_PATH + "<package_id>/")
def get_package(package_id: str) -> flask.Response:
    """One package."""
    return answer(shown_package(roles.seen(current().store.get(KIND, package_id), "Model package")))


@jobs.work(_BUILD)
def build(world: World, job: Doc) -> jobs.Outcome:
    """Note the end of the build."""
    package = world.store.get(KIND, job["subject"]["packageId"])
    if package is None:
        return jobs.Outcome(jobs.ABORTED, "The model package was deleted.")
    world.store.change(KIND, package, buildStatus="complete")
    return jobs.Outcome(jobs.COMPLETED, "", f"{_PATH}{package['id']}/")


def shown_package(package: Doc) -> Doc:
    """What the clients read of a package; the official client wants each of these keys."""
    target = package["target"]
    return {
        "id": package["id"],
        "name": package["name"],
        "registeredModelId": package["parent"],
        "registeredModelVersion": package["number"],
        # The action compares this with the id of the version that it is about to register.
        "modelId": package["versionId"],
        "modelExecutionType": "custom_inference_model",
        "isArchived": False,
        "isDeprecated": False,
        "buildStatus": package["buildStatus"],
        "target": {name: value for name, value in target.items() if value is not None},
        "activeDeploymentCount": _deployed(package),
        "permissions": [],
        "importMeta": {"creatorUsername": package["user"], "dateCreated": package["created"]},
        "sourceMeta": {"customModelDetails": {"id": package["customModelId"]}},
        "modelKind": {"isUnstructured": target["type"] == "Unstructured"},
        "modelDescription": {"modelName": package["name"], "description": package["description"]},
        "datasets": {},
        "timeseries": {},
    }


def _deployed(package: Doc) -> int:
    deployed = (d["customModelVersionId"] for d in current().store.all("deployments"))
    return sum(version == package["versionId"] for version in deployed)


def _new(model: Doc, version: Doc, given: dict[str, Any]) -> Doc:
    """The next version of the registered model: named, given by id, or a new one."""
    target = {"name": model["targetName"], "type": model["targetType"]}
    name = given.get("name", model["name"])
    if "registeredModelId" in given:
        registered = registered_models.owned(given["registeredModelId"])
    else:
        # Without either, the official client documents the name of the package.
        described = given.get("registeredModelDescription", "")
        if "registeredModelName" in given:
            registered_models.check_unique(given["registeredModelName"])
        named = str(given.get("registeredModelName", name))
        registered = registered_models.add(named, described, target)
    held = current().store.children(KIND, registered["id"])
    return {
        "id": current().store.new_id(KIND),
        "parent": registered["id"],
        "number": len(held) + 1,
        "versionId": version["id"],
        "customModelId": model["id"],
        "name": name,
        "description": given.get("description", ""),
        "target": target,
        "user": caller(),
        "created": current().now(),
        "buildStatus": "inProgress",
        "roles": roles.initial(caller()),
    }
