"""The kind ``BatchInference``: one upload and one batch for each content of its input.

No batch yet: the input is uploaded, unless it is there, and a batch is made of it.  A running one
is waited for, whoever started it.  One that ended badly stays so until the input changes or
``--retry-failed`` asks for another.  A good one is left alone; only an output that this machine
wants and does not have is fetched, which writes nothing there and is not drift.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from reconciler.core.kind import FieldRule, FileRole, Kind, Outputs, Part, PlanContext
from reconciler.core.nearest import nearest
from reconciler.core.resource import Live, Resource
from reconciler.core.step import FieldChange, KnownAfter, StepDraft, Upload, Wait
from reconciler.errors import Problem
from reconciler.providers.batch_inference import matching
from reconciler.providers.batch_inference import operations as api
from reconciler.providers.batch_inference.estimate import config_of, estimated_cost, too_long
from reconciler.providers.batch_inference.facts import BatchFacts, batch_facts, prefetched
from reconciler.providers.batch_inference.input import Input, read_input
from reconciler.providers.batch_inference.responses import PURPOSE
from reconciler.providers.batch_inference.results import errors_path, output_path
from reconciler.providers.batch_inference.spec import (
    DEFAULT_ENDPOINT,
    DEFAULT_TIMEOUT,
    INPUT,
    OUTPUT,
    BatchInferenceSpec,
)
from reconciler.providers.batch_inference.spec import KIND as NAME
from reconciler.providers.batch_inference.tokens import counted
from reconciler.providers.batch_inference.verdict import ABSENT, DONE, FAILED, RUNNING

NAMES_TOLD = 5


def draft(change: PlanContext) -> StepDraft | None:
    """What this input needs now; None when its batch ended well."""
    facts = batch_facts(change.live)
    state = facts.state
    problems = tuple(_ambiguous(change, facts))
    if problems:
        return StepDraft(problems=problems)
    if state == ABSENT or (state == FAILED and change.options.retry_failed):
        return _run(change, facts)
    batch = facts.batch
    follow = _wait(change, batch)
    if state == RUNNING:
        return StepDraft("run", f"batch {batch} is under way with this input", waits=(follow,))
    if state == FAILED:
        reason = f"batch {batch} did not end well, and its input has not changed: {facts.why}"
        return StepDraft("check", reason, waits=(follow,))
    if facts.fetch:
        path = change.resource.spec[OUTPUT]
        return StepDraft(
            "run", f"the output of batch {batch} is fetched to {path}", waits=(follow,)
        )
    return None


def check(resource: Resource, scope: str) -> Iterator[Problem]:
    """All that can be said offline: the lines of the input, and where the output goes."""
    for key, given in (("id", resource.id), ("userProvidedId", resource.user_provided_id)):
        if given is not None:
            problem = f"metadata.{key}: a batch is known by its input and has no other identity"
            yield _at(resource, f"metadata.{key}", "no-identity", problem, "Take the key out.")
    files = resource.files[INPUT]
    # Said once: there may be twenty of them.
    hint = "Mend the file: the platform refuses all of it for any line."
    for wrong in read_input(files, resource.spec.get("endpoint", DEFAULT_ENDPOINT)).wrong:
        yield _at(resource, "spec.input", "bad-request", wrong, hint)
        hint = ""
    output = output_path(resource)
    if output is not None and files.source in (output, errors_path(output)):
        problem = "the output would be written over the input"
        yield _at(resource, "spec.output", "output-is-input", problem, "Name another file.")


def _run(change: PlanContext, facts: BatchFacts) -> StepDraft:
    resource, entry = change.resource, change.resource.files[INPUT].entries[0]
    given = prefetched(change).inputs[str(resource.address)]
    owned_by, files = matching.owner(resource), facts.files
    name = matching.file_name(owned_by, entry)
    upload = api.UPLOAD_FILE.call(
        body={"purpose": PURPOSE},
        uploads=(Upload("file", entry.path, entry.sha256, entry.size, INPUT, name),),
        outputs=("fileId",),
    )
    # The page documents the input file alone; the rest is what the official client always sends.
    body = {
        "input_file_id": files[0] if files else KnownAfter(change.step(""), "fileId"),
        "endpoint": resource.spec.get("endpoint", DEFAULT_ENDPOINT),
        "completion_window": resource.spec.get("completionWindow", "24h"),
        "metadata": matching.metadata(owned_by, entry),
    }
    known = {"known": list(facts.batches)}
    create = api.CREATE_BATCH.call(body=body, outputs=("batchId",), recovery=known)
    calls = (create,) if files else (upload, create)
    return StepDraft(
        "run",
        _reason(facts),
        _fields(change, given, facts),
        calls,
        (_wait(change, KnownAfter(change.step(""), "batchId"), len(calls)),),
        outputs=("batchId",),
        problems=tuple(_unfit(change, given)),
    )


def _reason(facts: BatchFacts) -> str:
    if facts.state == FAILED:
        return f"batch {facts.batch} did not end well, and its input is to be tried again"
    if facts.files:
        return "its input is uploaded and has no batch"
    return "its input has changed" if facts.before else "its input has not been run"


def _fields(change: PlanContext, given: Input, facts: BatchFacts) -> tuple[FieldChange, ...]:
    before = "" if facts.batches else facts.before
    config = config_of(given.model, prefetched(change).configs)
    digits = change.resource.files[INPUT].entries[0].sha256[: matching.DIGITS]
    what = f"{given.name}, {counted(len(given.requests), 'request')}, {digits}"
    return (
        FieldChange(INPUT, before or None, what, "its content is run once"),
        FieldChange("model", None, given.model, "every request asks it"),
        estimated_cost(given, config),
    )


def _wait(change: PlanContext, batch: Any, after: int = 0) -> Wait:
    timeout = float(change.resource.spec.get("timeout", DEFAULT_TIMEOUT))
    require = dict(change.resource.spec.get("require") or {})
    return Wait("batch", {"batch": batch, "require": require}, timeout, after)


def _unfit(change: PlanContext, given: Input) -> Iterator[Problem]:
    """Why the platform's models would not take the requests."""
    resource, active = change.resource, prefetched(change).active
    if given.model not in active:
        near = nearest(given.model, active)
        problem = f"{given.name}: the model {given.model} is not active"
        names = ", ".join(sorted(active)[:NAMES_TOLD]) or "none"
        more = f" and {len(active) - NAMES_TOLD} more" if len(active) > NAMES_TOLD else ""
        message = f"{problem}; did you mean {near!r}?" if near else problem
        yield _at(resource, "spec.input", "inactive-model", message, f"Active: {names}{more}.")
    config = config_of(given.model, prefetched(change).configs)
    for message, certain in too_long(given, config):
        yield _at(
            resource, "spec.input", "context-length", message,
            "Shorten the prompt or lower max_tokens, or ask a model with a longer context.",
            warning=not certain,
        )  # fmt: skip


