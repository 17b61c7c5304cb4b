"""Test controls under /__emulator__/ that serve every API: request log, faults, reset, state.

They answer to this machine only, need no token, are never delayed or failed, and leave no trace in
the request log.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

import flask
from flask import Blueprint

from reconciler.emulator import faults
from reconciler.emulator.answers import answer, nothing
from reconciler.emulator.fields import Field, Invalid, mapping, number, one_of, text, whole
from reconciler.emulator.inputs import json_body
from reconciler.emulator.middleware import CONTROLS, is_loopback
from reconciler.emulator.refusal import invalid, not_found
from reconciler.emulator.world import current

controls = Blueprint("controls", __name__)


def _pattern(value: Any) -> str:
    """A regular expression."""
    try:
        re.compile(text()(value))
    except (re.error, RecursionError, OverflowError) as wrong:
        raise Invalid(f"value is not a regular expression: {wrong}") from wrong
    return str(value)


def _headers(value: Any) -> dict[str, str]:
    """Header names and values that can be sent."""
    for name, held in mapping(value).items():
        if not _TOKEN.fullmatch(name) or not isinstance(held, str) or not held.isprintable():
            raise Invalid(f"{name!r} is not a header with a text of one line")
    return dict(value)


_TOKEN = re.compile(r"[A-Za-z0-9-]+")
_FAULT = {
    "action": Field(one_of(*faults.ACTIONS), required=True),
    "when": Field(one_of(faults.BEFORE, faults.AFTER, faults.LATE)),
    "method": Field(text(), null=True),
    "path": Field(_pattern, null=True),
    "nth": Field(whole(1)),
    "times": Field(whole(1)),
    "status": Field(whole(200, 599)),
    "headers": Field(_headers),
    "body": Field(lambda value: value, null=True),
    "seconds": Field(number(0)),
    "late": Field(number(0)),
}


@controls.before_request
def local_only() -> None:
    """A peer on another machine finds nothing here."""
    if not is_loopback(flask.request.remote_addr or ""):
        raise not_found("Path")


@controls.get(CONTROLS + "requests")
def list_requests() -> flask.Response:
    """Every request answered so far, oldest first."""
    return answer(current().log.entries())


@controls.delete(CONTROLS + "requests")
def clear_requests() -> flask.Response:
    """Forget the requests so far."""
    current().log.clear()
    return nothing()


@controls.get(CONTROLS + "faults")
def list_faults() -> flask.Response:
    """The planned faults, with the number of matching requests each has seen."""
    return answer([asdict(fault) for fault in current().faults.all()])


@controls.post(CONTROLS + "faults")
def plan_fault() -> flask.Response:
    """Plan a fault; an effect comes late only where the real answer is lost."""
    fault = faults.Fault(**json_body(_FAULT))
    if fault.when == faults.LATE and fault.action not in faults.ANSWER_LOST:
        allowed = ", ".join(faults.ANSWER_LOST)
        raise invalid({"when": f"'{faults.LATE}' goes with these actions: {allowed}"})
    current().faults.add(fault)
    return answer({"planned": len(current().faults.all())}, 201)


@controls.delete(CONTROLS + "faults")
def clear_faults() -> flask.Response:
    """Forget the planned faults."""
    current().faults.clear()
    return nothing()


@controls.post(CONTROLS + "reset")
def reset() -> flask.Response:
    """Back to a fresh installation, with an empty log, no faults and no late requests."""
    current().log.clear()
    current().faults.clear()
    current().late_requests.clear()
    current().reset()
    return nothing()


@controls.get(CONTROLS + "state")
def state() -> flask.Response:
    """Everything remembered, by kind; contents appear as their digests."""
    with current().store.transaction():
        return answer(current().store.dump())
