"""When a run is needed, waited for, left alone or red: pure drafts from made-up live states.

Cases: every state of the newest run x ``rerun``, what it depends on, age, tests, clashes, and what
the manifest alone tells.
"""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.core.drift import drifted
from reconciler.core.graph import Graph
from reconciler.core.identity import MatchResult
from reconciler.core.kind import Kind, Part, PlanContext, PlanOptions
from reconciler.core.plan import Plan
from reconciler.core.planner import PlanInput, build
from reconciler.core.resource import Address, Live, Resource
from reconciler.core.spec import Spec
from reconciler.core.step import KnownAfter, StepDraft
from reconciler.providers.model_runs.facts import RunFacts, RunsPrefetched
from reconciler.providers.model_runs.kind import END, KIND, RUN, run_draft, run_outputs
from reconciler.providers.model_runs.run_list import RunList
from reconciler.providers.model_runs.spec import ModelRunSpec, spec_problems

HERE = Address("ModelRun", "features")
MODEL = Address("CustomModel", "churn")
BEGAN = "2026-01-02T03:04:05Z"
SPEC = {"projectName": "analytics", "modelNames": ["stg_a"]}


def live(status: str = "SUCCESS", **facts: Any) -> Live:
    found = RunFacts(**{"status": status, "created": BEGAN, "began": BEGAN, **facts})
    return Live("ModelRun", "r1", "features", spec=SPEC, facts=found)


def draft(found: Live | None, spec: Any = None, **more: Any) -> StepDraft | None:
    resource = Resource(HERE, {**SPEC, **(spec or {})}, depends_on=(MODEL,))
    options = PlanOptions(retry_failed=more.pop("retry", False))
    outputs = {MODEL: {"changed": more.pop("changed", None)}}
    return run_draft(PlanContext(resource, found, (), outputs, options, **more))


def did(found: StepDraft | None) -> tuple[str, int, list[str]]:
    """Action, number of triggers, and the waits."""
    if found is None:
        return "", 0, []
    return found.action, len(found.calls), [wait.operation for wait in found.waits]


NOTHING, TRIGGERS, WAITS, RED = (
    ("", 0, []),
    ("run", 1, [RUN]),
    ("run", 0, [RUN]),
    ("check", 0, [RUN]),
)


@pytest.mark.parametrize(
    ("status", "rerun", "expected"),
    [
        ("SUCCESS", "onChange", NOTHING),
        ("SUCCESS", "always", TRIGGERS),
        ("SUCCESS", "never", NOTHING),
        ("FAILED", "onChange", RED),
        ("FAILED", "always", TRIGGERS),
        ("FAILED", "never", RED),
        ("CANCELLED", "onChange", TRIGGERS),
        ("CANCELLED", "always", TRIGGERS),
        ("CANCELLED", "never", RED),
        ("SOMETHING NEW", "onChange", WAITS),
        *(
            (status, rerun, WAITS)
            for status in ("PENDING", "RUNNING")
            for rerun in ("onChange", "always", "never")
        ),
    ],
)
def test_what_the_newest_run_asks_for(status: str, rerun: str, expected: Any) -> None:
    assert did(draft(live(status), {"rerun": rerun})) == expected


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"steps_failure": "x"}, "the newest run ended as SUCCESS, but x"),
        ({"no_tests": True}, "the newest run ended as SUCCESS, but no data test has run"),
    ],
)
def test_a_success_without_steps_or_tests_is_red_and_can_be_retried(facts: Any, why: str) -> None:
    red = draft(live(**facts))
    assert did(red) == RED
    assert red is not None
    assert red.reason.startswith(why)
    assert did(draft(live(**facts), retry=True)) == TRIGGERS
    assert bool(run_outputs(live(**facts))) == ("no_tests" in facts)


def test_a_status_that_is_not_known_is_an_end_only_with_its_time() -> None:
    waiting = draft(live("QUEUED"))
    assert waiting is not None
    assert waiting.reason == "a run is under way since 2026-01-02 03:04:05 UTC (QUEUED)"
    assert did(draft(live("QUEUED"), retry=True)) == WAITS
    assert did(draft(live("TIMED_OUT", finished=BEGAN))) == RED


