"""Every request of an apply x everything that can happen to it: the next runs end where one
undisturbed run ends, with nothing twice, nothing left over and no job run again.

``make faults`` takes every request; a plain test run takes a fixed sample.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.faults.faulty_wire import FAULTS, FaultyWire, Killed
from tests.faults.final_state import final_state, job_count
from tests.faults.reference_project import prepare, write_edit, write_first
from tests.scenarios.stage import Stage

APPLY = ("-q", "apply", "--auto-approve", "--prune", "--allow-mass-change", "--parallelism", "1")
PHASES = ("first", "edit")
MOST_RUNS = 5


@dataclass(frozen=True)
class Undisturbed:
    """Where a run without faults ends, and how many requests and jobs it took."""

    requests: int
    jobs: int
    state: dict[str, list[str]]


@contextmanager
def staged(phase: str) -> Iterator[Stage]:
    """A fresh platform and project, just before the apply of this phase."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "project"
        folder.mkdir()
        stage = Stage(folder)
        dataset = prepare(stage)
        write_first(folder, dataset)
        if phase == "edit":
            assert stage.run(*APPLY).code == 0
            write_edit(folder, dataset)
        yield stage


@cache
def undisturbed(phase: str) -> Undisturbed:
    with staged(phase) as stage:
        inner = stage.wire
        wire = stage.wire = FaultyWire(inner)
        assert stage.run(*APPLY).code == 0
        stage.wire = inner
        return Undisturbed(wire.count, job_count(stage), final_state(stage))


def disturbed(stage: Stage, at: int, fault: str) -> int:
    """Apply with one fault, then again until it is done; the number of runs."""
    inner = stage.wire
    stage.wire = FaultyWire(inner, at, fault)
    for run in range(1, MOST_RUNS + 1):
        try:
            code = stage.run(*APPLY).code
        except Killed:
            code = -1
        stage.wire = inner
        if code == 0:
            return run
    raise AssertionError(f"not done after {MOST_RUNS} runs")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("phase", PHASES)
def test_any_fault_at_any_request_converges(phase: str, fault: str, every: int) -> None:
    wanted = undisturbed(phase)
    for at in range(1, wanted.requests + 1, every):
        with staged(phase) as stage:
            disturbed(stage, at, fault)
            where = f"{fault} at request {at} of the {phase} apply"
            assert final_state(stage) == wanted.state, where
            assert job_count(stage) == wanted.jobs, f"a job ran twice: {where}"
            plan = stage.run("-q", "plan", "--detailed-exitcode", "--prune")
            assert plan.code == 0, f"{where}\n{plan.out}"


def test_the_size_of_the_matrix(every: int) -> None:
    """The faults are not so many that a sample could miss one kind of request altogether."""
    requests = {phase: undisturbed(phase).requests for phase in PHASES}
    cases = sum(len(range(1, count + 1, every)) for count in requests.values()) * len(FAULTS)
    print(f"\n{cases} cases: requests {requests}, {len(FAULTS)} faults, every {every}")
    assert min(requests.values()) > 25
