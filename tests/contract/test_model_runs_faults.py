"""Every request of an apply of a model run x everything that can happen to it: one run, never two.

Cases: a first run, a run that has grown too old, a run that takes its time, and Ctrl-C.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from reconciler.core.report import Report
from reconciler.flow import apply_plan, make_plan
from reconciler.providers.all import KINDS, open_provider
from reconciler.providers.http import Runtime
from reconciler.session import Registry, RunOptions, Session
from tests.support.faulty_transport import FAULTS, FaultyWire, Killed
from tests.support.sandbox import Stage, declare

APPLY = ("-q", "apply", "--auto-approve", "--parallelism", "1")
MANIFEST = """\
apiVersion: reconciler/v1
kind: ModelRun
metadata: {name: features}
spec:
  projectName: analytics
  modelNames: [stg_a]
  maxAge: 24h
  require: {tests: pass}
"""
TRIGGER = {"project_name": "analytics", "model_names": ["stg_a"]}
DAY = 86_400.0
PHASES = {"first": 0.0, "too old": 0.0, "slow": 1.5}
"""Phase -> the time that runs take."""
STEPS = {"slow": 3}
"""Phases of which only every so many requests are taken: their polls are all alike."""
MOST_RUNS = 4


@contextmanager
def staged(phase: str) -> Iterator[Stage]:
    """A fresh platform and project, just before the apply of this phase."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "project"
        folder.mkdir()
        (folder / "features.yaml").write_text(MANIFEST, encoding="utf-8")
        stage = Stage(declare(folder), job_time=PHASES[phase])
        if phase == "too old":
            assert stage.run(*APPLY).code == 0
            stage.clock.sleep(2 * DAY)
        yield stage


def runs(stage: Stage) -> list[dict[str, Any]]:
    return list(stage.by_hand("GET", "/v1/model-runs").json()["data"])


@cache
def undisturbed(phase: str) -> tuple[int, int]:
    """Requests of the apply, and the runs that there are after it."""
    with staged(phase) as stage:
        inner = stage.wire
        wire = stage.wire = FaultyWire(inner)
        assert stage.run(*APPLY).code == 0
        stage.wire = inner
        return wire.count, len(runs(stage))


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("phase", PHASES)
def test_any_fault_at_any_request_makes_one_run(phase: str, fault: str) -> None:
    count, wanted = undisturbed(phase)
    assert wanted == (2 if phase == "too old" else 1)
    for at in range(1, count + 1, STEPS.get(phase, 1)):
        with staged(phase) as stage:
            converge(stage, at, fault)
            found = runs(stage)
            assert len(found) == wanted, f"{fault} at request {at}: {found}"
            assert found[0]["status"] == "SUCCESS"
            again = stage.run(*APPLY)
            assert (again.code, again.writes) == (0, [])


def converge(stage: Stage, at: int, fault: str) -> None:
    """Apply with one fault, then again until it is done."""
    inner = stage.wire
    stage.wire = FaultyWire(inner, at, fault)
    for _ in range(MOST_RUNS):
        try:
            code = stage.run(*APPLY).code
        except Killed:
            code = -1
        stage.wire = inner
        if code == 0:
            return
    raise AssertionError(f"{fault} at request {at}: not done after {MOST_RUNS} applies")


def interrupted(stage: Stage, at: str) -> Report:
    """An apply that the user stops as soon as it tells this."""
    outside = Runtime(stage.wire, stage.clock.sleep, stage.clock, stage.clock)
    tools = Registry(KINDS, lambda name, given: open_provider(name, given, outside))
    stop = Event()
    with Session(RunOptions(stage.folder, env=stage.env), tools) as session:
        current = make_plan(session)
        return apply_plan(
            session, current, lambda _, line: stop.set() if at in line else None, stop
        )


def test_ctrl_c_cancels_the_run_that_this_process_started() -> None:
    with staged("slow") as stage:
        report = interrupted(stage, "is RUNNING")
        assert report.exit_code == 130
        (result,) = report.results
        assert "was cancelled" in result.error
        assert [run["status"] for run in runs(stage)] == ["CANCELLED"]
        # It is what the user wanted then; the next apply is asked to run it.
        assert stage.run(*APPLY).code == 0
        assert [run["status"] for run in runs(stage)] == ["SUCCESS", "CANCELLED"]


def test_ctrl_c_leaves_the_run_that_somebody_else_started() -> None:
    with staged("slow") as stage:
        stage.by_hand("POST", "/v1/model-runs", json=TRIGGER)
        report = interrupted(stage, "is PENDING")
        assert report.exit_code == 130
        assert "which goes on" in report.results[0].error
        assert stage.run(*APPLY).code == 0
        assert [run["status"] for run in runs(stage)] == ["SUCCESS"]