@pytest.mark.parametrize("rerun", ["onChange", "always", "never"])
def test_the_first_run_is_always_made_and_shows_what_is_run(rerun: str) -> None:
    first = draft(None, {"rerun": rerun})
    assert first is not None
    assert did(first) == TRIGGERS
    assert [field.path for field in first.fields] == ["projectName", "modelNames"]
    assert first.calls[0].recovery == {"alone": False}
    assert first.waits[0].params["run"] == KnownAfter("ModelRun/features", "runId")
    assert not first.expected


def test_a_later_trigger_knows_the_run_before_it() -> None:
    again = draft(live(too_old=True), {"maxAge": 86_400})
    assert again is not None
    assert again.calls[0].recovery == {"known": "r1", "since": BEGAN, "alone": False}
    assert again.fields == ()


def test_a_run_that_is_under_way_is_waited_for() -> None:
    waiting = draft(live("RUNNING"))
    assert waiting is not None
    assert waiting.waits[0].params["run"] == "r1"


@pytest.mark.parametrize(
    ("age", "told"),
    [(86_400, "24h"), (90, "1m30s"), (3_600, "1h"), (172_800, "2d"), (176_460, "2d1h1m")],
)
def test_a_run_that_is_too_old(age: int, told: str) -> None:
    again = draft(live(too_old=True), {"maxAge": age})
    assert again is not None
    assert again.reason == f"the newest run, of 2026-01-02 03:04:05 UTC, is older than {told}"


def test_a_failure_that_is_too_old_is_run_again() -> None:
    assert did(draft(live("FAILED", too_old=True), {"maxAge": 60})) == TRIGGERS


@pytest.mark.parametrize("status", ["SUCCESS", "FAILED", "CANCELLED"])
def test_what_it_depends_on_is_changed_by_this_plan(status: str) -> None:
    moved = draft(live(status), changed_dependencies=frozenset({MODEL}))
    assert moved is not None
    assert did(moved) == TRIGGERS
    assert moved.reason == "CustomModel/churn, which it depends on, is changed by this plan"
    assert moved.expected, "the model differs, not the run"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("2026-01-02T03:04:06Z", TRIGGERS),
        ("2026-01-02T03:04:05.000001Z", TRIGGERS),
        ("2026-01-02T04:04:05.1+01:00", TRIGGERS),
        ("2026-01-02T03:04:05Z", NOTHING),
        ("2026-01-02T03:04:04.9", NOTHING),
        ("2026-01-02", NOTHING),
        ("soon", NOTHING),
        (None, NOTHING),
        (KnownAfter("CustomModel/churn", "changed"), NOTHING),
    ],
)
def test_what_it_depends_on_changed_since(changed: Any, expected: Any) -> None:
    assert did(draft(live(), changed=changed)) == expected
    assert did(draft(live(), {"rerun": "never"}, changed=changed)) == NOTHING


def test_a_run_without_times_is_compared_with_nothing() -> None:
    assert did(draft(live(began=None, created=None), changed="2030-01-01T00:00:00Z")) == NOTHING
    told = draft(live("RUNNING", began=None))
    assert told is not None
    assert told.reason == "a run is under way since an unknown time"


def test_a_run_that_began_before_the_change_ends_first_and_then_comes_another() -> None:
    for more in ({"changed_dependencies": frozenset({MODEL})}, {"changed": "2026-01-02T03:04:06Z"}):
        both = draft(live("RUNNING"), **more)
        assert both is not None
        assert did(both) == ("run", 1, [END, RUN])
        assert [wait.after for wait in both.waits] == [0, 1]
        assert "ends first" in both.reason
        assert did(draft(live("RUNNING"), {"rerun": "never"}, **more)) == WAITS


@pytest.mark.parametrize("rerun", ["onChange", "never"])
def test_retry_failed_runs_a_failure_again(rerun: str) -> None:
    for found in (live("FAILED"), live("CANCELLED"), live(failed_tests=("unique on a",))):
        assert did(draft(found, {"rerun": rerun}, retry=True)) == TRIGGERS
    assert did(draft(live(), {"rerun": rerun}, retry=True)) == NOTHING
    assert did(draft(live("RUNNING"), {"rerun": rerun}, retry=True)) == WAITS


@pytest.mark.parametrize(
    ("failed", "told"),
    [
        (["a"], "a data test of the newest run did not pass (a)"),
        (["a", "b"], "2 data tests of the newest run did not pass (a, b)"),
        (["a", "b", "c", "d"], "4 data tests of the newest run did not pass (a, b, c and 1 more)"),
    ],
)
def test_failed_tests_are_red_and_named(failed: list[str], told: str) -> None:
    red = draft(live(failed_tests=tuple(failed)), {"require": {"tests": "pass"}})
    assert red is not None
    assert did(red) == RED
    assert red.reason == f"{told}, and nothing has changed since"
    assert red.waits[0].params["tests"] is True


