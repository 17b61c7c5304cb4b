"""A refusal in the middle of an apply: the exit code, the report, and nothing half-done untold."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.contract.command_cases import FILES, NOT_IN_APPLY, OTHER, PROJECT, USES, Use
from tests.support.contract import operations
from tests.support.sandbox import Done, Stage

TABLE = "age,churned\n1,yes\n2,no\n"
APPLY = ("-q", "apply", "--auto-approve", "--prune", "--allow-mass-change", "--report", "report")
CASES = [(name, status) for name in USES for status in operations()[name].refusals]
WRITES = [case for case in CASES if USES[case[0]].step and not case[0].startswith("GET")]
READS = [case for case in CASES if not USES[case[0]].step]
LOGS = [case for case in CASES if USES[case[0]].step and case[0].startswith("GET")]

# What no second run can bring to a good end, and why.
LOST = {"POST executionEnvironmentsPermadelete/": "no operation lists deleted environments"}
# The refusal that means that the work was done before.
MEANT = ("POST executionEnvironmentsPermadelete/", 404)


def test_every_operation_with_refusals_is_used_or_has_its_reason() -> None:
    refusing = {name for name, operation in operations().items() if operation.refusals}
    assert refusing == {*USES, *NOT_IN_APPLY}
    assert not USES.keys() & NOT_IN_APPLY.keys()


class Played:
    """The stage after ``before`` was applied, about to apply ``now`` with one refusal planned."""

    def __init__(self, folder: Path, use: Use) -> None:
        self.stage = Stage(folder)
        self.folder = folder
        data = {"file": ("t.csv", TABLE)}
        made = self.stage.by_hand("POST", "datasets/fromFile/", files=data).json()
        self.dataset = made["catalogId"]
        for path, text in {**FILES, "reconciler.yaml": PROJECT, "other.yaml": OTHER}.items():
            self.write(path, text)
        self.write("manifest.yaml", use.before or OTHER.replace("other", "gone"))
        assert self.stage.run(*APPLY).code == 0
        for path, text in use.files.items():
            self.write(path, text)
        if use.now:
            self.write("manifest.yaml", use.now)
        else:
            (folder / "manifest.yaml").unlink()

    def write(self, path: str, text: str) -> None:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text.replace("DATASET", self.dataset), encoding="utf-8")

    def refuse(self, name: str, status: int) -> None:
        """Plan this refusal for every request of the operation."""
        operation = operations()[name]
        path = re.sub(r"\{\w+\}", "[^/]+", operation.path)
        fault = {"action": "status", "status": status, "times": 99, "method": operation.method}
        self.stage.control("POST", "faults", {**fault, "path": f"^{path}$"})

    def apply(self) -> tuple[Done, dict[str, dict[str, Any]]]:
        """Exit and output of an apply, and its report's steps by id."""
        done = self.stage.run(*APPLY)
        report = json.loads((self.folder / "report").read_text(encoding="utf-8"))
        return done, {step["id"]: step for step in report["steps"]}

    def owned(self) -> dict[str, int]:
        """How many objects of each kind there are."""
        state = self.stage.control("GET", "state")
        kinds = ("environments", "models", "tests", "conversions", "dependencyBuilds")
        return {kind: len(state.get(kind, ())) for kind in kinds}


def effects(done: Done) -> int:
    """How many of the run's writes took effect."""
    return sum(entry["status"] < 400 for entry in done.writes)


@pytest.mark.parametrize(("name", "status"), WRITES, ids=str)
def test_a_refused_write_is_a_failed_step_and_all_else_is_told(
    name: str, status: int, tmp_path: Path
) -> None:
    use, played = USES[name], Played(tmp_path, USES[name])
    played.refuse(name, status)
    done, steps = played.apply()
    if (name, status) == MEANT:
        assert done.code == 0
        return
    assert done.code == 5, done.out + done.err
    failed = [step for step in steps.values() if step["state"] == "failed"]
    assert [step["id"] for step in failed] == [use.step]
    assert f"answered {status}" in failed[0]["error"]
    assert failed[0]["hint"]
    assert use.step in done.out
    assert failed[0]["error"].splitlines()[0] in done.out
    skipped = {step["id"]: step["cause"] for step in steps.values() if step["state"] == "skipped"}
    assert skipped == dict.fromkeys(use.needs, use.step)
    # Every write that took effect belongs to a step that says so.
    assert sum(step["doneCalls"] for step in steps.values()) == effects(done)
    played.stage.control("DELETE", "faults")
    if name not in LOST:
        assert_it_goes_on(played, use)


def assert_it_goes_on(played: Played, use: Use) -> None:
    """The next run does the rest, makes nothing twice, and leaves nothing to do."""
    done, steps = played.apply()
    assert done.code == 0, done.out + done.err
    assert use.step in steps
    plan = played.stage.run("plan", "--detailed-exitcode")
    assert plan.code == 0, plan.out
    again = Played(played.folder.parent / f"{played.folder.name}-smooth", use)
    assert again.stage.run(*APPLY).code == 0
    assert played.owned() == again.owned()


@pytest.mark.parametrize(("name", "status"), READS, ids=str)
def test_a_refused_read_stops_before_anything_is_written(
    name: str, status: int, tmp_path: Path
) -> None:
    played = Played(tmp_path, USES[name])
    played.refuse(name, status)
    for command in (APPLY, ("plan",), ("drift",)):
        done = played.stage.run(*command)
        assert done.code == 1, done.out
        assert done.writes == []
        assert f"answered {status}" in done.err
        assert "->" in done.err


@pytest.mark.parametrize(("name", "status"), LOGS, ids=str)
def test_a_log_that_is_refused_does_not_hide_the_failure(
    name: str, status: int, tmp_path: Path
) -> None:
    played = Played(tmp_path, USES[name])
    played.refuse(name, status)
    done, steps = played.apply()
    assert done.code == 5
    step = steps[USES[name].step]
    assert "the build of environment version" in step["error"]
    assert "no log: GET executionEnvironments/" in step["log"]
    assert f"answered {status}" in step["log"]
