"""The kind ``BatchInference``: one upload and one batch for each content of its input.

No batch yet: the input is uploaded, unless it is there, and a batch is made of it.  A running one
is waited for, whoever started it.  One that ended badly stays so until the input changes, ``rerun``
or ``maxAge`` make it due again, or ``--retry-failed`` asks for another.  A good one is left alone;
only an output that this machine wants and does not have is fetched, which writes nothing there and
is not drift.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from reconciler.core.kind import FieldRule, FileRole, Kind, Outputs, Part, PlanContext
from reconciler.core.nearest import nearest
from reconciler.core.resource import Live, Resource
from reconciler.core.step import FieldChange, StepDraft
from reconciler.errors import Problem
from reconciler.providers.batch_inference import matching
from reconciler.providers.batch_inference.attempts import following, fresh, retries_left
from reconciler.providers.batch_inference.estimate import config_of, estimated_cost, too_long
from reconciler.providers.batch_inference.facts import BatchFacts, batch_facts, prefetched
from reconciler.providers.batch_inference.input import Input, read_input
from reconciler.providers.batch_inference.results import output_path, written_paths
from reconciler.providers.batch_inference.spec import (
    DEFAULT_ENDPOINT,
    INPUT,
    OUTPUT,
    BatchInferenceSpec,
)
from reconciler.providers.batch_inference.spec import KIND as NAME
from reconciler.providers.batch_inference.tokens import counted
from reconciler.providers.batch_inference.verdict import ABSENT, DONE, FAILED, RUNNING
from reconciler.providers.rerun import (
    ALWAYS,
    CHANGED,
    NEVER,
    ON_CHANGE,
    changed_since,
    rerun_of,
    shown,
    spelled,
)

NAMES_TOLD = 5


def draft(change: PlanContext) -> StepDraft | None:
    """What this input needs now; None when its batch ended well."""
    facts = batch_facts(change.live)
    problems = tuple(_ambiguous(change, facts))
    if problems:
        return StepDraft(problems=problems)
    if facts.state == ABSENT:
        return _run(change, facts, _first_reason(facts))
    if facts.state == RUNNING:
        reason = f"batch {facts.attempts[-1]} is under way with this input"
        return _follow(change, facts, reason)
    reason, expected = _again(change, facts)
    if reason:
        return _run(change, facts, reason, expected=expected)
    if facts.state == FAILED or _superseded(change, facts):
        return _failed(change, facts)
    return _fetch(change, facts)


def _failed(change: PlanContext, facts: BatchFacts) -> StepDraft:
    """A failure that nothing has changed since: tried again as the manifest says, or red."""
    # The newest one counts: an older good one is from before what it was run again for.
    why = facts.why or facts.newest_why
    if change.options.retry_failed:
        reason = f"batch {facts.batch} did not end well, and its input is to be tried again"
        return _run(change, facts, reason)
    left = retries_left(change, facts)
    if facts.state == FAILED and facts.retryable and left:
        reason = f"{why}; what has no answer is sent again, {counted(left, 'time')} at most"
        return _follow(change, facts, reason)
    reason = f"batch {facts.batch} did not end well, and its input has not changed: {why}"
    if facts.state == DONE:
        reason = f"the newest batch did not end well, and its input has not changed: {why}"
    return StepDraft("check", reason, waits=following(change, facts).waits[-1:])


def _fetch(change: PlanContext, facts: BatchFacts) -> StepDraft | None:
    path = change.resource.spec.get(OUTPUT)
    if facts.fetch:
        return _follow(change, facts, f"the output of batch {facts.batch} is fetched to {path}")
    if not facts.gone:
        return None
    problem = f"{path} is not here, and the platform no longer keeps the output of {facts.batch}"
    hint = "Files are kept for 30 days after the job; rerun: always or maxAge runs the input again."
    return StepDraft(
        problems=(_at(change.resource, "spec.output", "results-gone", problem, hint, warning=True),)
    )


def _again(change: PlanContext, facts: BatchFacts) -> tuple[str, bool]:
    """Why the same content is due again, and whether that is so whatever the platform holds."""
    rerun = rerun_of(change)
    if rerun == ALWAYS:
        return "is run at every apply (rerun: always)", True
    if rerun == NEVER:
        return "", False
    moved = changed_since(change, _at_time(facts.newest), "the newest batch")
    if moved:
        return moved, bool(change.changed_dependencies)
    if facts.too_old:
        age = spelled(change.resource.spec["maxAge"])
        return f"the newest batch, of {shown(_at_time(facts.newest))}, is older than {age}", False
    return "", False


def _superseded(change: PlanContext, facts: BatchFacts) -> bool:
    """Whether the good batch was due again, and the one that was run for that failed."""
    if not facts.newest_why or facts.created is None or rerun_of(change) != ON_CHANGE:
        return False
    if changed_since(change, _at_time(facts.created), "it"):
        return True
    age = change.resource.spec.get("maxAge")
    return age is not None and facts.newest is not None and facts.newest - facts.created > age


def _at_time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def check(resource: Resource, scope: str) -> Iterator[Problem]:
    """All that can be said offline: the lines of the input, and where the output goes."""
    for key, given in (("id", resource.id), ("userProvidedId", resource.user_provided_id)):
        if given is not None:
            problem = f"metadata.{key}: a batch is known by its input and has no other identity"
            yield _at(resource, f"metadata.{key}", "no-identity", problem, "Take the key out.")
    files = resource.files[INPUT]
    # Said once: there may be twenty of them.
    hint = "Fix the file: the platform refuses all of it for any line."
    for wrong in read_input(files, resource.spec.get("endpoint", DEFAULT_ENDPOINT)).wrong:
        yield _at(resource, "spec.input", "bad-request", wrong, hint)
        hint = ""
    output = output_path(resource)
    if output is not None and files.source in written_paths(output):
        problem = "the output would be written over the input"
        yield _at(resource, "spec.output", "output-is-input", problem, "Name another file.")


def _run(
    change: PlanContext, facts: BatchFacts, reason: str, *, expected: bool = False
) -> StepDraft:
    given = prefetched(change).inputs[str(change.resource.address)]
    work = fresh(change, facts)
    return StepDraft(
        "run",
        reason,
        _fields(change, given, facts),
        work.calls,
        work.waits,
        outputs=("batchId",),
        problems=tuple(_unfit(change, given)),
        expected=expected,
    )


def _follow(change: PlanContext, facts: BatchFacts, reason: str) -> StepDraft:
    work = following(change, facts)
    return StepDraft("run", reason, calls=work.calls, waits=work.waits)


def _first_reason(facts: BatchFacts) -> str:
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
        yield from _shared_output(change, set(written_paths(output)))
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
        theirs = {source, *(written_paths(output) if output else ())}
        if written & theirs:
            verb = "reads" if source in written else "writes to"
            text = f"{other} {verb} {resource.spec[OUTPUT]} or a file beside it, too"
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
    return {"batchId": facts.batch, CHANGED: created}


KIND = Kind(
    name=NAME,
    provider="batch_inference",
    spec=BatchInferenceSpec,
    parts=(Part("", draft),),
    # Nothing of a batch can be changed: its input decides, by the digest.
    rules={
        key: FieldRule(derived=True)
        for key in (
            "input",
            "endpoint",
            "completionWindow",
            "output",
            "require",
            "timeout",
            "rerun",
            "maxAge",
            "retry",
        )
    },
    files={INPUT: FileRole("blob"), OUTPUT: FileRole("output")},
    check=check,
    outputs=outputs,
    durable_outputs=("batchId",),
    listed=False,
)
