"""When the same content of an input is run again, and what is sent again of it.

Cases: ``rerun`` x dependencies and age, a rerun that failed, results that are kept nowhere, and
attempts at unanswered requests.
"""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.core.fileset import FileEntry, file_set
from reconciler.core.kind import PlanContext, PlanOptions
from reconciler.core.resource import Address, Live, Resource
from reconciler.core.step import KnownAfter, StepDraft
from reconciler.providers.batch_inference.facts import BatchFacts, BatchPrefetched
from reconciler.providers.batch_inference.generation import generations
from reconciler.providers.batch_inference.input import Input
from reconciler.providers.batch_inference.kind import draft
from reconciler.providers.batch_inference.listing import Listing
from reconciler.providers.batch_inference.responses import Batch
from reconciler.providers.batch_inference.result_lines import Tally
from reconciler.providers.batch_inference.verdict import can_retry, complaint

HERE, MODEL = Address("BatchInference", "smoke"), Address("CustomModel", "churn")
ENTRY = FileEntry("smoke.jsonl", "0123456789abcdef" * 4, 10)
RAN, LATER = 1_700_000_000.0, "2023-11-15T00:00:00Z"
DONE = {"state": "done", "attempts": ("b",), "batches": ("b",), "created": RAN, "newest": RAN}
FAILED = {**DONE, "state": "failed", "why": "w", "newest_why": "w", "retryable": True}
ONCE, SEND, CHECK, FOLLOW = ("", 0), ("run", 2), ("check", 0), ("run", 0)


def planned(facts: dict[str, Any], spec: Any = None, **more: Any) -> StepDraft | None:
    files = {"input": file_set([ENTRY], "blob", "/smoke.jsonl")}
    wanted = {"input": "smoke.jsonl", "output": "o.jsonl", **(spec or {})}
    resource = Resource(HERE, wanted, depends_on=(MODEL,), files=files, scope="fraud")
    live = Live("BatchInference", "x", "smoke", facts=BatchFacts(**facts)) if facts else None
    platform = BatchPrefetched(
        listing=Listing((), ()),
        active=["m"],
        configs=(),
        inputs={str(HERE): Input("smoke.jsonl", "m")},
        sources={},
        outputs={},
    )
    return draft(
        PlanContext(
            resource,
            live,
            (),
            {MODEL: {"changed": more.pop("changed", None)}},
            PlanOptions(retry_failed=more.pop("retry_failed", False)),
            platform=platform,
            **more,
        )
    )


def did(found: StepDraft | None) -> tuple[str, int]:
    return (found.action, len(found.calls)) if found else ONCE


@pytest.mark.parametrize(
    ("facts", "spec", "more", "expected"),
    [
        (DONE, {}, {}, ONCE),
        (DONE, {"rerun": "always"}, {}, SEND),
        (FAILED, {"rerun": "always"}, {}, SEND),
        (DONE, {}, {"changed": LATER}, SEND),
        (FAILED, {}, {"changed": LATER}, SEND),
        (DONE, {"rerun": "never"}, {"changed": LATER}, ONCE),
        (FAILED, {"rerun": "never"}, {"changed": LATER}, CHECK),
        (DONE, {}, {"changed": "2023-11-14T00:00:00Z"}, ONCE),
        (DONE, {}, {"changed_dependencies": frozenset({MODEL})}, SEND),
        (DONE | {"too_old": True}, {"maxAge": 60}, {}, SEND),
        (DONE | {"too_old": True}, {"maxAge": 60, "rerun": "never"}, {}, ONCE),
        (FAILED, {}, {}, CHECK),
        (FAILED, {}, {"retry_failed": True}, SEND),
        (DONE | {"fetch": True}, {}, {}, FOLLOW),
    ],
)
def test_when_the_same_content_is_run_again(
    facts: Any, spec: Any, more: Any, expected: Any
) -> None:
    assert did(planned(facts, spec, **more)) == expected


def test_a_rerun_that_failed_is_not_hidden_by_the_good_one_before_it() -> None:
    after = {**DONE, "newest": RAN + 90_000, "newest_why": "it expired"}
    red = planned(after, {}, changed=LATER)
    assert did(red) == CHECK
    assert red is not None
    assert "it expired" in red.reason
    assert did(planned(after, {"maxAge": 3_600})) == CHECK
    assert did(planned(after, {}, changed=LATER, retry_failed=True)) == SEND
    # Nothing asked for the newest one: a good result stays one.
    assert did(planned(after)) == ONCE


