"""What an apply did, as a value.

Cases: counts of every state, exit codes.
"""

from __future__ import annotations

import pytest

from reconciler.core.report import STATES, Report, StepResult
from tests.support.fleet_kinds import address


def report(*states: str, interrupted: bool = False) -> Report:
    """A report of steps that ended so."""
    argo = address("Ship/argo")
    results = (StepResult(f"{argo}#{n}", argo, "update", s) for n, s in enumerate(states))
    return Report(tuple(results), interrupted=interrupted)


def test_every_state_is_counted_also_those_that_did_not_occur() -> None:
    made = report("done", "failed", "done")
    assert made.summary == {"done": 2, "failed": 1, "skipped": 0, "notReached": 0}
    assert list(made.summary) == list(STATES)


@pytest.mark.parametrize(
    ("states", "interrupted", "code"),
    [
        ((), False, 0),
        (("done", "done"), False, 0),
        (("done", "failed"), False, 5),
        (("failed", "skipped"), False, 5),
        (("done", "notReached"), True, 130),
        (("failed", "notReached"), True, 130),
        (("done",), True, 130),
    ],
)
def test_the_exit_code_tells_the_worst(states: tuple, interrupted: bool, code: int) -> None:
    assert report(*states, interrupted=interrupted).exit_code == code
