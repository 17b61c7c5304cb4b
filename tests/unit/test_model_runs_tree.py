"""The steps of a run as lines.

Cases: states, times and rows, where a step with several parents stands, circles, long chains,
long trees of failures, diagnostics, tests.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reconciler.providers.model_runs import tree
from reconciler.providers.model_runs.responses import Run, RunStep, TestResult

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def step(name: str, *reads: str, status: str = "SUCCESS", **shown: Any) -> RunStep:
    return RunStep(id=name, model_name=name, depends_on=list(reads), status=status, **shown)


def shown(*steps: RunStep) -> list[str]:
    return [line for _, line in tree.step_lines(steps)]


def run(**told: Any) -> Run:
    return Run(id="r", status="FAILED", compile_diagnostics=told)


def test_a_step_stands_below_the_last_one_that_it_waits_for() -> None:
    steps = (step("a"), step("b"), step("c", "a"), step("d", "a", "b"), step("e", "d", "missing"))
    assert shown(*steps) == [
        "a: SUCCESS",
        "  c: SUCCESS",
        "b: SUCCESS",
        "  d: SUCCESS",
        "    e: SUCCESS",
    ]


def test_circles_and_twins_lose_no_step() -> None:
    steps = (step("a", "b"), step("b", "a"), step("c", "c"), step("c", "b"))
    assert len(shown(*steps)) == 4


def test_a_chain_may_be_longer_than_the_stack() -> None:
    chain = [step("m0"), *(step(f"m{n}", f"m{n - 1}") for n in range(1, 3000))]
    assert len(shown(*chain)) == 3000


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({}, "a: SUCCESS"),
        ({"rows_affected": 1}, "a: SUCCESS, 1 row"),
        ({"rows_affected": 12345}, "a: SUCCESS, 12,345 rows"),
        ({"started_at": START}, "a: SUCCESS"),
        (
            {"started_at": START, "finished_at": START + timedelta(seconds=1.26)},
            "a: SUCCESS, 1.3 s",
        ),
        ({"started_at": START, "finished_at": START - timedelta(seconds=9)}, "a: SUCCESS, 0.0 s"),
        (
            {"started_at": START, "finished_at": START + timedelta(seconds=185)},
            "a: SUCCESS, 3m05s",
        ),
        ({"status": "FAILED", "error_message": "no table"}, "a: FAILED: no table"),
        ({"status": "SKIPPED", "error_message": "skipped: up failed"}, "a: SKIPPED (up failed)"),
    ],
)
def test_the_line_of_a_step(given: Any, line: str) -> None:
    assert shown(step("a", **given)) == [line]


def test_a_short_failure_is_shown_whole() -> None:
    steps = (step("a"), step("b", "a", status="FAILED", error_message="boom"))
    log = tree.failure_log(run(errors=["e"], warnings=["w"]), steps)
    assert log.splitlines() == ["error: e", "warning: w", "a: SUCCESS", "  b: FAILED: boom"]
    assert tree.run_log(run(), steps).splitlines() == ["a: SUCCESS", "  b: FAILED: boom"]


def test_of_a_long_failure_only_what_did_not_succeed() -> None:
    steps = [*(step(f"a{n}") for n in range(90)), step("b", status="FAILED"), step("c", "b")]
    lines = tree.failure_log(run(), steps).splitlines()
    assert lines == ["b: FAILED", "and 91 more steps; `reconciler logs` shows them all"]
    broken = [step(f"a{n}", status="FAILED") for n in range(90)]
    lines = tree.failure_log(run(), broken).splitlines()
    assert len(lines) == tree.MOST_LINES + 1
    assert lines[-1].startswith("and 30 more steps")


def test_the_line_of_a_test() -> None:
    failed = TestResult(test_name="unique_a", status="FAIL", rows_returned=5, error_message="got 5")
    assert tree.test_line(step("a"), failed) == "unique_a on a: FAIL, 5 rows: got 5"
    assert tree.test_line(step("a"), TestResult(status="PASS", test_name="t")) == "t on a: PASS"