def _ambiguous(change: PlanContext, facts: BatchFacts) -> Iterator[Problem]:
    resource, output = change.resource, output_path(change.resource)
    running, files = facts.running, facts.files
    if output is not None:
        yield from _shared_output(change, {output, errors_path(output)})
    if len(running) > 1:
        problem = f"batches of one and the same input run: {', '.join(running)}"
        hint = "Cancel all but one of them on the platform."
        yield _at(resource, "spec.input", "ambiguous-identity", problem, hint)
    if not facts.batches and len(files) > 1:
        problem = f"one and the same input is there more than once: {', '.join(files)}"
        hint = "Delete all but one of these files on the platform."
        yield _at(resource, "spec.input", "ambiguous-identity", problem, hint)


def _shared_output(change: PlanContext, written: set[str]) -> Iterator[Problem]:
    """Files that this batch would write, and another manifest reads or writes."""
    resource = change.resource
    shared = prefetched(change)
    for other in sorted(shared.sources.keys() - {str(resource.address)}):
        source, output = shared.sources[other], shared.outputs.get(other)
        theirs = {source, *((output, errors_path(output)) if output else ())}
        if written & theirs:
            verb = "reads" if source in written else "writes to"
            text = f"{other} {verb} {resource.spec[OUTPUT]} or the file of errors beside it, too"
            yield _at(resource, "spec.output", "same-output", text, "Give each a file of its own.")


def _at(
    resource: Resource, path: str, code: str, message: str, hint: str, *, warning: bool = False
) -> Problem:
    return Problem(code, message, hint, str(resource.address), path, warning=warning)


def outputs(live: Live | None) -> Outputs:
    """What depends on a batch: that there are other results since then."""
    facts = batch_facts(live)
    if facts.state != DONE or facts.created is None:
        return {}
    created = datetime.fromtimestamp(facts.created, UTC).isoformat()
    return {"batchId": facts.batch, "changed": created}


KIND = Kind(
    name=NAME,
    provider="batch_inference",
    spec=BatchInferenceSpec,
    parts=(Part("", draft),),
    # Nothing of a batch can be changed: its input decides, by the digest.
    rules={
        key: FieldRule(derived=True)
        for key in ("input", "endpoint", "completionWindow", "output", "require", "timeout")
    },
    files={INPUT: FileRole("blob"), OUTPUT: FileRole("output")},
    check=check,
    outputs=outputs,
    durable_outputs=("batchId",),
    listed=False,
)
