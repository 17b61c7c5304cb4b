"""``ModelRun``: wanted is a newest run that succeeded, is fresh enough, and whose tests passed.

A run that is under way is waited for and not started again; one that failed stays failed until
something changes or ``--retry-failed`` asks for it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.core.json_value import JsonObject
from reconciler.core.kind import FieldRule, Kind, Outputs, Part, PlanContext
from reconciler.core.resource import Live
from reconciler.core.step import FieldChange, KnownAfter, StepDraft, Wait
from reconciler.errors import Problem
from reconciler.providers.model_runs.facts import clashes_of, run_facts
from reconciler.providers.model_runs.gate import Gate
from reconciler.providers.model_runs.matching import KEYS, Selection, trigger_body
from reconciler.providers.model_runs.operations import TRIGGER_RUN
from reconciler.providers.model_runs.outcome import NO_TESTS
from reconciler.providers.model_runs.responses import CANCELLED, PENDING, RUNNING, SUCCESS
from reconciler.providers.model_runs.spec import TIMEOUT, ModelRunSpec, spec_problems
from reconciler.providers.rerun import (
    ALWAYS,
    CHANGED,
    NEVER,
    changed_since,
    moment,
    rerun_of,
    shown,
    spelled,
)

RUN, END = "model_run", "end_of_another_run"
"""Waits: for a run that has to end well, and for one that only has to be over."""

MOST_NAMED = 3
"""Failed tests that a reason names; an apply and ``logs --test`` tell them all."""


def run_draft(change: PlanContext) -> StepDraft | None:
    """The run that is needed now, the one to wait for, or the failure that stands."""
    clashes = clashes_of(change)
    if clashes:
        return StepDraft(problems=(_indistinct(change, clashes),))
    live = change.live
    if live is None:
        return _trigger(change, "these models have no run yet")
    if run_facts(live).under_way:
        return _follow(change, live)
    if change.options.retry_failed and _failure(live):
        return _trigger(change, f"{_failure(live)}, and is to be tried again")
    return _again(change, live) or _standing(change, live)


def _follow(change: PlanContext, live: Live) -> StepDraft:
    facts = run_facts(live)
    since = shown(moment(facts.began))
    # A status that the contract does not name is shown: it may need a person.
    state = "" if facts.status in (PENDING, RUNNING) else f" ({facts.status})"
    reason = "" if rerun_of(change) == NEVER else _moved(change, live)
    if not reason:
        return StepDraft(
            "run", f"a run is under way since {since}{state}", (), (), (_wait(change, live.id),)
        )
    # It may have read what was there before: it is over first, and then comes another one.
    draft = _trigger(change, f"{reason}; the run that is under way ends first")
    before = Wait(END, {"run": live.id}, _timeout(change))
    return StepDraft(
        draft.action, draft.reason, (), draft.calls, (before, *draft.waits), draft.outputs
    )


def _again(change: PlanContext, live: Live) -> StepDraft | None:
    """A run for a reason of the manifest's ``rerun``, or None."""
    facts = run_facts(live)
    began = shown(moment(facts.began))
    if rerun_of(change) == NEVER:
        return None
    if rerun_of(change) == ALWAYS:
        return _trigger(change, "is run at every apply (rerun: always)", expected=True)
    moved = _moved(change, live)
    if moved:
        return _trigger(change, moved, expected=bool(change.changed_dependencies))
    if facts.too_old:
        age = spelled(change.resource.spec["maxAge"])
        return _trigger(change, f"the newest run, of {began}, is older than {age}")
    if facts.status == CANCELLED:
        return _trigger(change, f"the newest run, of {began}, was cancelled")
    return None


def _standing(change: PlanContext, live: Live) -> StepDraft | None:
    """A failure that nothing has changed since: shown, and red, at every apply."""
    failure = _failure(live)
    if not failure:
        return None
    waits = (_wait(change, live.id),)
    return StepDraft("check", f"{failure}, and nothing has changed since", waits=waits)


def _failure(live: Live) -> str:
    facts = run_facts(live)
    if facts.status != SUCCESS:
        detail = f" ({facts.error})" if facts.error else ""
        return f"the newest run ended as {facts.status}{detail}"
    if facts.steps_failure:
        return f"the newest run ended as {SUCCESS}, but {facts.steps_failure}"
    if facts.no_tests:
        return f"the newest run ended as {SUCCESS}, but {NO_TESTS}"
    failed = facts.failed_tests
    if not failed:
        return ""
    named = ", ".join(failed[:MOST_NAMED])
    more = f" and {len(failed) - MOST_NAMED} more" if len(failed) > MOST_NAMED else ""
    what = "a data test" if len(failed) == 1 else f"{len(failed)} data tests"
    return f"{what} of the newest run did not pass ({named}{more})"


def _trigger(change: PlanContext, reason: str, *, expected: bool = False) -> StepDraft:
    live, spec = change.live, change.resource.spec
    # What is newer than this, and looks like what was sent, is what a lost trigger made.
    known: JsonObject = {}
    if live:
        known = {"known": live.id, "since": run_facts(live).created}
    # What this plan changes first, a run that others start in the meantime may have missed.
    known["alone"] = bool(change.changed_dependencies)
    call = TRIGGER_RUN.call(body=trigger_body(spec), outputs=("runId",), recovery=known)
    wait = _wait(change, KnownAfter(change.step(""), "runId"), after=1)
    fields = () if live else tuple(_what(key, spec[key]) for key in KEYS if key in spec)
    return StepDraft("run", reason, fields, (call,), (wait,), ("runId",), expected=expected)


def _what(key: str, value: Any) -> FieldChange:
    return FieldChange(key, None, value, "what is run")


def _wait(change: PlanContext, run: Any, *, after: int = 0) -> Wait:
    gate = Gate.of(change.resource.spec)
    params = {"run": run, **gate.params, "catalog": _catalog(change)}
    return Wait(RUN, params, _timeout(change), after)


def _moved(change: PlanContext, live: Live) -> str:
    return changed_since(change, moment(run_facts(live).began), "the newest run")


def _catalog(change: PlanContext) -> str:
    return Selection.of(change.resource.spec).catalog


def _timeout(change: PlanContext) -> float:
    return float(change.resource.spec.get("timeout", TIMEOUT))


def _indistinct(change: PlanContext, others: Sequence[str]) -> Problem:
    resource = change.resource
    keys = ("modelNames", "projectName")
    path = next(f"spec.{key}" for key in keys if key in resource.spec)
    return Problem(
        "indistinct-runs",
        f"runs of {resource.address} cannot be distinguished from those of {', '.join(others)}: "
        "the platform shows a run's schema, and its models only where each is named plainly",
        "Name the models one by one, give each its own targetSchema, or make one of them.",
        str(resource.address),
        path,
    )


def run_outputs(live: Live | None) -> Outputs:
    """What depends on the run: that its tables changed when it ended well."""
    if live is None or run_facts(live).status != SUCCESS or run_facts(live).steps_failure:
        return {}
    return {"runId": live.id, CHANGED: run_facts(live).finished}


RULES: Mapping[str, FieldRule] = {
    key: FieldRule(derived=True) for key in (*KEYS, "rerun", "maxAge", "require", "timeout")
}

KIND = Kind(
    name="ModelRun",
    provider="model_runs",
    spec=ModelRunSpec,
    rules=RULES,
    parts=(Part("", run_draft),),
    check=spec_problems,
    outputs=run_outputs,
    durable_outputs=("runId",),
    listed=False,
)
