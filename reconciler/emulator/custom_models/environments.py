"""Execution environments: /api/v2/executionEnvironments/ and the permanent deletion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flask
from flask import Blueprint

from reconciler.emulator import roles
from reconciler.emulator.answers import answer, nothing, page
from reconciler.emulator.custom_models import images
from reconciler.emulator.custom_models.environment_versions import latest_successful, shown_version
from reconciler.emulator.fields import Field, flag, loose, many, one_of, shape, text
from reconciler.emulator.inputs import json_body, query
from reconciler.emulator.lists import listed
from reconciler.emulator.refusal import Refusal, invalid, not_found
from reconciler.emulator.store import Doc
from reconciler.emulator.world import World, absolute, caller, current, is_admin

environments = Blueprint("environments", __name__)

LANGUAGES = ("python", "r", "java", "julia", "legacy", "other")
USE_CASES = (
    "customModel",
    "notebook",
    "gpu",
    "customApplication",
    "sparkApplication",
    "customJob",
)
_WHAT = "Execution environment"
_SETTINGS = {
    "name": Field(text(255, 1)),
    "description": Field(text(10_000)),
    "programmingLanguage": Field(one_of(*LANGUAGES)),
    "useCases": Field(many(one_of(*USE_CASES), 100)),
}
_KEY = {"fieldName": Field(text(255, 1), True), "displayName": Field(text(255), True)}
_NEW = {
    **_SETTINGS,
    "name": Field(text(255, 1), required=True),
    "environmentId": Field(text(24, 24)),
    "isPublic": Field(flag),
    # Beyond the pages: the official client creates an environment with the keys that its model
    # versions must give values for.
    "requiredMetadataKeys": Field(many(shape(_KEY), 100)),
}
_FILTER = {
    "searchFor": Field(text()),
    "useCases": Field(one_of(*USE_CASES)),
    # Both beyond the pages, sent by the official client.
    "isOwn": Field(loose(flag)),
    "isPublic": Field(loose(flag)),
}


@environments.get("/api/v2/executionEnvironments/")
def list_environments() -> flask.Response:
    """Every environment that the caller may use, newest first."""
    wanted = query(_FILTER)
    found = [doc for doc in current().store.all("environments") if _matches(doc, wanted)]
    return page(listed(found), _shown)


@environments.post("/api/v2/executionEnvironments/")
def create_environment() -> flask.Response:
    """Make an environment; it has no version yet."""
    given = json_body(_NEW)
    _check_privileges(given)
    chosen = given.pop("environmentId", None)
    if chosen and current().store.get("environments", chosen):
        raise Refusal(409, "An environment with the supplied ID already exists.")
    doc = new_environment(current(), caller(), {**given, "id": chosen})
    return answer({"id": doc["id"]}, 201, f"/api/v2/executionEnvironments/{doc['id']}/")


@environments.get("/api/v2/executionEnvironments/<environment_id>/")
def get_environment(environment_id: str) -> flask.Response:
    """One environment."""
    return answer(_shown(visible_environment(environment_id)))


@environments.patch("/api/v2/executionEnvironments/<environment_id>/")
def update_environment(environment_id: str) -> flask.Response:
    """Change the settings; what is not given stays."""
    doc = roles.editable(visible_environment(environment_id), _WHAT)
    given = json_body(_SETTINGS)
    _check_privileges(given)
    return answer(_shown(current().store.change("environments", doc, **given)))


@environments.delete("/api/v2/executionEnvironments/<environment_id>/")
def delete_environment(environment_id: str) -> flask.Response:
    """Mark as deleted: the record stays for permanent deletion, and shows up in no answer."""
    doc = roles.editable(visible_environment(environment_id), _WHAT)
    if deployments_of(current(), doc["id"]):
        raise Refusal(
            409,
            "This environment is currently deployed and cannot be deleted.",
            link=absolute(f"/api/v2/deployments/?environmentId={doc['id']}"),
        )
    images.drop_of_environment(current(), doc["id"])
    current().store.change("environments", doc, deleted=True)
    return nothing()


@environments.post("/api/v2/executionEnvironmentsPermadelete/")
def permadelete() -> flask.Response:
    """Remove soft-deleted environments for good; administrators only."""
    given = json_body({"executionEnvironmentIds": Field(many(text(), 10, 1), required=True)})
    if not is_admin(caller()):
        raise Refusal(403, "You do not have access to this functionality.")
    docs = [current().store.get("environments", i) for i in given["executionEnvironmentIds"]]
    if not all(docs):
        raise not_found("At least one environment was")
    if not all(doc and doc["deleted"] for doc in docs):
        raise Refusal(409, "At least one environment has not been deleted yet.")
    for doc in docs:
        _erase(doc["id"]) if doc else None
    return nothing()


def new_environment(world: World, username: str, given: dict[str, Any]) -> Doc:
    """Store an environment; what is not given takes the default that the pages name."""
    settings = {
        "description": "",
        "programmingLanguage": "other",
        "useCases": [],
        "isPublic": False,
        "requiredMetadataKeys": [],
        **given,
        "id": given.get("id") or world.store.new_id("environments"),
        "created": world.now(),
        "username": username,
        "roles": roles.initial(username),
        "deleted": False,
    }
    return world.store.put("environments", settings)


def visible_environment(environment_id: str) -> Doc:
    """The environment, if it is not deleted and the caller may see it: else 404."""
    doc = current().store.get("environments", environment_id)
    return roles.seen(None if doc and doc["deleted"] else doc, _WHAT)


def deployments_of(world: World, environment_id: str) -> list[Doc]:
    """The deployments that run on the environment."""
    return [d for d in world.store.all("deployments") if d["environmentId"] == environment_id]


def _shown(doc: Doc) -> Doc:
    latest = current().store.last_child("environmentVersions", doc["id"])
    successful = latest_successful(current(), doc["id"])
    hidden = ("roles", "deleted")
    return {
        **{name: value for name, value in doc.items() if name not in hidden},
        "deploymentsCount": len(deployments_of(current(), doc["id"])),
        # Null until there is one, although the pages mark both as present.  Which of null, {} and
        # no key it is, is not documented.
        "latestVersion": shown_version(latest) if latest else None,
        "latestSuccessfulVersion": shown_version(successful) if successful else None,
    }


def _matches(doc: Doc, wanted: dict[str, Any]) -> bool:
    role = roles.role_of(doc, caller())
    if doc["deleted"] or role is None:
        return False
    text_ = f"{doc['name']}\n{doc['description']}".lower()
    tests: dict[str, Callable[[Any], bool]] = {
        "searchFor": lambda value: value.lower() in text_,
        "useCases": lambda value: value in doc["useCases"],
        "isOwn": lambda value: (doc["username"] == caller()) == value,
        "isPublic": lambda value: doc["isPublic"] == value,
    }
    return all(tests[name](value) for name, value in wanted.items())


def _check_privileges(given: dict[str, Any]) -> None:
    """What only an administrator may set is refused with the one 4xx the page lists for rights."""
    if is_admin(caller()):
        return
    reserved = {
        "environmentId": "environmentId" in given,
        "isPublic": bool(given.get("isPublic")),
        "programmingLanguage": given.get("programmingLanguage") == "legacy",
    }
    wrong = {n: "only an administrator may set this" for n, asked in reserved.items() if asked}
    if wrong:
        raise invalid(wrong)


def _erase(environment_id: str) -> None:
    store = current().store
    for version in store.children("environmentVersions", environment_id):
        store.drop("environmentVersions", version["id"])
    store.drop("environments", environment_id)