@pytest.mark.parametrize("spec", [SPEC, {"projectName": "analytics"}])
def test_runs_that_could_not_be_told_apart_are_a_problem(spec: Any) -> None:
    clashes = RunsPrefetched(RunList(iter(())), {str(HERE): ["ModelRun/other"]})
    resource = Resource(HERE, spec)
    refused = run_draft(PlanContext(resource, live(), (), {}, PlanOptions(), platform=clashes))
    assert refused is not None
    assert refused.action == ""
    (problem,) = refused.problems
    assert problem.path == ("spec.modelNames" if "modelNames" in spec else "spec.projectName")
    assert "ModelRun/other" in problem.message


def test_only_a_run_that_succeeded_offers_a_change() -> None:
    ended = "2026-01-02T03:05:05Z"
    assert run_outputs(live(finished=ended)) == {"runId": "r1", "changed": ended}
    assert run_outputs(live("FAILED", finished=ended)) == {}
    assert run_outputs(None) == {}


# -- in a whole plan -------------------------------------------------------------------------


class AnySpec(Spec):
    """A spec of nothing."""


def planned(
    dependency: StepDraft | None, found: Live | None, *, non_blocking: bool = False
) -> Plan:
    """The plan of a run that depends on an object with this draft."""
    part = Part("part", lambda change: dependency, non_blocking=non_blocking)
    model = Kind("CustomModel", "made_up", AnySpec, (part,), durable_outputs=("versionId",))
    kinds = {"CustomModel": model, "ModelRun": KIND}
    resources = (Resource(MODEL, {}), Resource(HERE, SPEC, depends_on=(MODEL,)))
    pairs = {HERE: found} if found else {}
    return build(PlanInput(Graph.of(resources), MatchResult(pairs), kinds), "fraud", None)


@pytest.mark.parametrize("action", ["create", "update", "replace", "run"])
def test_a_dependency_that_moves_makes_a_run_and_no_drift_of_it(action: str) -> None:
    plan = planned(StepDraft(action, "moves", outputs=("versionId",)), live())
    assert [step.id for step in plan.steps] == ["CustomModel/churn#part", "ModelRun/features"]
    assert plan.steps[1].depends_on == ("CustomModel/churn#part",)
    # A run that another user starts meanwhile may have missed the change.
    assert plan.steps[1].calls[0].recovery["alone"]
    assert HERE not in [found.address for found in drifted(plan)]


@pytest.mark.parametrize(
    ("action", "non_blocking"),
    [("adopt", False), ("check", False), ("update", True), ("update", False), ("run", False)],
)
def test_what_leaves_no_trace_to_tell_it_by_later_moves_nothing(
    action: str, non_blocking: bool
) -> None:
    plan = planned(StepDraft(action, "stays"), live(), non_blocking=non_blocking)
    assert [step.id for step in plan.steps] == ["CustomModel/churn#part"]


def test_a_missing_run_is_drift_and_says_so() -> None:
    (found,) = drifted(planned(None, None))
    assert (found.state, found.reason) == ("changed", "these models have no run yet")


# -- what the manifest alone tells -----------------------------------------------------------


def problems(**spec: Any) -> list[str]:
    written = ModelRunSpec.model_validate({"projectName": "p", **spec}).written()
    return [problem.path for problem in spec_problems(Resource(HERE, written), "fraud")]


def test_what_a_spec_may_not_say() -> None:
    assert problems(modelNames=["a", "tag:b", "+c"], maxAge="1h", rerun="always") == []
    assert problems(modelNames=["a", "b,c", " "]) == ["spec.modelNames.1", "spec.modelNames.2"]
    assert problems(maxAge="1h", rerun="never") == ["spec.maxAge"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"projectName": ""},
        {"projectName": "x" * 256},
        {"modelNames": None},
        {"modelNames": ["m"] * 1001},
        {"maxAge": 5},
        {"require": {"tests": "fail"}},
        {"fullRefresh": "yes"},
        {"models": []},
    ],
)
def test_what_no_spec_is(wrong: Any) -> None:
    with pytest.raises(ValueError, match="validation error"):
        ModelRunSpec.model_validate({"projectName": "p", **wrong})
