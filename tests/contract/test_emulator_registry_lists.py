"""Lists of the registry: filters, pages, deletion, apply, errors; the same under both roots."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.test_emulator_registry import ML, SVC, Registry, manifest
from tests.support.emulator import Emulator


def filled() -> Registry:
    """Two models in one repository, one without versions in another."""
    registry = Registry()
    registry.put_repo("risk")
    registry.put(run_id="run-1", step=1)
    registry.put(run_id="run-2", step=2)
    registry.put(name="lapse", run_id="run-1")
    empty = registry.put(name="empty", ml_repo="risk")
    registry.call("DELETE", f"{SVC}/model-versions/{empty['id']}")
    return registry


@pytest.mark.parametrize("root", [ML, SVC])
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["empty", "lapse", "churn"]),
        ({"include_empty_models": "false"}, ["lapse", "churn"]),
        ({"include_empty_models": "False"}, ["lapse", "churn"]),
        ({"name": "churn"}, ["churn"]),
        ({"name": "chur"}, []),
        ({"fqn": "model:acme/fraud/lapse"}, ["lapse"]),
        ({"fqn": "model:acme/risk/lapse"}, []),
        ({"run_id": "run-1"}, ["lapse", "churn"]),
        ({"run_id": "run-1", "name": "churn"}, ["churn"]),
        ({"run_id": "run-2", "include_empty_models": "true"}, ["churn"]),
        ({"offset": "1", "limit": "1"}, ["lapse"]),
        ({"offset": "9" * 30}, []),
    ],
)
def test_filters_and_pages_of_models(root: str, query: dict[str, str], names: list[str]) -> None:
    registry = filled()
    assert [model["name"] for model in registry.models(root, **query)] == names


def test_models_of_a_repository_and_totals() -> None:
    registry = filled()
    by_repo = registry.models(ml_repo_id=registry.repo["id"])
    assert [model["name"] for model in by_repo] == ["lapse", "churn"]
    page = registry.call("GET", f"{ML}/models", params={"limit": 2, "offset": 2})
    assert page["pagination"] == {"total": 3, "offset": 2, "limit": 2}
    assert registry.models(name="empty")[0]["latest_version"] is None


def test_names_that_read_as_numbers_or_truths_are_names() -> None:
    registry = Registry()
    for name in ("007", "true", "None"):
        registry.put(name=name)
        assert [model["name"] for model in registry.models(name=name)] == [name]


@pytest.mark.parametrize(
    ("query", "versions"),
    [
        ({}, [1, 2, 1]),
        ({"name": "churn"}, [2, 1]),
        ({"version": "1"}, [1, 1]),
        ({"fqn": "model-version:acme/fraud/churn:2"}, [2]),
        ({"run_ids": ["run-1", "run-2"], "name": "churn"}, [2, 1]),
        ({"run_ids": "run-2"}, [2]),
        ({"run_steps": ["2", "7"]}, [2]),
        ({"tag": "none"}, []),
        ({"include_internal_metadata": "true", "limit": "1"}, [1]),
        ({"model_id": "unknown"}, []),
    ],
)
def test_filters_of_versions(query: dict[str, Any], versions: list[int]) -> None:
    assert filled().versions(**query) == versions


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "many"},
        {"offset": "-1"},
        {"include_empty_models": "maybe"},
        {"nmae": "churn"},
        {"run_steps": "first"},
        {"version": "1.5"},
    ],
)
def test_wrong_queries(query: dict[str, str]) -> None:
    kind = "model-versions" if {"run_steps", "version"} & query.keys() else "models"
    answer = Registry().call("GET", f"{ML}/{kind}", 422, params=query)
    assert answer["statusCode"] == 422
    assert next(iter(query)) in answer["message"]


def test_deleting_takes_what_is_inside_along() -> None:
    registry = filled()
    churn = registry.models(name="churn")[0]["id"]
    assert registry.call("DELETE", f"{ML}/models/{churn}") == {}
    assert registry.versions(name="churn") == []
    registry.call("DELETE", f"{SVC}/models/{churn}", 404)
    assert registry.call("DELETE", f"{SVC}/ml-repos/{registry.repo['id']}") == {}
    assert [model["name"] for model in registry.models()] == ["empty"]
    registry.call("GET", f"{SVC}/ml-repos/{registry.repo['id']}", 404)


def test_versions_are_deleted_by_manifest() -> None:
    registry = Registry()
    registry.put(version_alias="v1")
    registry.put()
    path = f"{ML}/model-versions"
    registry.call("POST", path, 422, json={"manifest": manifest()})
    assert registry.call("POST", path, json={"manifest": manifest(version=2)}) == {}
    registry.call("POST", path, 404, json={"manifest": manifest(version=2)})
    named = {"manifest": manifest(version_alias="v1")}
    assert registry.call("POST", f"{SVC}/delete", json=named) == {}
    assert registry.versions() == []
    repo = {"manifest": registry.repo["manifest"]}
    assert registry.call("POST", f"{SVC}/delete", json=repo) == {}
    registry.call("POST", f"{SVC}/delete", 404, json=repo)
    registry.call("POST", path.replace(ML, SVC), 405, json=named)


def test_apply_says_what_it_does_and_a_dry_run_does_nothing() -> None:
    registry = Registry()
    path = f"{SVC}/apply"
    wanted = {"manifest": manifest(), "dryRun": True}
    assert registry.call("PUT", path, json=wanted) == {"action": "CREATE"}
    assert registry.models() == []
    made = registry.call("PUT", path, json={"manifest": manifest(), "force": True})
    assert (made["action"], made["data"]["manifest"]["version"]) == ("CREATE", 1)
    changed = registry.call("PUT", path, json={"manifest": manifest(version=1, step=2)})
    assert (changed["action"], changed["existingManifest"]["step"]) == ("UPDATE", 0)
    assert changed["data"]["manifest"]["step"] == 2
    registry.call("PUT", path, 404, json={"manifest": manifest(ml_repo="nowhere"), "dryRun": True})
    repo = {"name": "fraud", "storage_integration_fqn": "acme:gcs"}
    assert registry.call("PUT", path, json={"manifest": repo})["action"] == "UPDATE"
    assert (
        registry.call("GET", f"{SVC}/ml-repos", params={"name": "fraud"})["pagination"]["total"]
        == 1
    )


def test_a_dry_run_of_a_repository_shows_it_and_keeps_nothing() -> None:
    registry = Registry()
    new = {"name": "new", "storage_integration_fqn": "s"}
    shown = registry.call("PUT", f"{SVC}/ml-repos", json={"manifest": new, "dryRun": True})
    assert shown["data"]["manifest"] == {"type": "ml-repo", **new}
    assert registry.call("GET", f"{ML}/ml-repos")["pagination"]["total"] == 1
    changed = {**registry.repo["manifest"], "description": "d"}
    body = {"manifest": changed, "dryRun": True}
    assert registry.call("PUT", f"{SVC}/ml-repos", json=body)["data"]["id"] == registry.repo["id"]
    kept = registry.call("GET", f"{ML}/ml-repos/{registry.repo['id']}")["data"]
    assert kept == registry.repo


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "Bearer secret"}, 200),
        ({"Authorization": "Token secret"}, 401),
        ({"Authorization": "Bearer other"}, 401),
        ({"X-API-Key": "secret"}, 401),
        ({}, 401),
    ],
)
def test_only_a_bearer_token_is_known(headers: dict[str, str], status: int) -> None:
    http = Emulator(token="secret").client(None, **headers)
    for root in (ML, SVC):
        answer = http.get(f"{root}/models")
        assert answer.status_code == status
        assert answer.json().get("statusCode", 200) == status


def test_errors_and_faults_have_the_shape_of_this_api() -> None:
    registry = Registry()
    for method, path, status in (
        ("GET", f"{SVC}/nowhere", 404),
        ("GET", f"{SVC}/models/", 404),
        ("PATCH", f"{SVC}/models", 405),
        ("PUT", f"{SVC}/model-versions", 422),
    ):
        answer = registry.call(method, path, status)
        assert answer.keys() == {"statusCode", "message"}
    fault = {"action": "status", "status": 503, "path": "/models"}
    registry.emulator.control("POST", "faults", fault)
    assert registry.call("GET", f"{SVC}/models", 503)["statusCode"] == 503
