"""A saved plan that was edited and sealed again, or that reality has overtaken: refused with 4.

Cases: a blocked plan without its problems, a plan without its test gate, a step that another
team's model forbids now, a limit that the file cannot lift, saved states left out.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.scenario import HERE
from tests.support.sandbox import Done, Stage
from tests.support.sealing import seal

APPLY = ("-q", "apply", "plan.json", "--auto-approve", "--parallelism", "1")
GATE = """\
  tests: {datasetId: DATASET, timeout: 10m}
  sharing: {mode: additive, users: [{username: ann@example.com, role: EDITOR}]}
"""


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """An applied project."""
    on = Stage(Path(shutil.copytree(HERE / "bases" / "churn", tmp_path / "project")))
    assert on.run("-q", "apply", "--auto-approve").code == 0
    return on


def forge(stage: Stage, change: Callable[[dict[str, Any]], None]) -> None:
    """Edit the saved plan and give it a checksum that fits."""
    path = stage.folder / "plan.json"
    data = json.loads(path.read_text())
    change(data)
    path.write_text(seal(data))


def refused(stage: Stage, message: str, *more: str) -> Done:
    """The apply ends with 4 and this message, and nothing was written."""
    done = stage.run(*APPLY, *more)
    assert done.code == 4, done.out + done.err
    assert message in done.err
    assert "reconciler plan --out" in done.err
    assert done.writes == []
    return done


def test_a_blocked_plan_without_its_problems_is_refused(stage: Stage) -> None:
    (stage.folder / "churn.yaml").unlink()
    assert stage.run("-q", "plan", "--prune", "--out", "plan.json").code == 3
    forge(stage, lambda data: data.update(problems=[]))
    refused(stage, "the current plan cannot be applied: ")
    assert stage.control("GET", "state")["models"]


def test_the_file_lifts_no_limit_and_the_option_is_given_again(stage: Stage) -> None:
    (stage.folder / "churn.yaml").unlink()
    wishes = ("--prune", "--allow-mass-change", "--out", "plan.json")
    assert stage.run("-q", "plan", *wishes).code == 0
    refused(stage, "the current plan cannot be applied: ")
    assert stage.run(*APPLY, "--allow-mass-change").code == 0
    assert not stage.control("GET", "state").get("models")


def test_a_plan_without_its_gate_is_refused(stage: Stage) -> None:
    data = stage.folder / "customers.csv"
    data.write_text("tenure,churned\n12,yes\n3,no\n")
    gate = GATE.replace("DATASET", stage.upload(data))
    data.unlink()
    churn = stage.folder / "churn.yaml"
    churn.write_text(churn.read_text().replace("  version:", f"{gate}  version:"))
    assert stage.run("-q", "plan", "--out", "plan.json").code == 0
    whole = (stage.folder / "plan.json").read_bytes()

    def without_gate(data: dict[str, Any]) -> None:
        (removed,) = [step for step in data["steps"] if "#test" in step["id"]]
        data["steps"].remove(removed)
        data["summary"][removed["action"]] -= 1
        for step in data["steps"]:
            step["dependsOn"] = [need for need in step["dependsOn"] if need != removed["id"]]

    forge(stage, without_gate)
    refused(stage, "CustomModel/churn#test (run) is not in the reviewed plan")
    (stage.folder / "plan.json").write_bytes(whole)
    assert stage.run(*APPLY).code == 0


def test_a_field_that_is_left_out_of_the_file_is_named(stage: Stage) -> None:
    churn = stage.folder / "churn.yaml"
    churn.write_text(churn.read_text().replace("name: Churn", "name: Leavers"))
    assert stage.run("-q", "plan", "--out", "plan.json").code == 0
    forge(stage, lambda data: data["steps"][0].update(fields=[]))
    refused(stage, "CustomModel/churn: name is not a change in the reviewed plan")


def test_saved_states_that_are_left_out_are_refused(stage: Stage) -> None:
    churn = stage.folder / "churn.yaml"
    churn.write_text(churn.read_text().replace("name: Churn", "name: Leavers"))
    assert stage.run("-q", "plan", "--out", "plan.json").code == 0
    forge(stage, lambda data: data.update(observed={}))
    refused(stage, "the reviewed plan touches other objects: CustomModel/churn")


def test_an_object_that_another_team_uses_since_is_not_deleted(stage: Stage) -> None:
    churn = stage.folder / "churn.yaml"
    other = '{name: "[DataRobot] Python 3.11 Scikit-Learn"}'
    churn.write_text(churn.read_text().replace("{ref: py311}", other))
    assert stage.run("-q", "apply", "--auto-approve").code == 0
    (stage.folder / "py311.yaml").unlink()
    assert stage.run("-q", "plan", "--prune", "--allow-mass-change", "--out", "plan.json").code == 0
    state = stage.control("GET", "state")
    (ours,) = [doc["id"] for doc in state["environments"] if "[reconciler" in doc["description"]]
    body = {"name": "Theirs", "customModelType": "inference", "targetType": "Transform"}
    theirs = stage.by_hand("POST", "customModels/", json=body).json()["id"]
    parts = [
        ("baseEnvironmentId", (None, ours)),
        ("isMajorUpdate", (None, "True")),
        ("filePath", (None, "custom.py")),
        ("file", ("custom.py", b"# theirs\n")),
    ]
    stage.by_hand("POST", f"customModels/{theirs}/versions/", files=parts).raise_for_status()
    refused(stage, "[in-use]", "--allow-mass-change")
