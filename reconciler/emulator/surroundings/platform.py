"""What the official client needs around the custom model pages: version, job status, ping."""

from __future__ import annotations

import flask
from flask import Blueprint

from reconciler.emulator import jobs
from reconciler.emulator.answers import answer, nothing
from reconciler.emulator.refusal import not_found
from reconciler.emulator.world import caller, current

platform = Blueprint("platform", __name__)

# The client warns about a server older than itself and refuses a newer major.
_MAJOR, _MINOR = 2, 49


@platform.get("/api/v2/version/")
def get_version() -> flask.Response:
    """The first call of every client."""
    return answer({"major": _MAJOR, "minor": _MINOR, "versionString": f"{_MAJOR}.{_MINOR}.0"})


@platform.get("/api/v2/status/<status_id>/")
def get_status(status_id: str) -> flask.Response:
    """Where a job stands; 303 to what it made or changed once it is completed."""
    job = current().store.get("jobs", status_id)
    if job is None or job["user"] != caller():
        raise not_found("Status")
    if job["state"] == jobs.COMPLETED and job["location"]:
        return nothing(job["location"], 303)
    return answer(jobs.shown(current(), job))


# One client asks with a double slash and without the closing one.
@platform.get("/api/v2//ping")
@platform.get("/api/v2/ping")
@platform.get("/api/v2/ping/")
def ping() -> flask.Response:
    """A sign of life."""
    return answer({"response": "pong"})
