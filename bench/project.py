"""A folder of manifests to measure with: one environment and many models with files."""

from __future__ import annotations

from pathlib import Path

SCOPE, USER = "bench", "ann@example.com"
PROJECT = f"""\
apiVersion: reconciler/v1
kind: Project
metadata: {{name: {SCOPE}}}
---
apiVersion: reconciler/v1
kind: ExecutionEnvironment
metadata: {{name: env}}
spec: {{version: {{dockerImageUri: "ghcr.io/acme/env:1"}}}}
"""
MODEL = """\
apiVersion: reconciler/v1
kind: CustomModel
metadata: {name: NAME}
spec:
  name: Churn NAME
  description: Who leaves within a month.
  targetType: Binary
  targetName: churned
  positiveClassLabel: "yes"
  negativeClassLabel: "no"
  predictionThreshold: 0.4
  version:
    environment: {ref: env}
    files: {root: ./model}
    replicas: 1
"""
SHARING = f"""\
  sharing: {{mode: additive, users: [{{username: {USER}, role: USER, canShare: false}}]}}
"""
SHARED_EVERY = 10
FILES = {
    "custom.py": "def score(data, model, **kwargs):\n    return model.predict(data)\n" * 10,
    "features.py": "COLUMNS = ['age', 'tenure', 'plan']\n" * 30,
    "notes.md": "Trained on the data of one month.\n" * 10,
}


def model_name(number: int) -> str:
    """The name in the manifests; all are equally long, and none is part of another."""
    return f"m{number:06d}"


def write_project(folder: Path, models: int, shared: bool = True) -> Path:
    """A manifest and three small files for each model; one in ten manages who may use it."""
    folder.mkdir(parents=True)
    (folder / "reconciler.yaml").write_text(PROJECT)
    for number in range(models):
        name = model_name(number)
        (folder / name / "model").mkdir(parents=True)
        ends = SHARING if shared and number % SHARED_EVERY == 0 else ""
        (folder / name / "model.yaml").write_text(MODEL.replace("NAME", name) + ends)
        for file, text in FILES.items():
            (folder / name / "model" / file).write_text(text)
    return folder
