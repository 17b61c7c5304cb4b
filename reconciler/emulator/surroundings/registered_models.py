"""Registered models, the containers of model packages: /api/v2/registeredModels/.

Not on the pages of the custom models; the rules are those of the official client
(models/model_registry/registered_model.py) and of the vendor's GitHub action.
"""

from __future__ import annotations

import flask
from flask import Blueprint

from reconciler.emulator import roles
from reconciler.emulator.answers import answer, page
from reconciler.emulator.fields import Field, flag, text
from reconciler.emulator.inputs import json_body, query
from reconciler.emulator.refusal import Refusal
from reconciler.emulator.store import Doc
from reconciler.emulator.world import caller, current, user_id

registered_models = Blueprint("registered_models", __name__)

_KIND = "registeredModels"
_WHAT = "Registered model"
_PATH = "/api/v2/registeredModels/"
_CHANGES = {
    "name": Field(text(1024, 1)),
    "description": Field(text(2048)),
    "isGlobal": Field(flag),
}


@registered_models.get(_PATH)
def list_registered_models() -> flask.Response:
    """The registered models that the caller may see, newest first."""
    sought = query({"search": Field(text())}).get("search", "")
    held = reversed(current().store.all(_KIND))
    found = [m for m in held if roles.role_of(m, caller()) and _mentions(m, sought)]
    return page(found, _shown)


@registered_models.get(_PATH + "<model_id>/")
def get_registered_model(model_id: str) -> flask.Response:
    """One registered model."""
    return answer(_shown(seen(model_id)))


@registered_models.patch(_PATH + "<model_id>/")
def update_registered_model(model_id: str) -> flask.Response:
    """Change what is given: the action demands 200."""
    model = owned(model_id)
    given = json_body(_CHANGES)
    if given.get("name", model["name"]) != model["name"]:
        check_unique(given["name"])
    changed = current().store.change(_KIND, model, **given, modified=current().now())
    return answer(_shown(changed))


def seen(model_id: str) -> Doc:
    """The registered model, if the caller may see it: else 404."""
    return roles.seen(current().store.get(_KIND, model_id), _WHAT)


def owned(model_id: str) -> Doc:
    """The registered model, if the caller may change it."""
    return roles.editable(current().store.get(_KIND, model_id), _WHAT)


def add(name: str, description: str, target: Doc) -> Doc:
    """Store a registered model."""
    now = current().now()
    return current().store.put(
        _KIND,
        {
            "id": current().store.new_id(_KIND),
            "name": name,
            "description": description,
            "isGlobal": False,
            "target": target,
            "created": now,
            "modified": now,
            "user": caller(),
            "roles": roles.initial(caller()),
        },
    )


def check_unique(name: str) -> None:
    """Refuse a name that is taken.

    Not documented; the action looks a model up by its name and takes it for the only one.
    """
    if any(model["name"] == name for model in current().store.all(_KIND)):
        raise Refusal(422, f"A registered model with the name {name!r} already exists.")


def _mentions(model: Doc, sought: str) -> bool:
    texts = (model["name"], model["description"], model["target"]["name"] or "")
    return any(sought.lower() in text.lower() for text in texts)


def _shown(model: Doc) -> Doc:
    user = {"id": user_id(model["user"]), "email": model["user"]}
    return {
        "id": model["id"],
        "name": model["name"],
        "description": model["description"],
        "isGlobal": model["isGlobal"],
        "isArchived": False,
        "target": {name: value for name, value in model["target"].items() if value is not None},
        "createdAt": model["created"],
        "createdBy": user,
        "modifiedAt": model["modified"],
        "modifiedBy": user,
        "lastVersionNum": len(current().store.children("modelPackages", model["id"])),
    }
