"""What to apply so that each operation is used: manifests before, manifests now, files.

Every case is as small as it can be, and runs on the public environment where it needs one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

PROGRAM = "def score(data, model, **kwargs):\n    return data\n"
FILES = {
    "docker/Dockerfile": "FROM python:3.11\n",
    "model/custom.py": PROGRAM,
    "model/Main.java": "class Main {}\n",
    "model/requirements.txt": "pandas>=2\n",
}
PROJECT = "apiVersion: reconciler/v1\nkind: Project\nmetadata: {name: fraud}\n"
# There is always one more manifest, so that a run has something to compare when others are gone.
OTHER = """
apiVersion: reconciler/v1
kind: CustomModel
metadata: {name: other}
spec: {targetType: Unstructured}
"""
ENVIRONMENT = """
apiVersion: reconciler/v1
kind: ExecutionEnvironment
metadata: {name: own}
lifecycle: {onDelete: permanent}
spec:
  description: First.
  version: {dockerContext: ./docker}
  sharing: {mode: additive, users: [{username: ann@example.com, role: EDITOR}]}
"""
MODEL = """
apiVersion: reconciler/v1
kind: CustomModel
metadata: {name: churn}
spec:
  description: First.
  targetType: Binary
  targetName: churned
  isTrainingDataForVersionsPermanentlyEnabled: true
  version:
    environment: {name: "[DataRobot] Python 3.11 Scikit-Learn"}
    files: {root: ./model}
    maximumMemory: 1Gi
    trainingData: {datasetId: DATASET}
  conversion: {mainProgram: Main.java}
  tests: {datasetId: DATASET}
  featureImpact: {}
  predictionExplanations: true
  sharing: {mode: additive, users: [{username: ann@example.com, role: EDITOR}]}
"""
OLDER = """
apiVersion: reconciler/v1
kind: CustomModel
metadata: {name: older}
spec:
  targetType: Binary
  targetName: churned
  version:
    environment: {name: "[DataRobot] Python 3.11 Scikit-Learn"}
    files: {root: ./model}
    dependencyBuild: false
    trainingData: {datasetId: DATASET}
"""
PULLED = """
apiVersion: reconciler/v1
kind: CustomModel
metadata: {name: pulled}
spec:
  targetType: Unstructured
  version:
    environment: {name: "[DataRobot] Python 3.11 Scikit-Learn"}
    repository: {id: r1, ref: v1, paths: [src]}
"""
TEMPLATE = """
apiVersion: reconciler/v1
kind: CustomModel
metadata: {name: assistant}
spec:
  template: {templateId: t, resourceBundleId: b, secretConfigId: s}