def test_results_that_are_kept_nowhere_are_a_warning() -> None:
    found = planned({**DONE, "gone": True})
    assert did(found) == ONCE
    assert found is not None
    (problem,) = found.problems
    assert (problem.code, problem.warning) == ("results-gone", True)


def test_a_run_that_is_due_anyway_is_not_drift() -> None:
    for facts, spec, expected in (
        (DONE, {"rerun": "always"}, True),
        (DONE | {"too_old": True}, {"maxAge": 60}, False),
        ({}, {"rerun": "always"}, False),
    ):
        found = planned(facts, spec)
        assert found is not None
        assert found.expected is expected


# -- attempts --------------------------------------------------------------------------------


def test_a_run_plans_every_attempt_and_sends_the_later_ones_only_if_needed() -> None:
    found = planned({}, {"retry": {"failedLines": 2}})
    assert found is not None
    assert [call.only_if and call.only_if.key for call in found.calls] == [
        None, None, "retry1", "retry1", "retry2", "retry2",
    ]  # fmt: skip
    assert [(wait.after, wait.params.get("again", "")) for wait in found.waits] == [
        (2, "retry1"), (4, "retry2"), (6, ""),
    ]  # fmt: skip
    batch = KnownAfter(str(HERE), "batchId")
    assert found.calls[3].body["metadata"]["reconciler_retry_of"] == batch
    assert found.calls[4].recovery["unanswered_of"] == [batch, KnownAfter(str(HERE), "batchId1")]
    assert found.waits[2].params["when"] == KnownAfter(str(HERE), "retry2")


@pytest.mark.parametrize(
    ("facts", "left"),
    [
        (FAILED, 2),
        (FAILED | {"attempts": ("b", "c")}, 1),
        (FAILED | {"state": "running"}, 2),
        (FAILED | {"state": "running", "attempts": ("b", "c", "d")}, 0),
    ],
)
def test_batches_that_are_there_are_tried_again_as_often_as_is_left(facts: Any, left: int) -> None:
    found = planned(facts, {"retry": {"failedLines": 2}})
    assert found is not None
    assert (found.action, len(found.calls)) == ("run", 2 * left)


@pytest.mark.parametrize(
    "facts", [FAILED | {"attempts": ("b", "c", "d")}, FAILED | {"retryable": False}]
)
def test_what_was_tried_often_enough_or_refused_is_red(facts: Any) -> None:
    assert did(planned(facts, {"retry": {"failedLines": 2}})) == CHECK


def batch(name: str, status: str = "completed", **more: Any) -> Batch:
    return Batch(id=name, input_file_id="f", status=status, **more)


def test_attempts_are_judged_by_their_lines_together() -> None:
    both = [batch("a", "expired"), batch("b")]
    assert complaint(both, {}, Tally(total=3, answered=3)) == ""
    short = Tally(total=3, answered=2, failed=1)
    assert "after 2 attempts 1 of 3 requests failed" in complaint(both, {}, short)
    assert complaint(both, {"failed": 1}, short) == ""
    assert complaint([batch("a"), batch("b")], {}, short) == ""
    assert complaint(both, {}, None) == ""


@pytest.mark.parametrize(
    ("status", "may"),
    [("completed", True), ("expired", True), ("cancelled", False), ("failed", False)],
)
def test_a_cancel_and_a_refusal_stand(status: str, may: bool) -> None:
    assert can_retry([batch("a"), batch("b", status)]) is may


def test_retries_belong_to_the_batch_they_name_or_to_the_one_before() -> None:
    of = {"metadata": {"reconciler_retry_of": "a"}}
    a, b, c = batch("a"), batch("b"), batch("c", **of)
    bare = Batch(id="d", input_file_id="rest", status="completed")
    orphan = Batch(id="e", input_file_id="rest", status="completed")
    found = generations([bare, c, b, a, orphan], {"rest"})
    assert [[each.id for each in group] for group in found] == [["b", "d"], ["a", "c"]]
