"""GET and PATCH .../accessControl/ of custom models and execution environments."""

from __future__ import annotations

import flask
from flask import Blueprint

from reconciler.emulator import roles
from reconciler.emulator.answers import nothing, page
from reconciler.emulator.fields import Field, flag, many, one_of, shape, text
from reconciler.emulator.inputs import json_body, query
from reconciler.emulator.refusal import Refusal
from reconciler.emulator.store import Doc
from reconciler.emulator.world import caller, current

sharing = Blueprint("sharing", __name__)

# The pages allow this many changes in one request.
MOST_ROLES = 100
_GRANT = {
    "username": Field(text(shortest=1), required=True),
    # NO_ROLE is named in a description and by the official client, not in the list of values.
    "role": Field(one_of(*roles.CANONICAL, roles.REMOVED), required=True, null=True),
    "canShare": Field(flag),
    # Sent by the official client for models, without effect on anything the pages show.
    "canUseData": Field(flag),
}
_GRANTS = {"data": Field(many(shape(_GRANT), MOST_ROLES), required=True)}
_FILTER = {"username": Field(text()), "userId": Field(text())}
_SHARED = {
    "customModels": ("models", "Custom model"),
    "executionEnvironments": ("environments", "Execution environment"),
}


@sharing.get("/api/v2/<any(customModels, executionEnvironments):kind>/<object_id>/accessControl/")
def list_roles(kind: str, object_id: str) -> flask.Response:
    """Who has access, and as what."""
    doc = _shared(kind, object_id)
    if caller() not in doc["roles"]:
        # Everybody sees a public environment; its access list is for those named in it.
        raise Refusal(403, "You do not have permission to view this access list.")
    wanted = query(_FILTER, 400)
    if "username" in wanted:
        wanted["username"] = current().username(wanted["username"])
    if len(wanted) == 2:
        raise Refusal(400, "Give either username or userId, not both.")
    entries = [e for e in roles.listed(doc) if all(e[k] == v for k, v in wanted.items())]
    return page(entries, dict, total=False)


@sharing.patch("/api/v2/<any(customModels, executionEnvironments):kind>/<object_id>/accessControl/")
def change_roles(kind: str, object_id: str) -> flask.Response:
    """Grant, change and remove roles; the last owner stays."""
    doc = _shared(kind, object_id)
    grants = json_body(_GRANTS)["data"]
    named = [{**grant, "username": current().username(grant["username"])} for grant in grants]
    changed = roles.granted(doc, named)
    current().store.change(_SHARED[kind][0], doc, roles=changed)
    return nothing()


def _shared(kind: str, object_id: str) -> Doc:
    collection, what = _SHARED[kind]
    doc = current().store.get(collection, object_id)
    return roles.seen(None if doc and doc.get("deleted") else doc, what)