"""

IDENTITY = "{customModelId}"
VERSIONS = f"customModels/{IDENTITY}/versions/"
VERSION = f"{VERSIONS}{{customModelVersionId}}/"
BUILT = "executionEnvironments/{environmentId}/"


@dataclass(frozen=True)
class Use:
    """A run that uses an operation: what was applied before, what is applied now.

    ``step`` is the step that sends it, '' when the operation is read for the plan.
    """

    now: str
    step: str
    before: str = ""
    files: dict[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    """Steps that must not run when this one fails."""


def _changed(manifest: str, old: str, new: str) -> dict[str, Any]:
    assert old in manifest
    return {"before": manifest, "now": manifest.replace(old, new)}


_JOBS = tuple(f"CustomModel/churn#{job}" for job in ("build", "test", "impact", "explanations"))
_REST = (*_JOBS, "CustomModel/churn#sharing")
_AFTER_VERSION = ("CustomModel/churn#conversion", *_REST)

USES = {
    "POST executionEnvironments/": Use(ENVIRONMENT, "ExecutionEnvironment/own", needs=(
        "ExecutionEnvironment/own#version", "ExecutionEnvironment/own#sharing")),
    f"POST {BUILT}versions/": Use(ENVIRONMENT, "ExecutionEnvironment/own#version", needs=(
        "ExecutionEnvironment/own#sharing",)),
    f"GET {BUILT}versions/{{environmentVersionId}}/buildLog/": Use(
        ENVIRONMENT, "ExecutionEnvironment/own#version",
        files={"docker/Dockerfile": "FROM python:3.11\nRUN false\n"}),
    f"PATCH {BUILT}accessControl/": Use(ENVIRONMENT, "ExecutionEnvironment/own#sharing"),
    f"GET {BUILT}accessControl/": Use(ENVIRONMENT, "", ENVIRONMENT),
    f"DELETE {BUILT}": Use("", "ExecutionEnvironment/own", ENVIRONMENT),
    "POST executionEnvironmentsPermadelete/": Use("", "ExecutionEnvironment/own", ENVIRONMENT),
    "POST customModels/": Use(MODEL, "CustomModel/churn", needs=(
        "CustomModel/churn#version", *_AFTER_VERSION)),
    f"POST {VERSIONS}": Use(MODEL, "CustomModel/churn#version", needs=_AFTER_VERSION),
    f"PATCH {VERSION}": Use(MODEL, "CustomModel/churn#version", needs=_AFTER_VERSION),
    f"POST {VERSION}conversions/": Use(MODEL, "CustomModel/churn#conversion", needs=_REST),
    f"POST {VERSION}dependencyBuild/": Use(MODEL, "CustomModel/churn#build", needs=_REST[1:]),
    "POST customModelTests/": Use(MODEL, "CustomModel/churn#test", needs=_REST[2:]),
    f"POST {VERSION}featureImpact/": Use(MODEL, "CustomModel/churn#impact", needs=_REST[3:]),
    f"POST {VERSION}predictionExplanationsInitialization/": Use(
        MODEL, "CustomModel/churn#explanations", needs=_REST[4:]),
    f"PATCH customModels/{IDENTITY}/accessControl/": Use(MODEL, "CustomModel/churn#sharing"),
    f"GET customModels/{IDENTITY}/accessControl/": Use(MODEL, "", MODEL),
    f"PATCH customModels/{IDENTITY}/": Use(
        step="CustomModel/churn", **_changed(MODEL, "First.", "Second.")),
    f"DELETE customModels/{IDENTITY}/": Use("", "CustomModel/churn", MODEL),
    f"PATCH {VERSIONS}": Use(
        step="CustomModel/churn#version", **_changed(MODEL, "1Gi", "2Gi"),
        needs=("CustomModel/churn#conversion", *_JOBS)),
    f"PATCH customModels/{IDENTITY}/trainingData/": Use(OLDER, "CustomModel/older#training"),
    f"POST {VERSIONS}fromRepository/": Use(PULLED, "CustomModel/pulled#version"),
    f"PATCH {VERSIONS}fromRepository/": Use(
        step="CustomModel/pulled#version", **_changed(PULLED, "ref: v1", "ref: v2")),
    "POST customModels/fromModelTemplate/": Use(TEMPLATE, "CustomModel/assistant"),
}  # fmt: skip

# Operations with documented refusals that an apply does not use as such, and why.
NOT_IN_APPLY = {
    "GET customInferenceImages/{imageId}/featureImpact/": "deprecated, a client method only",
    "POST customInferenceImages/{imageId}/featureImpact/": "deprecated, a client method only",
    "POST customModels/predictionExplanationsInitialization/": "deprecated, a client method only",
    f"PATCH {VERSIONS}withTrainingData/": "deprecated, a client method only",
    "DELETE customModelTests/{customModelTestId}/": "cancel only",
    f"DELETE {VERSION}conversions/{{conversionId}}/": "cancel only",
    f"DELETE {VERSION}dependencyBuild/": "cancel only",
    "GET customModelTests/{customModelTestId}/log/": "logs only",
    "GET customModelTests/{customModelTestId}/tail/": "of a failed test: see the log that is gone",
    f"GET {VERSION}dependencyBuildLog/": "of a failed build: see the log that is gone",
    f"GET {VERSIONS}": "history, and after a lost answer",
    f"GET {VERSION}dependencyBuild/": "its refusal means that there is none",
    f"GET {VERSION}featureImpact/": "its refusals mean none, or one that runs",
}
