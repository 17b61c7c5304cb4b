"""The calls and waits of a run: the whole input first, then what has no good answer.

An attempt begins only when the wait before it says that requests are left (``Call.only_if``), so
that all writes of a run are in its plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from reconciler.core.kind import PlanContext
from reconciler.core.step import Call, KnownAfter, Upload, Wait
from reconciler.providers.batch_inference import matching
from reconciler.providers.batch_inference import operations as api
from reconciler.providers.batch_inference.facts import BatchFacts
from reconciler.providers.batch_inference.responses import PURPOSE
from reconciler.providers.batch_inference.spec import DEFAULT_ENDPOINT, DEFAULT_TIMEOUT, INPUT


@dataclass(frozen=True, slots=True)
class Work:
    """Calls and waits, in the order of ``core.step``."""

    calls: tuple[Call, ...]
    waits: tuple[Wait, ...]


def fresh(context: PlanContext, facts: BatchFacts) -> Work:
    """Upload the input, unless it is there, make a batch of it, and follow it."""
    file = facts.files[0] if facts.files else KnownAfter(context.step(""), "fileId")
    # What this plan changes first, a batch that others start in the meantime may have missed.
    known = {"known": list(facts.batches), "alone": bool(context.changed_dependencies)}
    create = api.CREATE_BATCH.call(body=_body(context, file), outputs=("batchId",), recovery=known)
    upload = api.UPLOAD_FILE.call(
        body={"purpose": PURPOSE}, uploads=(_upload(context),), outputs=("fileId",)
    )
    calls = (create,) if facts.files else (upload, create)
    return _followed(context, facts, calls, (KnownAfter(context.step(""), "batchId"),))


def following(context: PlanContext, facts: BatchFacts) -> Work:
    """Follow batches that are there, and send again what they leave."""
    return _followed(context, facts, (), facts.attempts)


def retries_left(context: PlanContext, facts: BatchFacts) -> int:
    """How often unanswered requests of the batches that count may still be sent again."""
    allowed = int((context.resource.spec.get("retry") or {}).get("failedLines", 0))
    return max(0, allowed - max(0, len(facts.attempts) - 1))


def _followed(
    context: PlanContext, facts: BatchFacts, calls: tuple[Call, ...], batches: tuple[Any, ...]
) -> Work:
    allowed = int((context.resource.spec.get("retry") or {}).get("failedLines", 0))
    waits: tuple[Wait, ...] = ()
    when: Any = True
    for number in range(len(batches), allowed + 1):
        again = f"retry{number}"
        waits += (_wait(context, batches, when, again, len(calls)),)
        when = KnownAfter(context.step(""), again)
        calls += _again(context, facts, batches, number, when)
        batches += (KnownAfter(context.step(""), f"batchId{number}"),)
    return Work(calls, (*waits, _wait(context, batches, when, "", len(calls))))


def _again(
    context: PlanContext,
    facts: BatchFacts,
    batches: tuple[Any, ...],
    number: int,
    when: KnownAfter,
) -> tuple[Call, Call]:
    """Upload the requests that these batches left without an answer, and make a batch of them."""
    file, whole = KnownAfter(context.step(""), f"fileId{number}"), _upload(context)
    name = matching.retry_name(whole.filename, facts.batches, number)
    upload = api.UPLOAD_FILE.call(
        body={"purpose": PURPOSE},
        uploads=(replace(whole, filename=name),),
        outputs=(f"fileId{number}",),
        recovery={"unanswered_of": list(batches)},
        only_if=when,
    )
    create = api.CREATE_BATCH.call(
        body=_body(context, file, {matching.RETRY_OF: batches[0]}),
        outputs=(f"batchId{number}",),
        # The same requests may be left twice, and then their file has a batch before.
        recovery={"known": list(dict.fromkeys((*facts.batches, *batches)))},
        only_if=when,
    )
    return upload, create


def _upload(context: PlanContext) -> Upload:
    entry = context.resource.files[INPUT].entries[0]
    name = matching.file_name(matching.owner(context.resource), entry)
    return Upload("file", entry.path, entry.sha256, entry.size, INPUT, name)


def _body(context: PlanContext, file: Any, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    # The page documents the input file alone; the rest is what the official client always sends.
    resource, entry = context.resource, context.resource.files[INPUT].entries[0]
    return {
        "input_file_id": file,
        "endpoint": resource.spec.get("endpoint", DEFAULT_ENDPOINT),
        "completion_window": resource.spec.get("completionWindow", "24h"),
        "metadata": {**matching.metadata(matching.owner(resource), entry), **(more or {})},
    }


def _wait(
    context: PlanContext, batches: tuple[Any, ...], when: Any, again: str, after: int
) -> Wait:
    spec = context.resource.spec
    params: dict[str, Any] = {"batch": batches[0], "require": dict(spec.get("require") or {})}
    if len(batches) > 1:
        params["retries"] = list(batches[1:])
    if when is not True:
        params["when"] = when
    if again:
        params["again"] = again
    outputs = (again,) if again else ()
    return Wait("batch", params, float(spec.get("timeout", DEFAULT_TIMEOUT)), after, outputs)
