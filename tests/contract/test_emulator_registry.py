"""The model registry: repositories, versions, numbers, aliases, tags, metrics, filters, pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.emulator.world import attached
from tests.support.emulator import OWNER, Clock, Emulator

SVC, ML = "/api/svc/v1", "/api/ml/v1"
FRAMEWORKS = (
    {"type": "transformers", "library_name": "diffusers", "pipeline_tag": None},
    {"type": "tensorflow"},
    {"type": "sklearn", "serialization_format": "joblib", "model_filepath": "m.joblib"},
    {"type": "pytorch"},
    {"type": "keras"},
    {"type": "xgboost", "model_schema": {"inputs": [{"name": "a"}], "outputs": []}},
    {"type": "lightgbm"},
    {"type": "fastai"},
    {"type": "h2o"},
    {"type": "onnx"},
    {"type": "spacy"},
    {"type": "statsmodels"},
    {"type": "gluon"},
    {"type": "paddle", "more": ["is", "kept"]},
    {},
    None,
)
SOURCES = (
    {"type": "truefoundry"},
    {"type": "truefoundry", "uri": "s3://bucket/key"},
    {"type": "external", "uri": "gs://bucket"},
    {"type": "local", "file_or_folder": "./model"},
)


class Registry:
    """An emulator with a client of the registry and one repository."""

    def __init__(self, **options: Any) -> None:
        self.emulator = Emulator(**options)
        self.http: httpx.Client = self.emulator.client(None, Authorization="Bearer any")
        self.repo = self.put_repo("fraud")

    def call(self, method: str, path: str, expected: int = 200, **arguments: Any) -> Any:
        response = self.http.request(method, path, **arguments)
        assert response.status_code == expected, response.text
        return response.json()

    def put_repo(self, name: str) -> Any:
        manifest = {"type": "ml-repo", "name": name, "storage_integration_fqn": "acme:s3"}
        return self.call("PUT", f"{SVC}/ml-repos", json={"manifest": manifest})["data"]

    def put(self, expected: int = 200, **fields: Any) -> Any:
        body = {"manifest": manifest(**fields)}
        answer = self.call("PUT", f"{SVC}/model-versions", expected, json=body)
        return answer.get("data", answer)

    def models(self, root: str = ML, **query: Any) -> Any:
        return self.call("GET", f"{root}/models", params=query)["data"]

    def versions(self, **query: Any) -> list[int]:
        found = self.call("GET", f"{SVC}/model-versions", params=query)["data"]
        return [version["manifest"]["version"] for version in found]


def manifest(**fields: Any) -> dict[str, Any]:
    """A manifest of a model version; a field of ``...`` is left out."""
    whole = {
        "type": "model-version",
        "name": "churn",
        "ml_repo": "fraud",
        "metadata": {},
        "source": {"type": "truefoundry"},
        **fields,
    }
    return {name: value for name, value in whole.items() if value is not ...}


def test_a_model_is_shown_with_its_latest_version() -> None:
    registry = Registry()
    first = registry.put(environment={"python_version": "3.11", "pip_packages": ["a==1"]})
    second = registry.put(step=7, run_id="run-1", description="better")
    registry.emulator.clock.sleep(5)
    (model,) = registry.models()
    assert model["latest_version"] == second
    assert second["fqn"] == "model-version:acme/fraud/churn:2"
    assert model["fqn"] == "model:acme/fraud/churn"
    assert model["run_steps"] == [0, 7]
    assert model["created_by_subject"]["subjectSlug"] == OWNER
    assert (first["model_id"], first["ml_repo_id"]) == (model["id"], registry.repo["id"])
    assert first["manifest"]["environment"] == {"python_version": "3.11", "pip_packages": ["a==1"]}
    assert (first["tags"], first["metrics"], first["deployable"]) == ([], [], False)
    assert registry.call("GET", f"{SVC}/models/{model['id']}") == {"data": model}
    assert registry.call("GET", f"{ML}/model-versions/{first['id']}") == {"data": first}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_framework_is_taken_and_given_back(framework: Any) -> None:
    assert Registry().put(framework=framework)["manifest"]["framework"] == framework


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_is_taken_and_given_back(source: Any) -> None:
    assert Registry().put(source=source)["manifest"]["source"] == source


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": None}, "manifest.name: value is not allowed to be null"),
        ({"ml_repo": ...}, "manifest.ml_repo: is required"),
        ({"metadata": ...}, "manifest.metadata: is required"),
        ({"metadata": []}, "manifest.metadata: value is not a dictionary"),
        ({"source": {"type": "ftp"}}, "manifest.source: value is not one of"),
        ({"source": {"type": "external"}}, "manifest.source.uri: is required"),
        ({"framework": {"type": "caffe"}}, "manifest.framework: value is not one of"),
        (
            {"framework": {"type": "sklearn", "serialization_format": "json"}},
            "manifest.framework.serialization_format: value is not one of",
        ),
        ({"environment": {"pip_packages": "a"}}, "manifest.environment.pip_packages"),
        ({"version": 0}, "manifest.version: value is less than 1"),
        ({"version_alias": "latest"}, "manifest.version_alias: must start with v"),
        ({"type": "artifact-version"}, "manifest.type: value is not one of"),
        ({"metadata": {"big": float("1e308")}, "step": 1.5}, "manifest.step"),
    ],
)
def test_wrong_manifests(fields: dict[str, Any], told: str) -> None:
    registry = Registry()
    answer = registry.put(422, **fields)
    assert answer["statusCode"] == 422
    assert told in answer["message"]
    assert registry.models() == []


@pytest.mark.parametrize("value", [b"1e999", b"[" * 200 + b"]" * 200])
def test_what_could_not_be_written_again_is_refused(value: bytes) -> None:
    known = b'"name": "a", "ml_repo": "fraud", "source": {}'
    body = b'{"manifest": {%s, "metadata": {"x": %s}}}' % (known, value)
    headers = {"Content-Type": "application/json"}
    Registry().call("PUT", f"{SVC}/model-versions", 422, content=body, headers=headers)


def test_numbers_count_up_and_a_given_one_updates_in_place() -> None:
    registry = Registry()
    one = registry.put()
    assert registry.put()["manifest"]["version"] == 2
    changed = registry.put(version=1, description="changed")
    assert changed["id"] == one["id"]
    assert changed["manifest"]["description"] == "changed"
    assert registry.put(version=7)["manifest"]["version"] == 7
    latest = registry.put()
    assert latest["manifest"]["version"] == 8
    registry.call("DELETE", f"{SVC}/model-versions/{latest['id']}")
    assert registry.put()["manifest"]["version"] == 9
    assert registry.put(404, ml_repo="nowhere")["message"] == "ML Repo nowhere not found"


def test_an_alias_moves_to_the_version_that_takes_it() -> None:
    registry = Registry()
    registry.put(version_alias="v1-prod")
    registry.put()
    assert registry.versions(fqn="model-version:acme/fraud/churn:v1-prod") == [1]
    registry.put(version=2, version_alias="v1-prod")
    assert registry.versions(fqn="model-version:acme/fraud/churn:v1-prod") == [2]
    aliases = [v["manifest"].get("version_alias") for v in versions_of(registry)]
    assert aliases == ["v1-prod", None]
    registry.put(name="other", version_alias="v1-prod")
    assert registry.versions(fqn="model-version:acme/fraud/churn:v1-prod") == [2]


def versions_of(registry: Registry) -> Any:
    """The versions of the usual model."""
    return registry.call("GET", f"{SVC}/model-versions", params={"name": "churn"})["data"]


def test_tags_are_of_one_version_and_move_only_when_forced() -> None:
    registry = Registry()
    ids = [registry.put()["id"] for _ in range(2)]
    for root, version in zip((ML, SVC), ids, strict=True):
        body = {"model_version_id": version, "tags": [f"only-{version}", "x", "x"], "force": True}
        assert registry.call("PUT", f"{root}/model-versions/tags", json=body) == {}
    assert [v["tags"] for v in versions_of(registry)] == [
        [f"only-{ids[1]}", "x"],
        [f"only-{ids[0]}"],
    ]
    body = {"model_version_id": ids[0], "tags": ["x"]}
    refused = registry.call("PUT", f"{SVC}/model-versions/tags", 422, json=body)
    assert refused["message"] == "tags: in use by another version: x"
    assert registry.versions(tag="x") == [2]
    body = {"model_version_id": "unknown", "tags": []}
    registry.call("PUT", f"{SVC}/model-versions/tags", 404, json=body)


def test_metrics_and_deployable_come_from_metadata_or_a_control() -> None:
    registry = Registry()
    said = {"metrics": {"auc": 0.83, "note": "text", "ok": True}, "deployable": True}
    version = registry.put(metadata=said, step=3)
    moment = int(registry.emulator.clock() * 1000)
    assert version["metrics"] == [{"key": "auc", "value": 0.83, "timestamp": moment, "step": 3}]
    assert version["deployable"] is True
    control = registry.emulator.control
    changed = {"id": version["id"], "metrics": {"auc": 0.7, "f1": 1}, "deployable": False}
    control("POST", "registry/metrics", changed)
    latest = registry.models()[0]["latest_version"]
    assert {m["key"]: m["value"] for m in latest["metrics"]} == {"auc": 0.7, "f1": 1}
    assert latest["deployable"] is False
    registry.put()
    by_model = {"fqn": "model:acme/fraud/churn", "metrics": {"auc": 0.9}}
    assert control("POST", "registry/metrics", by_model)["manifest"]["version"] == 2
    by_version = {"fqn": "model-version:acme/fraud/churn:1", "deployable": None}
    assert control("POST", "registry/metrics", by_version)["deployable"] is True
    refused = registry.http.post("/__emulator__/registry/metrics", json={"fqn": "model:x/y/z"})
    assert refused.status_code == 404


def test_the_tenant_can_be_named() -> None:
    registry = Registry()
    registry.put()
    registry.emulator.control("POST", "registry/tenant", {"name": "tfy-eo"})
    assert registry.models(fqn="model:acme/fraud/churn") == []
    assert registry.models(fqn="model:tfy-eo/fraud/churn")[0]["name"] == "churn"


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    state, clock = tmp_path / "state.db", Clock()
    before = Registry(clock=clock, state=state)
    before.put(version_alias="v1", metadata={"metrics": {"auc": 0.83}})
    shown = before.models()
    attached(before.emulator.app).store.close()
    after = Registry(clock=clock, state=state)
    assert after.models() == shown
    assert after.put()["manifest"]["version"] == 2
    after.emulator.control("POST", "reset")
    assert after.models() == []
    attached(after.emulator.app).store.close()
