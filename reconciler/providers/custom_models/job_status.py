"""Jobs that only a status id tells of: ``GET status/{id}/``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.core.kind import Outputs
from reconciler.core.step import Wait
from reconciler.errors import ApiError, JobFailed
from reconciler.providers.custom_models.client import operations as api
from reconciler.providers.custom_models.facts import JobState
from reconciler.providers.custom_models.job import ABSENT, DONE, FAILED, RUNNING
from reconciler.providers.custom_models.slice import RETRY, Poll

if TYPE_CHECKING:
    from reconciler.providers.custom_models.client.client import Client

STATUS_RUNNING = frozenset({"INITIALIZED", "RUNNING"})
COMPLETED = api.DONE


def job_state(client: Client, status: str | None) -> JobState:
    """How a job stands whose status id only a marker records."""
    if not status:
        return JobState(ABSENT)
    try:
        found = client.read(api.GET_STATUS, status)
    except ApiError as error:
        if error.status != 404:
            raise
        return JobState(FAILED, "its status does not exist any more", status)
    if found.state in STATUS_RUNNING:
        return JobState(RUNNING, status=status)
    if found.state == COMPLETED:
        return JobState(DONE, status=status)
    # Whatever else it is called, it has ended, as it has for the one who waits for it.
    return JobState(FAILED, found.message or found.state, status)


def follow_status(client: Client, wait: Wait, poll: Poll) -> Outputs:
    """Wait for the job with the status id in ``wait.params``; JobFailed unless it completes."""
    message = [""]

    def status() -> str:
        found = client.read(api.GET_STATUS, wait.params["status"])
        message[0] = found.message
        return found.state

    state = poll(status, STATUS_RUNNING)
    if state == COMPLETED:
        return {}
    noun = wait.operation.replace("_", " ")
    raise JobFailed(f"the {noun} ended as {state}: {message[0]}", RETRY)
