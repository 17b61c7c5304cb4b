"""Every request of an apply x everything that can happen to it: the next runs end where one
undisturbed run ends, with nothing twice, nothing left over and no job run again.

``make faults`` takes every request; a plain test run takes a fixed sample.
"""

from __future__ import annotations

import atexit
import re
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.faults.jobs_project import write_copy, write_doomed, write_jobs
from tests.support.faulty_transport import FAULTS, FaultyWire, Killed
from tests.support.final_state import final_state, job_count
from tests.support.reference_project import prepare, write_edit, write_first
from tests.support.sandbox import Stage, declare
from tests.support.snapshot import keep

APPLY = ("-q", "apply", "--auto-approve", "--prune", "--allow-mass-change", "--parallelism", "1")
PHASES: dict[str, tuple[Callable[[Path, str], None], ...]] = {
    "first": (write_first,),
    "edit": (write_first, write_edit),
}
MORE: dict[str, tuple[Callable[[Path, str], None], ...]] = {
    "jobs": (write_jobs,),
    "copy": (write_jobs, write_copy),
    "erase": (write_doomed, write_jobs),
}
"""The manifests that are applied one after the other; faults hit the last apply.

What comes in ``MORE`` has calls that the platform gives no way to find again; what then happens is
told here, case by case.
"""

MOST_RUNS = 5
Record = Callable[[str, object], None]


@dataclass(frozen=True)
class Undisturbed:
    """Where a run without faults ends, and how many requests and jobs it took."""

    requests: int
    jobs: int
    state: dict[str, list[str]]


@cache
def ground(phase: str) -> tuple[Stage, Callable[[], None]]:
    """A platform and project just before the apply of this phase, and the way back there."""
    place = tempfile.TemporaryDirectory()
    atexit.register(place.cleanup)
    folder = Path(place.name) / "project"
    folder.mkdir()
    stage = Stage(declare(folder))
    dataset = prepare(stage)
    *before, last = {**PHASES, **MORE}[phase]
    for write in before:
        write(folder, dataset)
        assert stage.run(*APPLY).code == 0
    last(folder, dataset)
    return stage, keep(stage)


def staged(phase: str) -> Stage:
    """That platform, as it was."""
    stage, restore = ground(phase)
    restore()
    return stage


def cases(phase: str, every: int) -> int:
    """How many requests of this phase a run takes."""
    return len(range(1, undisturbed(phase).requests + 1, every))


@cache
def undisturbed(phase: str) -> Undisturbed:
    stage = staged(phase)
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
def test_any_fault_at_any_request_converges(
    phase: str, fault: str, every: int, record_property: Record
) -> None:
    wanted = undisturbed(phase)
    record_property(f"faults {phase}", cases(phase, every))
    for at in range(1, wanted.requests + 1, every):
        stage = staged(phase)
        disturbed(stage, at, fault)
        where = f"{fault} at request {at} of the {phase} apply"
        assert final_state(stage) == wanted.state, where
        assert job_count(stage) == wanted.jobs, f"a job ran twice: {where}"
        plan = stage.run("-q", "plan", "--detailed-exitcode", "--prune")
        assert plan.code == 0, f"{where}\n{plan.out}"


NOTES = re.compile(r" (explanations|impact)=\w+|\"version(Major|Minor)\": \d+")
"""What a run that was cut off may not have noted, or may have numbered otherwise."""


def settled(state: dict[str, list[str]], *without: str) -> dict[str, list[str]]:
    """The state without what another way to the same end leaves behind."""
    kept = {kind: documents for kind, documents in state.items() if kind not in without}
    return {kind: sorted(NOTES.sub("", each) for each in kept[kind]) for kind in kept}


@pytest.mark.parametrize("fault", FAULTS)
def test_jobs_and_their_notes_converge(fault: str, every: int, record_property: Record) -> None:
    """Explanations are the one job that nothing on the platform shows: they may be made twice."""
    wanted = undisturbed("jobs")
    record_property("faults jobs", cases("jobs", every))
    for at in range(1, wanted.requests + 1, every):
        stage = staged("jobs")
        disturbed(stage, at, fault)
        where = f"{fault} at request {at} of the jobs"
        assert settled(final_state(stage), "predictionExplanations") == settled(
            wanted.state, "predictionExplanations"
        ), where
        kinds = Counter(job["kind"] for job in stage.control("GET", "state")["jobs"])
        assert kinds.pop("customModelPredictionExplanations") <= 2, where
        assert sum(kinds.values()) == wanted.jobs - 1, f"a job ran twice: {where}"
        assert stage.run("-q", "plan", "--detailed-exitcode", "--prune").code == 0, where


@pytest.mark.parametrize("fault", FAULTS)
def test_a_copy_is_made_once_or_asked_about(
    fault: str, every: int, record_property: Record
) -> None:
    """A copy that was cut off before it got its mark is nobody's: the next run stops and asks."""
    wanted = undisturbed("copy")
    record_property("faults copy", cases("copy", every))
    for at in range(1, wanted.requests + 1, every):
        stage = staged("copy")
        where = f"{fault} at request {at} of the copy"
        try:
            disturbed(stage, at, fault)
        except AssertionError:
            assert fault.startswith("killed"), where
            done = stage.run("-q", "apply", "--auto-approve")
            assert (done.code, done.writes) == (1, []), where
            assert "unfinished-copy" in done.out, where
        else:
            assert settled(final_state(stage)) == settled(wanted.state), where
        assert len(stage.control("GET", "state")["models"]) == 3, where


@pytest.mark.parametrize("fault", FAULTS)
def test_an_environment_is_erased_or_stays_deleted(
    fault: str, every: int, record_property: Record
) -> None:
    """Between the delete and the erasing nothing but the id tells of it: killed there, it stays."""
    wanted = undisturbed("erase")
    record_property("faults erase", cases("erase", every))
    for at in range(1, wanted.requests + 1, every):
        stage = staged("erase")
        disturbed(stage, at, fault)
        where = f"{fault} at request {at} of the erasing"
        left = [e for e in stage.control("GET", "state")["environments"] if e["deleted"]]
        assert len(left) <= fault.startswith("killed"), where
        if not left:
            assert final_state(stage) == wanted.state, where
        assert stage.run("-q", "plan", "--detailed-exitcode", "--prune").code == 0, where


def test_the_size_of_the_matrix() -> None:
    """The applies are so long that a sample takes some of each kind of request."""
    assert min(undisturbed(phase).requests for phase in PHASES) > 25
