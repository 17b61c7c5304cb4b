"""How a batch stands: whether it runs, and what is wrong with one that has ended."""

from __future__ import annotations

import json
from collections.abc import Iterator

from reconciler.core.json_value import JsonObject
from reconciler.core.resource import SpecPart
from reconciler.providers.batch_inference.responses import Batch
from reconciler.providers.batch_inference.tokens import counted

ABSENT, RUNNING, FAILED, DONE = "absent", "running", "failed", "done"
COMPLETED = "completed"
ENDED = frozenset({COMPLETED, "failed", "expired", "cancelled"})
MAX_REASONS = 5
LINE_SHOWN = 200


def is_running(batch: Batch) -> bool:
    """Whether it may still change; a status that we do not know is one on the way."""
    return batch.status not in ENDED


def complaint(batch: Batch, require: SpecPart, errors: bytes) -> str:
    """Why a batch that has ended is not what was wanted; '' when it is.

    ``errors`` is its error file, which tells how many failed where the batch does not.
    """
    if batch.status == COMPLETED:
        return _too_many_failed(batch, require, errors)
    if batch.status == "failed":
        reason = "; ".join(refusals(batch)[:MAX_REASONS])
        return f"the platform refused its input: {reason or 'it gave no reason'}"
    counts = batch.counts
    answered = f"{counts.completed} of {counts.total} requests were answered"
    if batch.status == "expired":
        return f"it expired: {answered} within its completion window"
    return f"it was cancelled: {answered} before that"


def refusals(batch: Batch) -> list[str]:
    """What the platform says of each line of an input that it refused."""
    return [
        f"line {each.line}: {each.message}" if each.line else str(each.message or each.code)
        for each in batch.reasons
    ]


def failed_lines(content: bytes) -> Iterator[str]:
    """The lines of an error file for people: which request, and what it was answered."""
    for line in content.splitlines():
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            yield f"{record.get('custom_id')}: {_answer(record)}"[:LINE_SHOWN]


def _too_many_failed(batch: Batch, require: SpecPart, errors: bytes) -> str:
    allowed, counts = require.get("failed"), batch.request_counts
    # The contract does not promise the counts.
    failed = counts.failed if counts else len(errors.splitlines())
    if allowed is None or failed <= allowed:
        return ""
    reason = f"{failed} of {counts.total} requests" if counts else counted(failed, "request")
    return f"{reason} failed, and require.failed allows {allowed}"


def _answer(record: JsonObject) -> str:
    """A request fails in two shapes: with no answer at all, or with one that is a refusal."""
    error, response = record.get("error"), record.get("response")
    if isinstance(error, dict):
        return f"{error.get('code')}: {error.get('message')}"
    if not isinstance(response, dict):
        return "no answer"
    body = response.get("body")
    reason = body.get("error") if isinstance(body, dict) else None
    message = reason.get("message") if isinstance(reason, dict) else body
    return f"{response.get('status_code')}: {message}"
