"""Test controls under /__emulator__/: the request log, faults, deployments, limits, reset, state.

They answer to this machine only, need no token, are never delayed or failed, and leave no trace in
the request log.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

import flask
from flask import Blueprint

from reconciler.emulator import faults, founding
from reconciler.emulator.answers import answer, nothing
from reconciler.emulator.fields import Field, Invalid, mapping, number, one_of, text, whole
from reconciler.emulator.gate import CONTROLS, is_loopback
from reconciler.emulator.inputs import json_body
from reconciler.emulator.model_rules import LIMITS, limits
from reconciler.emulator.refusal import invalid, not_found
from reconciler.emulator.store import Doc
from reconciler.emulator.world import here

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
    "when": Field(one_of(faults.BEFORE, faults.AFTER)),
    "method": Field(text(), null=True),
    "path": Field(_pattern, null=True),
    "nth": Field(whole(1)),
    "times": Field(whole(1)),
    "status": Field(whole(200, 599)),
    "headers": Field(_headers),
    "body": Field(lambda value: value, null=True),
    "seconds": Field(number(0)),
}
_DEPLOYMENT = {
    "customModelId": Field(text()),
    "customModelVersionId": Field(text()),
    "environmentId": Field(text()),
}


@controls.before_request
def local_only() -> None:
    """A peer on another machine finds nothing here."""
    if not is_loopback(flask.request.remote_addr or ""):
        raise not_found("Path")


@controls.get(CONTROLS + "requests")
def list_requests() -> flask.Response:
    """Every request answered so far, oldest first."""
    return answer(here().log.entries())


@controls.delete(CONTROLS + "requests")
def clear_requests() -> flask.Response:
    """Forget the requests so far."""
    here().log.clear()
    return nothing()


@controls.get(CONTROLS + "faults")
def list_faults() -> flask.Response:
    """The planned faults, with the number of matching requests each has seen."""
    return answer([asdict(fault) for fault in here().faults.all()])


@controls.post(CONTROLS + "faults")
def plan_fault() -> flask.Response:
    """Plan a fault."""
    here().faults.add(faults.Fault(**json_body(_FAULT)))
    return answer({"planned": len(here().faults.all())}, 201)


@controls.delete(CONTROLS + "faults")
def clear_faults() -> flask.Response:
    """Forget the planned faults."""
    here().faults.clear()
    return nothing()


@controls.post(CONTROLS + "reset")
def reset() -> flask.Response:
    """Back to a fresh installation, with an empty log and no faults."""
    here().log.clear()
    here().faults.clear()
    founding.refound(here())
    return nothing()


@controls.post(CONTROLS + "deployments")
def deploy() -> flask.Response:
    """Deploy a model version (the latest unless named), or an environment on its own."""
    given = json_body(_DEPLOYMENT)
    with here().store.transaction():
        deployment = here().store.put("deployments", _deployment(given))
    return answer(deployment, 201)


@controls.delete(CONTROLS + "deployments")
@controls.delete(CONTROLS + "deployments/<deployment_id>")
def undeploy(deployment_id: str | None = None) -> flask.Response:
    """End one deployment, those that fit the body, or all."""
    wanted = {"id": deployment_id} if deployment_id else json_body(_DEPLOYMENT)
    with here().store.transaction():
        found = [d for d in here().store.all("deployments") if wanted.items() <= d.items()]
        for deployment in found:
            here().store.drop("deployments", deployment["id"])
    if deployment_id and not found:
        raise not_found("Deployment")
    return nothing()


@controls.post(CONTROLS + "limits")
def set_limits() -> flask.Response:
    """Lower or raise the account's limits."""
    given = json_body({name: Field(whole(1)) for name in LIMITS})
    with here().store.transaction():
        here().store.put("settings", {"id": "limits", "values": {**limits(here()), **given}})
    return answer(limits(here()))


@controls.get(CONTROLS + "state")
def state() -> flask.Response:
    """Everything remembered, by kind; contents appear as their digests."""
    with here().store.transaction():
        return answer(here().store.dump())


def _deployment(given: dict[str, Any]) -> Doc:
    store = here().store
    blank = {"id": store.new_id("deployments"), "customModelId": None, "customModelVersionId": None}
    if "customModelId" not in given:
        environment = store.get("environments", given.get("environmentId"))
        if environment is None:
            raise invalid({"environmentId": "execution environment not found"})
        return {**blank, "environmentId": environment["id"]}
    version_id = given.get("customModelVersionId")
    latest = store.last_child("modelVersions", given["customModelId"])
    version = store.get("modelVersions", version_id) if version_id else latest
    if version is None or version["parent"] != given["customModelId"]:
        raise invalid({"customModelId": "custom model version not found"})
    return {
        **blank,
        "customModelId": version["parent"],
        "customModelVersionId": version["id"],
        "environmentId": version["baseEnvironmentId"],
    }
