"""Test controls of the surroundings: what an installation does not serve."""

from __future__ import annotations

import flask
from flask import Blueprint

from reconciler.emulator.answers import answer
from reconciler.emulator.controls import local_only
from reconciler.emulator.fields import Field, flag
from reconciler.emulator.inputs import json_body
from reconciler.emulator.middleware import CONTROLS
from reconciler.emulator.world import World, current

surroundings_controls = Blueprint("surroundings_controls", __name__)
surroundings_controls.before_request(local_only)

_SETTING = "account"


@surroundings_controls.post(CONTROLS + "account")
def set_account() -> flask.Response:
    """Switch ``GET /api/v2/account/info/`` on or off."""
    given = json_body({"served": Field(flag, required=True)})
    with current().store.transaction():
        current().store.put("settings", {"id": _SETTING, **given})
    return answer(given)


def serves_account(world: World) -> bool:
    """Whether the installation says who a token stands for; it does unless switched off."""
    setting = world.store.get("settings", _SETTING)
    return setting is None or bool(setting["served"])
