"""A second project of the fault matrix: the jobs of a version, a copy, and a delete for good."""

from __future__ import annotations

from pathlib import Path

MODEL = """\
apiVersion: reconciler/v1
kind: CustomModel
metadata: {{name: {name}}}
spec:
  {more}
  version:
    environment: {{ref: py}}
    files: {{root: ./{name}}}
    {version}
---
"""
ENVIRONMENT = """\
apiVersion: reconciler/v1
kind: ExecutionEnvironment
metadata: {{name: {name}}}
lifecycle: {{onDelete: {gone}}}
spec: {{version: {{dockerContext: ./{name}}}}}
---
"""
PYTHON = "def score(data, model, **kwargs):\n    return data\n"


def write_jobs(folder: Path, dataset: str) -> None:
    """Training data, feature impact, explanations, a conversion; nothing to go."""
    _write(folder, "py/Dockerfile", "FROM python:3.11\n")
    _write(folder, "churn/custom.py", PYTHON)
    _write(folder, "java/Scorer.java", "class Scorer {}\n")
    _write(folder, "java/custom.py", PYTHON)
    trained = "isTrainingDataForVersionsPermanentlyEnabled: true"
    jobs = f"{trained}\n  featureImpact: {{}}\n  predictionExplanations: true"
    target = "targetType: Binary\n  targetName: churned\n  "
    _write(
        folder,
        "all.yaml",
        ENVIRONMENT.format(name="py", gone="softDelete")
        + MODEL.format(
            name="churn", more=target + jobs, version=f"trainingData: {{datasetId: {dataset}}}"
        )
        + MODEL.format(
            name="java",
            more="targetType: Unstructured\n  conversion: {mainProgram: Scorer.java}",
            version="replicas: 1",
        ),
    )


def write_copy(folder: Path, dataset: str) -> None:
    """What there was before, and a copy of it with code of its own."""
    write_jobs(folder, dataset)
    _write(folder, "copied/custom.py", f"{PYTHON}# a copy\n")
    more = "copyOf: {ref: java}\n  description: a copy"
    with (folder / "all.yaml").open("a") as out:
        out.write(MODEL.format(name="copied", more=more, version="replicas: 1"))


def write_doomed(folder: Path, dataset: str) -> None:
    """One environment more, which is to be erased for good when its manifest goes."""
    write_jobs(folder, dataset)
    _write(folder, "doomed/Dockerfile", "FROM r-base:4.4\n")
    with (folder / "all.yaml").open("a") as out:
        out.write(ENVIRONMENT.format(name="doomed", gone="permanent"))


def _write(folder: Path, path: str, text: str) -> None:
    place = folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
