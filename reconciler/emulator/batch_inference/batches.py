"""Batch jobs: /v1/batches."""

from __future__ import annotations

from typing import Any

import flask
from flask import Blueprint

from reconciler.emulator.answers import answer
from reconciler.emulator.batch_inference import input as batch_input
from reconciler.emulator.batch_inference import progress as batch_progress
from reconciler.emulator.batch_inference.files import INPUT, visible_file
from reconciler.emulator.batch_inference.limits import limits
from reconciler.emulator.batch_inference.lines import Line, ending
from reconciler.emulator.batch_inference.models import active
from reconciler.emulator.batch_inference.pages import page
from reconciler.emulator.fields import Field, Invalid, Tolerant, mapping, one_of, shape, text, whole
from reconciler.emulator.inputs import json_body, query
from reconciler.emulator.lists import listed
from reconciler.emulator.refusal import Refusal, invalid
from reconciler.emulator.store import Doc
from reconciler.emulator.world import caller, current

batch_jobs = Blueprint("batch_jobs", __name__)

_PATH = "/v1/batches"
_WINDOWS = {"24h": 86_400}
_DEFAULT_PAGE, _LARGEST_PAGE = 20, 100
_MOST_METADATA, _LONGEST_KEY, _LONGEST_VALUE = 16, 64, 512
_OVER = ("completed", "failed", "expired", "cancelled")


def _metadata(value: Any) -> dict[str, str]:
    """Up to 16 pairs of short texts."""
    given = mapping(value)
    if len(given) > _MOST_METADATA:
        raise Invalid(f"holds more than {_MOST_METADATA} pairs")
    for key, held in given.items():
        text(_LONGEST_KEY)(key)
        text(_LONGEST_VALUE)(held)
    return given


_EXPIRY = {
    "anchor": Field(one_of("created_at"), True),
    "seconds": Field(whole(3_600, 2_592_000), True),
}
_NEW = Tolerant(
    {
        "input_file_id": Field(text(), required=True),
        # The page knows the file alone; the official client always sends both of the next.
        "endpoint": Field(one_of(*batch_input.ENDPOINTS)),
        "completion_window": Field(one_of(*_WINDOWS)),
        "metadata": Field(_metadata, null=True),
        "output_expires_after": Field(shape(Tolerant(_EXPIRY))),
    }
)


@batch_jobs.get(_PATH)
def list_batches() -> flask.Response:
    """The caller's batches, newest first."""
    taken = Field(lambda value: value)
    given = query({"limit": Field(whole(1, _LARGEST_PAGE)), "after": taken})
    batches = [b for b in current().store.all(batch_progress.KIND) if b["user"] == caller()]
    return page(listed(batches), _shown, given.get("limit", _DEFAULT_PAGE))


@batch_jobs.post(_PATH)
def create_batch() -> flask.Response:
    """Start a batch; the answer is one that validates, also where batches take no time."""
    given = json_body(_NEW)
    file = visible_file(given["input_file_id"])
    if file["purpose"] != INPUT:
        raise invalid({"input_file_id": f"the purpose of the file must be '{INPUT}'"})
    batch = current().store.put(batch_progress.KIND, _new_batch(file, given))
    batch_progress.start(current(), batch)
    return answer(batch_progress.shown(batch, batch_progress.BEFORE))


@batch_jobs.get(_PATH + "/<batch_id>")
def get_batch(batch_id: str) -> flask.Response:
    """One batch."""
    return answer(_shown(_batch(batch_id)))


@batch_jobs.post(_PATH + "/<batch_id>/cancel")
def cancel_batch(batch_id: str) -> flask.Response:
    """Stop a batch that has not ended; one that is being stopped already is left to it."""
    return _stopped(batch_id)


@batch_jobs.delete(_PATH + "/<batch_id>")
def delete_batch(batch_id: str) -> flask.Response:
    """The same as a cancellation.

    The page titles it "Delete Batch Job" and describes both in the same words: "Attempt to cancel
    an in-progress batch job."
    """
    return _stopped(batch_id)


def _stopped(batch_id: str) -> flask.Response:
    batch = _batch(batch_id)
    state = batch_progress.status(batch, current().clock())
    if state in _OVER:
        # The page has no 409, which the official client would only try again.
        raise Refusal(422, f"Cannot cancel a batch with status '{state}'.")
    if batch["cancelling"] is None:
        batch = batch_progress.stop(current(), batch)
    return answer(_shown(batch))


def _new_batch(file: Doc, given: dict[str, Any]) -> Doc:
    world = current()
    endpoint = given.get("endpoint", batch_input.ENDPOINTS[0])
    window = given.get("completion_window", "24h")
    models, most = active(world), limits(world)["lines"]
    found = batch_input.examined(world.store.blob(file["digest"]), endpoint, models, most)
    model = models.get(found.model or "")
    length = model["context_length"] if model else 0
    lines = [] if found.errors else [Line(endpoint, r["body"], length) for r in found.requests]
    return {
        "id": f"batch_{world.store.new_id(batch_progress.KIND)}",
        "user": caller(),
        "input_file_id": file["id"],
        # The content is kept for itself: the file may be deleted while the batch runs.
        "digest": file["digest"],
        "endpoint": endpoint,
        "completion_window": window,
        "window": _WINDOWS[window],
        "metadata": given.get("metadata"),
        "output_kept": given.get("output_expires_after", {}).get("seconds"),
        "created": world.clock(),
        "duration": world.options.job_time,
        "model": found.model,
        "context_length": length,
        "errors": found.errors or None,
        "verdicts": "".join(map(ending, lines)),
        "job": None,
        "cancelling": None,
        "ended": None,
        "status": None,
        "output_file_id": None,
        "error_file_id": None,
        "usage": None,
    }


def _batch(batch_id: str) -> Doc:
    batch = current().store.get(batch_progress.KIND, batch_id)
    if batch is None or batch["user"] != caller():
        raise Refusal(404, f"No such Batch object: {batch_id}", param="id")
    return batch


def _shown(batch: Doc) -> Doc:
    return batch_progress.shown(batch, current().clock())
