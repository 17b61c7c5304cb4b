"""Work that the platform does after it answered: queued, run when its time has come, reported.

A job does its reading when it is due, not when it is submitted, so a job that was queued before a
restart, or whose object was deleted meanwhile, ends as it would have on the platform.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reconciler.emulator.store import Doc
from reconciler.emulator.world import World, iso

INITIALIZED, RUNNING, COMPLETED, ERROR, ABORTED = (
    "INITIALIZED",
    "RUNNING",
    "COMPLETED",
    "ERROR",
    "ABORTED",
)
# The share of a job's time that it spends waiting in the queue.
_QUEUE_SHARE = 0.2


@dataclass(frozen=True)
class Outcome:
    """How a job ended: its state, why, and the path of what it made or changed."""

    state: str
    message: str = ""
    location: str | None = None


Work = Callable[[World, Doc], Outcome]
_WORK: dict[str, Work] = {}


def work(kind: str) -> Callable[[Work], Work]:
    """Name the function that does the jobs of one kind."""

    def name(function: Work) -> Work:
        _WORK[kind] = function
        return function

    return name


def submit(world: World, kind: str, user: str, wait: float | None = None, **subject: Any) -> Doc:
    """Queue a job; with a job time of zero it is finished when this returns."""
    started = world.clock()
    wait = world.options.job_time if wait is None else wait
    job = world.store.put(
        "jobs",
        {
            "id": world.store.new_id("jobs"),
            "kind": kind,
            "user": user,
            "subject": subject,
            "started": started,
            "due": started + wait,
            "state": RUNNING,
            "message": "",
            "location": None,
        },
    )
    world.store.put("pending", {"id": job["id"]})
    if wait == 0:
        return _run(world, job)
    return job


def settle(world: World) -> None:
    """Do every job whose time has come."""
    pending = world.store.all("pending")
    if not pending:
        return
    now = world.clock()
    jobs = [world.store.get("jobs", row["id"]) for row in pending]
    for job in sorted((j for j in jobs if j and j["due"] <= now), key=lambda j: float(j["due"])):
        _run(world, job)


def cancel(world: World, job_id: str, message: str) -> None:
    """End a job that still runs, without doing its work."""
    job = world.store.get("jobs", job_id)
    if job and job["state"] == RUNNING:
        _end(world, job, Outcome(ABORTED, message))


def is_running(world: World, job_id: str | None) -> bool:
    """Whether the job has not ended; no job has."""
    job = world.store.get("jobs", job_id)
    return bool(job and job["state"] == RUNNING)


def is_queued(world: World, job: Doc) -> bool:
    """Whether a running job still waits for its turn."""
    length = job["due"] - job["started"]
    return bool(world.clock() < job["started"] + length * _QUEUE_SHARE)


def shown(world: World, job: Doc) -> Doc:
    """The job as GET /api/v2/status/{statusId}/ shows it."""
    state = job["state"]
    if state == RUNNING and is_queued(world, job):
        state = INITIALIZED
    return {
        "statusId": job["id"],
        "status": state,
        "message": job["message"],
        "code": 1 if state == ERROR else 0,
        "description": job["kind"],
        "statusType": job["kind"],
        "created": iso(job["started"]),
    }


def _run(world: World, job: Doc) -> Doc:
    return _end(world, job, _WORK[job["kind"]](world, job))


def _end(world: World, job: Doc, outcome: Outcome) -> Doc:
    world.store.drop("pending", job["id"])
    return world.store.change(
        "jobs",
        job,
        state=outcome.state,
        message=outcome.message,
        location=outcome.location,
    )
