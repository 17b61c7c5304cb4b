"""How many requests a run takes: pages of lists, and nothing for what has not changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.sandbox import Stage, declare

MODELS, PAGE = 60, 25
# One page of environments, the account's limits, and the pages of models.
READS = 2 + -(-MODELS // PAGE)
ENVIRONMENT = """\
apiVersion: reconciler/v1
kind: ExecutionEnvironment
metadata: {name: env}
spec: {version: {dockerImageUri: "ghcr.io/acme/env:1"}}
"""
MODEL = """\
---
apiVersion: reconciler/v1
kind: CustomModel
metadata: {name: NAME}
spec:
  targetType: Unstructured
  version: {environment: {ref: env}, files: {root: ./model}, replicas: 1}
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A project of many models with a version each, applied."""
    folder = tmp_path_factory.mktemp("many")
    models = (MODEL.replace("NAME", f"m{number}") for number in range(MODELS))
    (folder / "all.yaml").write_text(ENVIRONMENT + "".join(models))
    (folder / "model").mkdir()
    (folder / "model" / "custom.py").write_text("# a model\n")
    on = Stage(declare(folder), page_size=PAGE)
    assert on.run("-q", "apply", "--auto-approve").code == 0
    return on


def test_a_plan_without_changes_reads_lists_and_limits_only(stage: Stage) -> None:
    done = stage.run("plan", "--detailed-exitcode")
    assert done.code == 0
    assert len(done.log) == READS


def test_one_changed_setting_costs_one_write(stage: Stage) -> None:
    everything: Path = stage.folder / "all.yaml"
    text = everything.read_text()
    everything.write_text(text.replace("{name: m7}\nspec:", "{name: m7}\nspec:\n  name: Seven"))
    done = stage.run("-q", "apply", "--auto-approve")
    assert [entry["method"] for entry in done.writes] == ["PATCH"]
    assert len(done.log) == READS + 1
