"""The emulated aliases API: /aliases, without pages."""

from __future__ import annotations

import flask
from flask import Blueprint

from reconciler.emulator import tokens
from reconciler.emulator.answers import answer, nothing, refused
from reconciler.emulator.api import Api
from reconciler.emulator.fields import Field, text, whole
from reconciler.emulator.inputs import json_body
from reconciler.emulator.refusal import not_found
from reconciler.emulator.store import Doc
from reconciler.emulator.world import current

aliases = Blueprint("aliases", __name__)

_SETTINGS = {
    "name": Field(text(100, 1)),
    "target": Field(text(100, 1)),
    "weight": Field(whole(0, 100)),
    "note": Field(text()),
}
_NEW = {
    **_SETTINGS,
    "name": Field(text(100, 1), required=True),
    "target": Field(text(100, 1), required=True),
    "owner": Field(text(200, 1)),
}


@aliases.get("/aliases")
def list_aliases() -> flask.Response:
    """Every alias, oldest first."""
    return answer({"data": current().store.all("aliases")})


@aliases.post("/aliases")
def create_alias() -> flask.Response:
    """A new alias with all of the traffic unless it says otherwise."""
    given = json_body(_NEW)
    store = current().store
    doc = {"id": store.new_id("aliases"), "weight": 100, "note": "", "owner": None, **given}
    return answer(store.put("aliases", doc), 201)


@aliases.get("/aliases/<alias_id>")
def get_alias(alias_id: str) -> flask.Response:
    """One alias."""
    return answer(_alias(alias_id))


@aliases.patch("/aliases/<alias_id>")
def update_alias(alias_id: str) -> flask.Response:
    """Change what the body names."""
    return answer(current().store.change("aliases", _alias(alias_id), **json_body(_SETTINGS)))


@aliases.delete("/aliases/<alias_id>")
def delete_alias(alias_id: str) -> flask.Response:
    """Remove it."""
    current().store.drop("aliases", _alias(alias_id)["id"])
    return nothing()


def _alias(alias_id: str) -> Doc:
    doc = current().store.get("aliases", alias_id)
    if doc is None:
        raise not_found("Alias")
    return doc


ALIASES = Api(
    prefixes=("/aliases",), blueprints=(aliases,), caller=tokens.datarobot, refuse=refused
)
