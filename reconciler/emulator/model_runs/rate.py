"""The rate limit of the model runs API: counted on every request, off until a test asks for it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import flask
from flask import Blueprint

from reconciler.emulator.answers import answer
from reconciler.emulator.controls import local_only
from reconciler.emulator.fields import Field, whole
from reconciler.emulator.inputs import json_body
from reconciler.emulator.middleware import CONTROLS
from reconciler.emulator.refusal import Refusal
from reconciler.emulator.world import current

model_runs_rate = Blueprint("model_runs_rate", __name__)
model_runs_rate.before_request(local_only)

_KEY, _SETTING = "model_runs_rate", "modelRunsRate"
# So many that nobody meets the limit by accident; the headers need a number in any case.
_OFF = {"limit": 1_000_000, "seconds": 60}


@dataclass
class _Window:
    """What was counted since when."""

    since: float = -math.inf
    used: int = 0


@model_runs_rate.post(CONTROLS + "model-runs/rate-limit")
def set_rate_limit() -> flask.Response:
    """Allow so many requests in so many seconds, counted afresh; an empty body lifts the limit."""
    given = json_body({"limit": Field(whole(0, 10**9)), "seconds": Field(whole(1, 86_400))})
    with current().store.transaction():
        setting = {**_OFF, **given}
        current().store.put("settings", {"id": _SETTING, "values": setting})
        flask.current_app.extensions[_KEY] = _Window()
    return answer(setting)


def count() -> None:
    """Count the request; 429 when it is one too many."""
    window = _window()
    window.used += 1
    if window.used > _setting()["limit"]:
        raise Refusal(429, "rate limit exceeded")


def mark(response: flask.Response) -> flask.Response:
    """Say in the headers what is left; every answer does."""
    window, setting = _window(), _setting()
    end = window.since + setting["seconds"]
    response.headers["X-RateLimit-Limit"] = str(setting["limit"])
    response.headers["X-RateLimit-Remaining"] = str(max(setting["limit"] - window.used, 0))
    response.headers["X-RateLimit-Reset"] = str(math.ceil(end))
    if response.status_code == 429 and "Retry-After" not in response.headers:
        response.headers["Retry-After"] = str(max(math.ceil(end - current().clock()), 1))
    return response


def _setting() -> dict[str, int]:
    held = current().store.get("settings", _SETTING)
    return held["values"] if held else _OFF


def _window() -> _Window:
    """The running window; kept beside the store, where a refused request would not be counted."""
    now = current().clock()
    window = cast(_Window, flask.current_app.extensions.setdefault(_KEY, _Window()))
    if not window.since <= now < window.since + _setting()["seconds"]:
        window.since, window.used = now, 0
    return window
