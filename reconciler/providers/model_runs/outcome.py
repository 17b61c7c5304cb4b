"""What a run that says SUCCESS really did: its steps and the results of their tests decide.

A platform may say SUCCESS over failed or skipped steps, over no step at all, and before it shows
them.  So steps and results are read until they agree with the run, a bounded number of times.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from reconciler.providers.model_runs.matching import short
from reconciler.providers.model_runs.responses import PASSED, SUCCESS, Run, RunStep, TestResult

PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds between the reads of what a run that has ended does not show yet."""

MAX_NAMED = 3
NOTHING_BUILT = "no step ran: modelNames selected nothing"
NO_TESTS = "no data test has run, and require.tests needs one (allowNoTests allows none)"

Tests = Mapping[str, Sequence[TestResult]]
T = TypeVar("T")


def settled(
    read: Callable[[], T], agrees: Callable[[T, T | None], bool], sleep: Callable[[float], None]
) -> T:
    """The first value that agrees, given it and the one read before it; else the last one."""
    value, before = read(), None
    for pause in PAUSES:
        if agrees(value, before):
            break
        sleep(pause)
        value, before = read(), value
    return value


def steps_agree(run: Run, steps: Sequence[RunStep]) -> bool:
    """Whether the steps are all there and ended, as far as the run itself says what they are."""
    return bool(steps) and not _absent(run, steps) and not any(step.under_way for step in steps)


def tests_agree(tests: Tests, before: Tests | None) -> bool:
    """Whether results are there, and no more of them than at the read before."""
    return any(tests.values()) and before is not None and _counts(tests) == _counts(before)


def steps_failure(run: Run, steps: Sequence[RunStep]) -> str:
    """Why the steps of a run are no success; '' when every model was built."""
    if not steps:
        return NOTHING_BUILT
    absent = _absent(run, steps)
    if absent:
        return f"{_models(absent)} no step"
    bad = [f"{step.model_name} {step.status}" for step in steps if step.status != SUCCESS]
    if not bad:
        return ""
    return f"{len(bad)} of {len(steps)} steps did not succeed ({_named(bad)})"


def failed_tests(steps: Sequence[RunStep], tests: Tests) -> list[tuple[RunStep, TestResult]]:
    """Each test that did not pass, with its step."""
    pairs = ((step, test) for step in steps for test in tests.get(step.id, ()))
    return [(step, test) for step, test in pairs if test.status != PASSED]


def _absent(run: Run, steps: Sequence[RunStep]) -> list[str]:
    """Models that the run names or has compiled, and that have no step."""
    built = {short(step.model_name) for step in steps}
    wanted = dict.fromkeys((*(run.model_names or ()), *run.compiled))
    return [name for name in wanted if short(name) not in built]


def _counts(tests: Tests) -> list[tuple[str, int]]:
    return sorted((step, len(results)) for step, results in tests.items())


def _models(names: Sequence[str]) -> str:
    return f"{_named(names)} {'has' if len(names) == 1 else 'have'}"


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return ", ".join(names[:MAX_NAMED]) + more
