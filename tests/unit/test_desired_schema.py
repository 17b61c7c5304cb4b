"""The JSON Schemas: valid, current, and of one mind with the models about real manifests."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings

from reconciler.desired.envelope import manifest_model
from reconciler.desired.schema import schemas, write_schemas
from reconciler.providers.all import KINDS
from tests.support.manifest_set import ManifestSet
from tests.support.manifest_strategies import manifest_sets

ROOT = Path(__file__).parents[2]
MADE = schemas(KINDS)
ANY = jsonschema.Draft202012Validator(MADE["reconciler"])

EXAMPLE = """\
apiVersion: reconciler/v1
kind: Project
metadata: {name: fraud}
spec:
  exclude: ["drafts/**"]
  variables: {tier: standard}
  providers:
    custom_models: {endpoint: "${env.DATAROBOT_ENDPOINT}", token: "${env.DATAROBOT_API_TOKEN}"}
  policy: {prune: false, maxDeletePercent: 30, maxChangePercent: 100}
  targets:
    prod:
      variables: {tier: premium}
      providers: {custom_models: {endpoint: "${env.PROD_ENDPOINT}", token: "${env.PROD_TOKEN}"}}
      patches: [{kind: CustomModel, name: churn, spec: {version: {replicas: 4}}}]
---
apiVersion: reconciler/v1
kind: ExecutionEnvironment
metadata: {name: py311}
lifecycle: {protect: true, ignoreChanges: [description], onDelete: softDelete}
spec:
  name: Python 3.11 scikit-learn
  description: For models
  programmingLanguage: python
  useCases: [customModel]
  isPublic: false
  version: {dockerContext: ./docker, label: "2026-11", description: first, timeout: 30m}
  sharing: {mode: exact, users: [{username: ann@acme.io, role: OWNER, canShare: true}]}
---
apiVersion: reconciler/v1
kind: CustomModel
metadata: {name: churn, userProvidedId: churn-1}
lifecycle: {protect: false, allowReplace: false, ignoreChanges: []}
dependsOn: [ExecutionEnvironment/py311]
spec:
  name: Churn
  description: null
  language: Python
  targetType: Binary
  targetName: churned
  positiveClassLabel: "yes"
  negativeClassLabel: "no"
  classLabels: [a, b, c]
  predictionThreshold: 0.4
  calibratePredictions: true
  isTrainingDataForVersionsPermanentlyEnabled: true
  template: {templateId: a, resourceBundleId: b, secretConfigId: c}
  version:
    environment: {ref: py311, follow: latest}
    files: {root: ./model, include: ["**"], exclude: ["*.pyc"]}
    update: auto
    description: first
    maximumMemory: 2Gi
    replicas: 2
    networkEgressPolicy: PUBLIC
    requiresHa: false
    resourceBundleId: null
    requiredMetadata: {REGION: eu}
    trainingData: {datasetId: a, datasetVersionId: b}
    holdoutData: {partitionColumn: split}
    dependencyBuild: true
  tests:
    datasetId: a
    checks: {errorCheck: fail, nullValueImputation: warn, sideEffects: skip}
    timeout: 30m
  featureImpact: {rowCount: 10000}
  predictionExplanations: true
  conversion: {mainProgram: Main.java}
  sharing: {mode: exact, users: []}
"""
PROJECT, ENVIRONMENT, MODEL = yaml.safe_load_all(EXAMPLE)


def changed(document: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """A copy with one value replaced."""
    made = copy.deepcopy(document)
    *keys, last = path.split(".")
    inner = made
    for key in keys:
        inner = inner[key]
    inner[last] = value
    return made


def test_the_committed_schemas_are_current(tmp_path: Path) -> None:
    written = write_schemas(tmp_path / "schemas", KINDS)
    names = {f"{name}.schema.json" for name in (*KINDS, "Project", "reconciler")}
    assert {path.name for path in written} == names
    for path in written:
        committed = (ROOT / "schemas" / path.name).read_text(encoding="utf-8")
        assert path.read_text(encoding="utf-8") == committed, "run `reconciler schema`"


@pytest.mark.parametrize("name", sorted(MADE))
def test_each_is_a_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(MADE[name])
    text = json.dumps(MADE[name])
    assert MADE[name]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert '"default": null' not in text
    assert "``" not in text


@pytest.mark.parametrize("document", [PROJECT, ENVIRONMENT, MODEL], ids=lambda d: str(d["kind"]))
def test_the_example_is_valid(document: dict[str, Any]) -> None:
    ANY.validate(document)
    jsonschema.Draft202012Validator(MADE[document["kind"]]).validate(document)


@pytest.mark.parametrize("path", sorted((ROOT / "examples").rglob("*.yaml")), ids=lambda p: p.name)
def test_the_example_repository_is_valid(path: Path) -> None:
    for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
        ANY.validate(document)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.name", "churn-${var.tier}"),
        ("spec.name", "${var.name}"),
        ("spec.targetType", "${var.type}"),
        ("spec.predictionThreshold", "${var.threshold}"),
        ("spec.predictionThreshold", 1),
        ("spec.calibratePredictions", "${var.yes}"),
        ("spec.version.replicas", "${var.replicas}"),
        ("spec.version.maximumMemory", "${var.memory}"),
        ("spec.version.maximumMemory", 2**30),
        ("spec.version.maximumMemory", "500 MB"),
        ("spec.version.maximumMemory", None),
        ("spec.tests.timeout", "1h30m"),
        ("spec.tests.timeout", "${var.time}"),
        ("spec.version.environment", {"ref": "${var.environment}"}),
        ("lifecycle.protect", "${var.protect}"),
    ],
)
def test_valid_changes(path: str, value: object) -> None:
    ANY.validate(changed(MODEL, path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("apiVersion", "reconciler/v2"),
        ("kind", "Model"),
        ("metadata.nmae", "x"),
        ("metadata.name", "a/b"),
        ("spec", None),
        ("spec.name", None),
        ("spec.name", 3),
        ("spec.name", ""),
        ("spec.targetType", "binary"),
        ("spec.targetType", None),
        ("spec.predictionThreshold", "0.4"),
        ("spec.predictionThreshold", 2),
        ("spec.version.replica", 1),
        ("spec.version.replicas", "${env.N}"),
        ("spec.version.replicas", 0),
        ("spec.version.maximumMemory", "2Gigs"),
        ("spec.tests.timeout", 30),
        ("spec.tests.timeout", ""),
        ("spec.tests.timeout", "soon"),
        ("dependsOn", ["churn"]),
        ("lifecycle.onDelete", "hard"),
    ],
)
def test_invalid_changes(path: str, value: object) -> None:
    assert not ANY.is_valid(changed(MODEL, path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec.policy.prune", "${var.prune}"),
        ("spec.policy.maxDeletePercent", 101),
        ("spec.variables.tier", None),
        ("spec.variables.tier", ["a"]),
        ("spec.targets.prod.patches", [{"kind": "CustomModel", "spec": {}}]),
        ("spec.polcy", {}),
    ],
)
def test_invalid_projects(path: str, value: object) -> None:
    assert not ANY.is_valid(changed(PROJECT, path, value))


@settings(max_examples=max(20, settings().max_examples // 10))
@given(manifest_sets())
def test_what_the_models_take_the_schema_takes(made: ManifestSet) -> None:
    for document in made.documents:
        manifest_model(KINDS[document["kind"]]).model_validate(document)
        ANY.validate(document)
