"""The reference project of the fault matrix: a first state, and an edit that changes everything."""

from __future__ import annotations

import io
from pathlib import Path

from tests.support.sandbox import Stage

SCORE = "def score(data, model, **kwargs):\n    return data\n"
UNSTRUCTURED = "score_unstructured(model, data"
DATA = b"tenure,charge,churned\n" + b"1,20,yes\n30,5,no\n" * 20

ENVIRONMENT = """
apiVersion: reconciler/v1
kind: ExecutionEnvironment
metadata: {{name: {name}}}
spec:
  description: {description}
  useCases: [customModel]
  version: {{dockerContext: ./{context}, label: "{label}"}}
  sharing: {{mode: exact, users: [{users}]}}
---
"""
MODEL = """
apiVersion: reconciler/v1
kind: CustomModel
metadata: {{name: {name}}}
spec:
  description: {description}
  {target}
  version:
    environment: {{ref: {environment}}}
    files: {{root: ./{root}}}
    replicas: {replicas}
  {tests}
  sharing: {{mode: additive, users: [{users}]}}
---
"""
BINARY = "{targetType: Binary, targetName: churned}"
ANN = "{username: ann@example.com, role: EDITOR}"
BEN = "{username: ben@example.com, role: CONSUMER}"


def prepare(stage: Stage) -> str:
    """Upload the dataset that the tests run on; its id."""
    form = {"file": ("data.csv", io.BytesIO(DATA))}
    return str(stage.by_hand("POST", "datasets/fromFile/", files=form).json()["catalogId"])


def write_first(folder: Path, dataset: str) -> None:
    """Two environments and four models: builds, dependencies, a test gate, sharing."""
    _write(folder, "py/Dockerfile", "FROM python:3.11\n")
    _write(folder, "r/Dockerfile", "FROM r-base:4.4\n")
    for root in ("churn", "cost", "notes", "old"):
        _write(folder, f"{root}/custom.py", "def score(data, model, **kwargs):\n    return data\n")
    _write(
        folder,
        "notes/custom.py",
        "def score_unstructured(model, data, **kwargs):\n    return data\n",
    )
    _write(folder, "churn/requirements.txt", "scikit-learn==1.5\n")
    gate = f"tests: {{datasetId: {dataset}, checks: {{errorCheck: fail}}}}"
    _write(
        folder,
        "all.yaml",
        _environment("py", "for python", "py", "1", ANN)
        + _environment("r", "for r", "r", "1", "")
        + _model("churn", "who leaves", "Binary", "py", 1, ANN, gate)
        + _model("cost", "what it costs", "Regression", "py", 1, "", "")
        + _model("notes", "redacts", "Unstructured", "py", 1, BEN, "")
        + _model("old", "to go", "Unstructured", "r", 1, "", ""),
    )


def write_edit(folder: Path, dataset: str) -> None:
    """A new build, new code and settings, a rename, a role, and one model and environment less."""
    _write(folder, "py/Dockerfile", "FROM python:3.11\nRUN pip list\n")
    _write(folder, "churn/custom.py", "def score(data, model, **kwargs):\n    return data[:]\n")
    _write(folder, "churn/helpers/rows.py", "ROWS = 10\n")
    gate = f"tests: {{datasetId: {dataset}, checks: {{errorCheck: fail}}}}"
    _write(
        folder,
        "all.yaml",
        _environment("py", "for python, mended", "py", "2", f"{ANN}, {BEN}")
        + _model("churn", "who leaves, and why", "Binary", "py", 2, f"{ANN}, {BEN}", gate)
        + _model("cost", "what it costs", "Regression", "py", 2, "", "")
        + _model("notes", "redacts names", "Unstructured", "py", 1, BEN, ""),
    )


def _environment(name: str, description: str, context: str, label: str, users: str) -> str:
    owner = "{username: owner@example.com, role: OWNER}"
    listed = f"{owner}, {users}" if users else owner
    return ENVIRONMENT.format(
        name=name, description=description, context=context, label=label, users=listed
    )


def _model(
    name: str, text: str, target: str, environment: str, replicas: int, users: str, tests: str
) -> str:
    named = "" if target == "Unstructured" else f"\n  targetName: {name}ed"
    return MODEL.format(
        name=name,
        description=text,
        target=f"targetType: {target}{named}",
        environment=environment,
        root=name,
        replicas=replicas,
        tests=tests,
        users=users,
    )


def _write(folder: Path, path: str, text: str) -> None:
    place = folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
