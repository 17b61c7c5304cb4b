"""How large a batch may be, and the control that changes it."""

from __future__ import annotations

import flask
from flask import Blueprint

from reconciler.emulator.answers import answer
from reconciler.emulator.controls import local_only
from reconciler.emulator.fields import Field, whole
from reconciler.emulator.inputs import json_body
from reconciler.emulator.middleware import CONTROLS
from reconciler.emulator.world import World, current

batch_limits = Blueprint("batch_limits", __name__)
batch_limits.before_request(local_only)

_SETTING = "batchLimits"
_LIMITS = {"lines": 50_000, "bytes": 200 * 1024 * 1024}


@batch_limits.post(CONTROLS + "batches/limits")
def set_limits() -> flask.Response:
    """Lower or raise the largest number of lines or bytes."""
    given = json_body({name: Field(whole(1)) for name in _LIMITS})
    with current().store.transaction():
        current().store.put("settings", {"id": _SETTING, "values": {**limits(current()), **given}})
    return answer(limits(current()))


def limits(world: World) -> dict[str, int]:
    """The limits in force."""
    held = world.store.get("settings", _SETTING)
    return {**_LIMITS, **(held["values"] if held else {})}
