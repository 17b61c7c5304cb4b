"""What the commands print as JSON is what the schemas in ``schemas/`` say."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.support.sandbox import Stage

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "manifests"


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    shutil.copytree(EXAMPLES, tmp_path / "project", copy_function=shutil.copyfile)
    stage = Stage(tmp_path / "project", users=("ann@example.com", "ben@example.com"))
    stage.upload(EXAMPLES / "models" / "churn" / "data" / "customers.csv")
    return stage


def test_plans_reports_and_drift(stage: Stage) -> None:
    for _ in ("a first time", "with nothing to do"):
        validator("plan").validate(json.loads(stage.run("plan", "--format", "json").out))
        assert stage.run("-q", "apply", "--auto-approve", "--report", "report.json").code == 0
        validator("report").validate(json.loads((stage.folder / "report.json").read_text()))
        validator("drift").validate(json.loads(stage.run("drift", "--format", "json").out))
    for model in stage.control("GET", "state")["models"]:
        stage.by_hand("PATCH", f"customModels/{model['id']}/", json={"description": "by hand"})
    found = json.loads(stage.run("drift", "--format", "json").out)
    assert found["drifted"] is True
    validator("drift").validate(found)


def test_saved_plans_and_failures(stage: Stage) -> None:
    assert stage.run("plan", "--out", "plan.json").code == 0
    validator("plan").validate(json.loads((stage.folder / "plan.json").read_text()))
    del stage.env["DATAROBOT_API_TOKEN"]
    for command in ("plan", "drift"):
        done = stage.run(command, "--format", "json")
        assert done.code == 1
        validator(command).validate(json.loads(done.out))


def test_a_plan_with_another_key_is_no_plan(stage: Stage) -> None:
    made = json.loads(stage.run("plan", "--format", "json").out)
    assert not validator("plan").is_valid({**made, "extra": 1})
    assert not validator("plan").is_valid({k: v for k, v in made.items() if k != "steps"})
