"""Ctrl-C and SIGTERM: running calls finish, the report is complete, the next run converges.

Once at every write of an apply, in this process; once and twice as real processes.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
from functools import cache
from pathlib import Path

import pytest

from tests.scenarios.scenario import HERE
from tests.support.final_state import final_state
from tests.support.hooked_transport import HookedWire
from tests.support.processes import ended, site, until
from tests.support.sandbox import Stage

SIGNALS = (signal.SIGINT, signal.SIGTERM)
APPLY = ("apply", "--auto-approve", "--report", "report.json")
WRITES = 6
STATES = {"done", "failed", "skipped", "notReached"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project of one environment and one model."""
    return Path(shutil.copytree(HERE / "bases" / "churn", tmp_path / "project"))


@cache
def undisturbed() -> dict[str, list[str]]:
    """Where a run without interrupts ends."""
    with tempfile.TemporaryDirectory() as place:
        stage = Stage(Path(shutil.copytree(HERE / "bases" / "churn", Path(place) / "calm")))
        done = stage.run("-q", "apply", "--auto-approve")
        assert (done.code, len(done.writes)) == (0, WRITES)
        return final_state(stage)


@pytest.mark.parametrize("write", range(1, WRITES + 1))
def test_interrupted_at_any_write(folder: Path, write: int) -> None:
    wanted, number = undisturbed(), SIGNALS[write % 2]
    stage = Stage(folder)
    inner = stage.wire
    stage.wire = HookedWire(inner, write, lambda: os.kill(os.getpid(), number))  # type: ignore[assignment]
    done = stage.run(*APPLY)
    stage.wire = inner
    assert done.code == 130, done.out + done.err
    report = json.loads((folder / "report.json").read_text())
    states = [step["state"] for step in report["steps"]]
    assert set(states) <= STATES
    # The call that ran was finished, and no step was started after it.
    assert report["summary"]["done"] >= 1 or states[0] == "failed"
    assert len(done.writes) <= write + 1
    for step in report["steps"]:
        assert step["id"] in done.out
    assert stage.run(*APPLY).code == 0
    assert final_state(stage) == wanted
    assert stage.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("number", SIGNALS)
def test_a_plan_that_is_interrupted_says_so_in_its_format(
    folder: Path, number: signal.Signals
) -> None:
    with site(folder) as on:
        on.hold("GET", "customModels/$")
        process = on.start("plan", "--format", "json")
        until(on.held, process)
        process.send_signal(number)
        on.go.set()
        code, out, err = ended(process)
        assert code == 130, out + err
        assert json.loads(out)["problems"][0]["code"] == "interrupted"
        assert "interrupted" in err


@pytest.mark.parametrize("number", SIGNALS)
def test_once_lets_the_running_call_finish(folder: Path, number: signal.Signals) -> None:
    with site(folder) as on:
        on.hold("POST", "executionEnvironments/$")
        process = on.start(*APPLY)
        until(on.held, process)
        process.send_signal(number)
        assert process.poll() is None
        on.go.set()
        code, out, err = ended(process)
        assert code == 130, out + err
        report = json.loads((folder / "report.json").read_text())
        states = {step["id"]: step["state"] for step in report["steps"]}
        assert states.pop("ExecutionEnvironment/py311") == "done"
        assert set(states.values()) == {"notReached"}
        assert "not reached" in out.lower() or "notReached" in out
        assert on.finish(*APPLY)[0] == 0
        assert len(on.state("models")) == 1
        assert len(on.state("environments")) == 2


def test_a_running_wait_ends_early_and_its_job_goes_on(folder: Path) -> None:
    with site(folder, job_time=3600.0) as on:
        process = on.start(*APPLY)
        polled = "executionEnvironments/[0-9a-f]+/versions/[0-9a-f]+/$"
        on.control("POST", "faults", {"action": "status", "path": polled, "nth": 10**6})
        until(lambda: on.control("GET", "faults")[-1]["seen"] > 0, process)
        process.send_signal(signal.SIGTERM)
        code, out, err = ended(process)
        assert code == 130, out + err
        assert "which goes on" in out
        summary = json.loads((folder / "report.json").read_text())["summary"]
        assert (summary["failed"], summary["skipped"]) == (1, 2)
        assert len(on.state("environmentVersions")) == 2


@pytest.mark.parametrize("number", SIGNALS)
def test_twice_stops_at_once_and_tells_what_is_known(folder: Path, number: signal.Signals) -> None:
    with site(folder) as on:
        on.hold("POST", "customModels/$")
        process = on.start(*APPLY, "--parallelism", "2")
        until(on.held, process)
        process.send_signal(number)
        # A signal that comes while the first is handled may be merged with it.
        for _ in range(50):
            if process.poll() is not None:
                break
            process.send_signal(number)
            try:
                process.wait(0.2)
            except Exception:
                continue
        assert process.poll() is not None, "it went on waiting for the call"
        code, out, err = ended(process)
        assert code == 130, out + err
        report = json.loads((folder / "report.json").read_text())
        (cut,) = [step for step in report["steps"] if step["state"] == "failed"]
        assert cut["id"] == "CustomModel/churn"
        assert "not known" in cut["error"]
        assert cut["id"] in out
        on.go.set()
        until(lambda: len(on.state("models")) == 1)
        code, out, err = on.finish(*APPLY)
        assert code == 0, out + err
        assert len(on.state("models")) == 1
        assert on.finish("plan", "--detailed-exitcode")[0] == 0


def test_a_reader_that_has_gone_costs_neither_the_report_nor_the_exit_code(folder: Path) -> None:
    with site(folder) as on:
        on.hold("POST", "executionEnvironments/$")
        process = on.start("-q", *APPLY)
        until(on.held, process)
        assert process.stdout is not None
        process.stdout.close()
        on.go.set()
        assert process.wait(60) == 0, process.stderr and process.stderr.read()
        summary = json.loads((folder / "report.json").read_text())["summary"]
        assert summary["done"] == 4
