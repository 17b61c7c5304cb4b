"""Where a batch stands at a moment, and what it leaves behind when it ends.

A batch validates for a fifth of its time, asks the model for most of the rest, and spends the last
tenth on its files.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from reconciler.emulator import jobs
from reconciler.emulator.batch_inference import lines as batch_lines
from reconciler.emulator.batch_inference.files import KEPT, OUTPUT, keep_until, new_file
from reconciler.emulator.batch_inference.input import parsed
from reconciler.emulator.batch_inference.lines import DONE, EXPIRED, FAILED, STALLED, Line
from reconciler.emulator.store import Doc
from reconciler.emulator.world import World

KIND = "inferenceBatches"
RUN, CANCELLATION = "inferenceBatch", "inferenceBatchCancellation"
# Earlier than any batch: at this moment it validates.
BEFORE = float("-inf")
_VALIDATED, _ANSWERED = 0.2, 0.9
_CANCELLING = 0.1


def start(world: World, batch: Doc) -> None:
    """Queue the end of a batch, which everything it will be follows from."""
    length, window = batch["duration"], batch["window"]
    wait = length if batch["errors"] is None else length * _VALIDATED
    # One that holds a stalled request has nothing to wait for but its window.
    wait = window if STALLED in batch["verdicts"] else min(wait, window)
    job = jobs.submit(world, RUN, batch["user"], wait, batchId=batch["id"])
    world.store.change(KIND, world.store.get(KIND, batch["id"]) or batch, job=job["id"])


def stop(world: World, batch: Doc) -> Doc:
    """Begin to cancel: what is answered by now stays, and is written when that is done."""
    jobs.cancel(world, batch["job"], "The batch was cancelled.")
    stopping = world.store.change(KIND, batch, cancelling=world.clock())
    wait = batch["duration"] * _CANCELLING
    jobs.submit(world, CANCELLATION, batch["user"], wait, batchId=batch["id"])
    return stopping


@jobs.work(RUN)
def run(world: World, job: Doc) -> jobs.Outcome:
    """End a batch: failed, completed, or expired."""
    batch = _of(world, job)
    if batch["errors"] is not None:
        world.store.change(KIND, batch, ended=job["due"], status="failed")
        return jobs.Outcome(jobs.ERROR, "The input file is not valid.")
    late = STALLED in batch["verdicts"] or batch["duration"] > batch["window"]
    expired = late or EXPIRED in batch["verdicts"]
    _finish(world, batch, job["due"], "expired" if expired else "completed")
    return jobs.Outcome(jobs.COMPLETED)


@jobs.work(CANCELLATION)
def end_cancelled(world: World, job: Doc) -> jobs.Outcome:
    """Write what was answered before the cancellation."""
    batch = _of(world, job)
    _finish(world, batch, job["due"], "cancelled")
    return jobs.Outcome(jobs.COMPLETED)


def status(batch: Doc, now: float) -> str:
    """The status of a batch."""
    if batch["ended"] is not None and now >= batch["ended"]:
        return str(batch["status"])
    if batch["cancelling"] is not None:
        return "cancelling"
    if now < _moment(batch, _VALIDATED):
        return "validating"
    stalled = STALLED in batch["verdicts"]
    return "in_progress" if stalled or now < _moment(batch, _ANSWERED) else "finalizing"


def shown(batch: Doc, now: float) -> Doc:
    """The batch as the API shows it."""
    state = status(batch, now)
    reached = _reached(batch, now)
    ended = {name: _ended(batch, name, state) for name in ("completed", "failed", "expired")}
    valid = batch["errors"] is None
    finalized = state == "finalizing" or state == "completed"
    over = ended[state] if state in ended else _ended(batch, "cancelled", state)
    return {
        "id": batch["id"],
        "object": "batch",
        "endpoint": batch["endpoint"],
        "model": batch["model"],
        # The page shows a bare list, the official client expects one in an object.
        "errors": {"object": "list", "data": batch["errors"]} if state == "failed" else None,
        "input_file_id": batch["input_file_id"],
        "completion_window": batch["completion_window"],
        "status": state,
        "output_file_id": batch["output_file_id"] if over is not None else None,
        "error_file_id": batch["error_file_id"] if over is not None else None,
        "created_at": int(batch["created"]),
        "in_progress_at": _reach(batch, _VALIDATED, reached) if valid else None,
        "expires_at": int(batch["created"] + batch["window"]),
        "finalizing_at": _reach(batch, _ANSWERED, reached) if finalized else None,
        **{f"{name}_at": moment for name, moment in ended.items()},
        "cancelling_at": None if batch["cancelling"] is None else int(batch["cancelling"]),
        "cancelled_at": _ended(batch, "cancelled", state),
        "request_counts": _counts(batch, reached),
        "metadata": batch["metadata"],
        "usage": batch["usage"] if over is not None else None,
    }


def _of(world: World, job: Doc) -> Doc:
    """The batch of a job: one in flight is stopped, never removed, so it is there."""
    batch = world.store.get(KIND, job["subject"]["batchId"])
    assert batch is not None
    return batch


def _moment(batch: Doc, share: float) -> float:
    return float(batch["created"]) + share * float(batch["duration"])


def _reached(batch: Doc, now: float) -> float:
    """Up to when the batch went on."""
    stops = (batch["cancelling"], batch["ended"])
    return min([now, *(float(stop) for stop in stops if stop is not None)])


def _reach(batch: Doc, share: float, reached: float) -> int | None:
    moment = _moment(batch, share)
    return int(moment) if reached >= moment else None


def _ended(batch: Doc, name: str, state: str) -> int | None:
    return int(batch["ended"]) if state == name else None


def _asked(batch: Doc, reached: float) -> int:
    """How many requests, in the order of the file, the model was asked by then."""
    begin, end = _moment(batch, _VALIDATED), _moment(batch, _ANSWERED)
    total = len(batch["verdicts"])
    if reached >= end:
        return total
    return int(total * (reached - begin) / (end - begin)) if reached > begin else 0


def _counts(batch: Doc, reached: float) -> Doc:
    asked = batch["verdicts"][: _asked(batch, reached)]
    known = reached >= _moment(batch, _VALIDATED)
    return {
        "total": len(batch["verdicts"]) if known else 0,
        "completed": asked.count(DONE),
        "failed": asked.count(FAILED),
    }


def _finish(world: World, batch: Doc, moment: float, how: str) -> None:
    """Write the output and the error file, and end the batch."""
    answers, errors, used = _written(world, batch, _asked(batch, _reached(batch, moment)), how)
    output = _filed(world, batch, "output", answers, moment)
    error = _filed(world, batch, "error", errors, moment)
    keep_until(world, batch["input_file_id"], moment + KEPT)
    world.store.change(
        KIND,
        batch,
        ended=moment,
        status=how,
        output_file_id=output,
        error_file_id=error,
        usage=used,
    )


def _written(
    world: World, batch: Doc, asked: int, how: str
) -> tuple[list[Doc], list[Doc], dict[str, Any]]:
    answers: list[Doc] = []
    errors: list[Doc] = []
    into = out = 0
    requests = parsed(world.store.blob(batch["digest"]))
    for place, (verdict, request) in enumerate(zip(batch["verdicts"], requests, strict=True)):
        request_id = _request_id(batch, place)
        if place < asked and verdict in (DONE, FAILED):
            line = Line(batch["endpoint"], request["body"], batch["context_length"])
            created = int(batch["created"])
            record = batch_lines.written(line, request["custom_id"], request_id, created)
            (answers if verdict == DONE else errors).append(record)
            used = batch_lines.usage(record)
            into, out = into + used[0], out + used[1]
        elif how == "expired":
            errors.append(batch_lines.unanswered(request["custom_id"], request_id))
    return answers, errors, _usage(into, out)


def _usage(into: int, out: int) -> dict[str, Any]:
    return {
        "input_tokens": into,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": out,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": into + out,
    }


def _filed(world: World, batch: Doc, name: str, records: list[Doc], moment: float) -> str | None:
    """Store a file of the batch; without lines, none is stored."""
    if not records:
        return None
    content = "".join(json.dumps(record) + "\n" for record in records).encode()
    doc = new_file(world, batch["user"], f"{batch['id']}_{name}.jsonl", content, OUTPUT)
    keep_until(world, doc["id"], moment + (batch["output_kept"] or KEPT))
    return str(doc["id"])


def _request_id(batch: Doc, place: int) -> str:
    return hashlib.sha256(f"{batch['id']} {place}".encode()).hexdigest()[:24]
