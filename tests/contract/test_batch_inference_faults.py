"""Every request of an apply of a batch x everything that can happen to it: one file, one batch.

Cases: a first run, an input that has changed, a batch that takes its time, and Ctrl-C.
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
from tests.support.batch_inference_api import LINES, line
from tests.support.faulty_transport import FAULTS, FaultyWire, Killed
from tests.support.sandbox import Stage, declare

APPLY = ("-q", "apply", "--auto-approve", "--parallelism", "1")
MANIFEST = """\
apiVersion: reconciler/v1
kind: BatchInference
metadata: {name: smoke}
spec: {input: ./smoke.jsonl, output: ./out/smoke.jsonl, require: {failed: 0}}
"""
PHASES = {"first": 0.0, "changed": 0.0, "slow": 10.0}
"""Phase -> the time that a batch takes."""
FIRST, STEPS = {"changed": 5, "slow": 7}, {"slow": 4}
"""Where the reads of a plan, which are all alike, and every so many polls are left out."""
MOST_RUNS = 4


@contextmanager
def staged(phase: str) -> Iterator[Stage]:
    """A fresh platform and project, just before the apply of this phase."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "project"
        folder.mkdir()
        (folder / "smoke.yaml").write_text(MANIFEST, encoding="utf-8")
        (folder / "smoke.jsonl").write_bytes(LINES)
        stage = Stage(declare(folder), job_time=PHASES[phase])
        if phase == "changed":
            assert stage.run(*APPLY).code == 0
            (folder / "smoke.jsonl").write_bytes(LINES + line("d"))
        yield stage


def held(stage: Stage, collection: str) -> list[dict[str, Any]]:
    return list(stage.by_hand("GET", f"/v1/{collection}").json()["data"])


def inputs(stage: Stage) -> list[str]:
    return [file["filename"] for file in held(stage, "files") if file["purpose"] == "batch"]


@cache
def undisturbed(phase: str) -> tuple[int, int]:
    """Requests of the apply, and the batches that there are after it."""
    with staged(phase) as stage:
        inner = stage.wire
        wire = stage.wire = FaultyWire(inner)
        assert stage.run(*APPLY).code == 0
        stage.wire = inner
        return wire.count, len(held(stage, "batches"))


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("phase", PHASES)
def test_any_fault_at_any_request_makes_one_file_and_one_batch(phase: str, fault: str) -> None:
    count, wanted = undisturbed(phase)
    assert wanted == (2 if phase == "changed" else 1)
    for at in range(FIRST.get(phase, 1), count + 1, STEPS.get(phase, 1)):
        with staged(phase) as stage:
            converge(stage, at, fault)
            where = f"{fault} at request {at}"
            assert len(inputs(stage)) == len(set(inputs(stage))) == wanted, where
            batches = held(stage, "batches")
            assert [each["status"] for each in batches] == ["completed"] * wanted, where
            lines = (stage.folder / "out" / "smoke.jsonl").read_bytes().splitlines()
            assert len(lines) == batches[0]["request_counts"]["total"], where
            again = stage.run(*APPLY)
            assert (again.code, again.writes) == (0, []), where


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
            session, current, lambda _, told: stop.set() if at in told else None, stop
        )


def test_ctrl_c_leaves_the_batch_running_and_says_so() -> None:
    with staged("slow") as stage:
        report = interrupted(stage, "in_progress")
        assert report.exit_code == 130
        (result,) = report.results
        (batch,) = held(stage, "batches")
        assert result.error == f"stopped waiting for batch {batch['id']}, which goes on"
        assert "`reconciler cancel` stops it" in result.hint
        assert batch["status"] == "in_progress"
        assert stage.run(*APPLY).code == 0
        assert [each["status"] for each in held(stage, "batches")] == ["completed"]
        assert (stage.folder / "out" / "smoke.jsonl").exists()


def test_results_of_a_batch_that_ended_after_ctrl_c_are_fetched() -> None:
    with staged("slow") as stage:
        interrupted(stage, "in_progress")
        stage.clock.sleep(100)
        done = stage.run(*APPLY)
        assert (done.code, done.writes) == (0, [])
        assert (stage.folder / "out" / "smoke.jsonl").exists()
