"""A fifth API family: its own package, one line in each of three tables, and nothing else.

Cases: plan, apply and drift end to end beside the other families; a reference from another family;
a lost answer; prune; its schema; settings from the project file; nothing of it in shared code.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from reconciler.emulator.apis import APIS
from reconciler.provider_source import SOURCES
from reconciler.providers.all import FAMILIES, HOME, kinds_of
from tests.scenarios.invariants import check
from tests.support.sandbox import HOST, TOKEN, Done, Stage
from tests.toy_family.tables import TABLES

HERE = Path(__file__).parent
ROOT = HERE.parents[1] / "reconciler"
ENV = {"ALIASES_URL": HOST, "ALIASES_TOKEN": TOKEN}
PROJECT = "apiVersion: reconciler/v1\nkind: Project\nmetadata: {name: fraud}\n"
ALIAS = """\
apiVersion: reconciler/v1
kind: Alias
metadata: {name: champion}
spec: {target: churn-7, weight: 80}
"""
ENVIRONMENT = """\
apiVersion: reconciler/v1
kind: ExecutionEnvironment
metadata: {name: py311}
spec: {name: Python 3.11}
dependsOn: [Alias/champion]
"""


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A project with one alias, on an emulator of five families."""
    (tmp_path / "reconciler.yaml").write_text(PROJECT)
    (tmp_path / "champion.yaml").write_text(ALIAS)
    stage = Stage(tmp_path, TABLES)
    stage.env.update(ENV)
    return stage


def ran(stage: Stage, *arguments: str, code: int = 0) -> Done:
    """One command that ends like this and keeps every invariant."""
    done = stage.run(*arguments)
    assert done.code == code, f"{done.out}{done.err}"
    check(stage, done)
    return done


def live(stage: Stage) -> list[dict[str, object]]:
    """The aliases of the platform."""
    response = stage.by_hand("GET", "/aliases")
    aliases: list[dict[str, object]] = response.json()["data"]
    return aliases


def test_plan_apply_and_drift(stage: Stage) -> None:
    plan = json.loads(ran(stage, "plan", "--format", "json").out)
    (step,) = plan["steps"]
    (call,) = step["calls"]
    assert (step["address"], step["action"]) == ("Alias/champion", "create")
    done = ran(stage, "apply", "--auto-approve")
    (write,) = done.writes
    assert (write["method"], write["path"]) == (call["method"], f"/{call['path']}")
    assert write["body"] == call["body"]
    (alias,) = live(stage)
    assert alias["owner"] == "fraud/champion"
    ran(stage, "drift")
    stage.by_hand("PATCH", f"/aliases/{alias['id']}", json={"weight": 5})
    drift = json.loads(ran(stage, "drift", "--format", "json", code=2).out)
    assert [field["path"] for field in drift["objects"][0]["fields"]] == ["weight"]
    ran(stage, "apply", "--auto-approve")
    assert live(stage)[0]["weight"] == 80


def test_another_family_depends_on_it(stage: Stage) -> None:
    (stage.folder / "py311.yaml").write_text(ENVIRONMENT)
    done = ran(stage, "apply", "--auto-approve")
    assert [write["path"] for write in done.writes][:2] == [
        "/aliases",
        "/api/v2/executionEnvironments/",
    ]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_creates_one_alias(stage: Stage, when: str) -> None:
    stage.control("POST", "faults", {"action": "drop", "when": when, "method": "POST"})
    ran(stage, "apply", "--auto-approve")
    assert len(live(stage)) == 1


def test_prune_deletes_it(stage: Stage) -> None:
    ran(stage, "apply", "--auto-approve")
    (stage.folder / "champion.yaml").unlink()
    settings = f"aliases: {{endpoint: '{HOST}', token: '${{env.ALIASES_TOKEN}}'}}"
    policy = "policy: {maxDeletePercent: 100}"
    project = f"{PROJECT}spec:\n  {policy}\n  providers:\n    {settings}\n"
    (stage.folder / "reconciler.yaml").write_text(project)
    ran(stage, "apply", "--auto-approve", "--prune")
    assert live(stage) == []


def test_a_missing_setting_is_named(stage: Stage) -> None:
    del stage.env["ALIASES_TOKEN"]
    assert "ALIASES_TOKEN" in stage.run("plan").err


def test_its_schema_is_written(stage: Stage) -> None:
    ran(stage, "schema")
    schema = json.loads((stage.folder / "schemas" / "Alias.schema.json").read_text())
    text = json.dumps(schema)
    assert all(f'"{key}"' in text for key in ("target", "weight", "note"))


def test_the_family_adds_one_line_to_each_of_three_tables() -> None:
    assert len(TABLES.families) - len(FAMILIES) == 1
    assert len(TABLES.sources) - len(SOURCES) == 1
    assert len(TABLES.apis) - len(APIS) == 1


@pytest.mark.parametrize("package", ["core", "desired", "render", "cli"])
def test_shared_code_branches_on_no_family_and_no_kind(package: str) -> None:
    names = {family.name for family in TABLES.families} | kinds_of(TABLES.families).keys()
    named = {
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value}"
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in names
    }
    assert named == set()


@pytest.mark.parametrize("name", ["aliases", "emulator"])
def test_the_family_needs_the_shared_packages_only(name: str) -> None:
    imported = {
        module
        for path in (HERE / name).rglob("*.py")
        for module in re.findall(r"^from (\S+) import", path.read_text("utf-8"), re.MULTILINE)
    }
    families = tuple(f"{HOME}.{family.name}" for family in FAMILIES)
    assert [module for module in imported if module.startswith(families)] == []
