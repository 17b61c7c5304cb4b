"""Runs of data models: /v1/model-runs, their steps and the results of their tests."""

from __future__ import annotations

import base64
import binascii
import re

import flask
from flask import Blueprint

from reconciler.emulator.answers import answer
from reconciler.emulator.fields import Field, Invalid, flag, many, one_of, text
from reconciler.emulator.inputs import json_body, query
from reconciler.emulator.lists import listed
from reconciler.emulator.model_runs import names, progress, rate
from reconciler.emulator.refusal import Refusal
from reconciler.emulator.store import Doc
from reconciler.emulator.world import caller, current, is_admin

model_runs = Blueprint("model_runs", __name__)
model_runs.after_request(rate.mark)

_KIND = "modelRuns"
_PATH = "/v1/model-runs"
_DEFAULT_PAGE, _LARGEST_PAGE = 100, 1000
# Projects of this prefix are the owner's alone: to everybody else the answer is 403.
_RESTRICTED = "restricted"
_TRIGGER = {
    "project_name": Field(text(255, 1), required=True),
    "model_names": Field(many(text(), 1000)),
    "full_refresh": Field(flag),
    "target_catalog": Field(text(255)),
    "target_schema": Field(text(255)),
}


def _size(value: object) -> int:
    """A page size; one out of range is brought into it, not refused."""
    if not re.fullmatch(r"[+-]?[0-9]+", str(value), re.ASCII):
        raise Invalid("value is not a whole number")
    # More digits than Python takes for a number are out of range in any case.
    return min(max(int(str(value)[:20]), 1), _LARGEST_PAGE)


@model_runs.get(_PATH)
def list_runs() -> flask.Response:
    """The runs that the caller may see, newest first."""
    declared = {
        "status": Field(one_of(*progress.STATUSES)),
        "max_results": Field(_size),
        # Any text is taken, also one that reads as a number.
        "page_token": Field(lambda value: value),
    }
    given, now = query(declared, 400), current().clock()
    runs = listed([run for run in current().store.all(_KIND) if _may_see(run)])
    if "status" in given:
        runs = [run for run in runs if progress.status(run, now) == given["status"]]
    size = min(given.get("max_results", _DEFAULT_PAGE), current().options.page_size)
    offset = _offset(flask.request.args.get("page_token", ""))
    body: Doc = {"data": [progress.shown(run, now) for run in runs[offset : offset + size]]}
    if offset + size < len(runs):
        body["next_page_token"] = base64.b64encode(str(offset + size).encode()).decode()
    return answer(body)


@model_runs.post(_PATH)
def trigger_run() -> flask.Response:
    """Start a run; the answer is always the pending run, also where runs take no time."""
    given = {"full_refresh": False, "target_catalog": "memory", **json_body(_TRIGGER)}
    if given["project_name"].startswith(_RESTRICTED) and not is_admin(caller()):
        raise Refusal(403, f"access denied to project {given['project_name']}")
    parts = names.wanted(given.get("model_names", []))
    missing = [part for part in parts if names.UNKNOWN in part]
    if missing:
        raise Refusal(400, f"unknown models: {', '.join(missing)}")
    run = current().store.put(_KIND, _new_run(given, parts))
    return answer(progress.shown(run, progress.BEFORE), 201)


@model_runs.get(_PATH + "/<run_id>")
def get_run(run_id: str) -> flask.Response:
    """One run."""
    return answer(progress.shown(_run(run_id), current().clock()))


# Later versions of the API call it by the plural.
@model_runs.post(_PATH + "/<run_id>/cancel")
@model_runs.post(_PATH + "/<run_id>/cancellations")
def cancel_run(run_id: str) -> flask.Response:
    """Stop a run that has not ended."""
    run, now = _run(run_id), current().clock()
    if run["user"] != caller() and not is_admin(caller()):
        raise Refusal(403, "only who triggered a run may cancel it")
    status = progress.status(run, now)
    # The page has no 409 here; the handlers answer 400 and the older document lists both.
    if status not in (progress.PENDING, progress.RUNNING):
        raise Refusal(400, f"cannot cancel run in status {status}")
    run = current().store.change(_KIND, run, cancelled=now, cancelled_by=caller())
    return answer(progress.shown(run, now))


@model_runs.get(_PATH + "/<run_id>/steps")
def list_steps(run_id: str) -> flask.Response:
    """The steps by tier, then by name; known as soon as the run is."""
    run, now = _run(run_id), current().clock()
    return answer({"data": [progress.shown_step(run, step, now) for step in run["steps"]]})


@model_runs.get(_PATH + "/<run_id>/steps/<step_id>/test-results")
def list_test_results(run_id: str, step_id: str) -> flask.Response:
    """The results of one step's tests; none before the step has succeeded."""
    run = _run(run_id)
    step = next((step for step in run["steps"] if step["id"] == step_id), None)
    if step is None:
        raise Refusal(404, f"model run step {step_id} not found")
    return answer({"data": progress.test_results(run, step, current().clock())})


def _new_run(given: Doc, parts: list[str]) -> Doc:
    run_id = progress.new_id("run", current().store.new_id(_KIND))
    models = names.selected(parts)
    diagnostics = _diagnosed(models, parts)
    runs = [] if diagnostics["errors"] else models
    return {
        "id": run_id,
        "user": caller(),
        "project_name": given["project_name"],
        "target_catalog": given["target_catalog"],
        "target_schema": given.get("target_schema") or given["project_name"],
        "full_refresh": given["full_refresh"],
        # Selectors are not echoed, only plain names are.
        "model_names": parts if parts and all(map(names.is_plain, parts)) else None,
        "diagnostics": diagnostics,
        "steps": progress.planned(run_id, runs, given["full_refresh"]),
        "created": current().clock(),
        "duration": current().options.job_time,
        "cancelled": None,
        "cancelled_by": None,
    }


def _diagnosed(models: list[str], parts: list[str]) -> dict[str, list[str]]:
    warnings = [f"model {m} is deprecated" for m in models if names.DEPRECATED in m]
    if not models:
        warnings.append(f"no model is selected by {', '.join(parts)}")
    errors = [f"model {m}: syntax error" for m in models if names.UNCOMPILABLE in m]
    return {"warnings": warnings, "errors": errors}


def _may_see(run: Doc) -> bool:
    return is_admin(caller()) or not run["project_name"].startswith(_RESTRICTED)


def _run(run_id: str) -> Doc:
    run = current().store.get(_KIND, run_id)
    if run is None:
        raise Refusal(404, f"model run {run_id} not found")
    if not _may_see(run):
        raise Refusal(403, f"access denied to model run {run_id}")
    return run


def _offset(token: str) -> int:
    """The offset at which a page starts, base64 in the token; 0 for any other token."""
    try:
        digits = base64.b64decode(token, validate=True).decode()
    except (ValueError, binascii.Error):
        return 0
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else 0
