"""The official truefoundry-sdk client, unchanged, on a served emulator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from truefoundry_sdk import (
    MlRepoManifest,
    ModelManifest,
    NotFoundError,
    SklearnFramework,
    TransformersFramework,
    TrueFoundry,
    TrueFoundryManagedSource,
)
from truefoundry_sdk.core.api_error import ApiError

from reconciler.emulator.app import Options, create_app
from reconciler.emulator.serve import running
from tests.support.emulator import Clock


@pytest.fixture
def client() -> Iterator[TrueFoundry]:
    clock = Clock()
    app = create_app(Options(token="key"), clock, clock.sleep)
    # The client leaves its connections open, so that it is given one that is closed here.
    with running(app) as url, httpx.Client() as http:
        client = TrueFoundry(base_url=url, api_key="key", httpx_client=http)
        repo = MlRepoManifest(name="fraud", storage_integration_fqn="acme:s3")
        client.ml_repos.create_or_update(manifest=repo)
        yield client


def put(client: TrueFoundry, **fields: Any) -> Any:
    """A version of a model."""
    given = {"name": "churn", "ml_repo": "fraud", "metadata": {}, **fields}
    manifest = ModelManifest(source=TrueFoundryManagedSource(uri="s3://bucket/model"), **given)
    return client.models.create_or_update(manifest=manifest).data


def test_models_are_listed_over_pages_with_filters(client: TrueFoundry) -> None:
    for n in range(5):
        put(client, name=f"model-{n}", run_id=f"run-{n % 2}")
    names = [model.name for model in client.models.list(limit=2)]
    assert names == [f"model-{n}" for n in (4, 3, 2, 1, 0)]
    assert [m.name for m in client.models.list(run_id="run-1", limit=1)] == ["model-3", "model-1"]
    assert [m.name for m in client.models.list(name="model-2")] == ["model-2"]
    empty = client.models.get_by_fqn("model:acme/fraud/model-0").data
    client.model_versions.delete(empty.latest_version.id)
    kept = client.models.list(include_empty_models=False, ml_repo_id=empty.ml_repo_id)
    assert len(list(kept)) == 4
    with pytest.raises(NotFoundError):
        client.models.get_by_fqn("model:acme/fraud/none")


def test_every_field_comes_back(client: TrueFoundry) -> None:
    version = put(
        client,
        metadata={"metrics": {"auc": 0.83}, "deployable": True},
        framework=SklearnFramework(model_filepath="m.joblib", serialization_format="joblib"),
        environment={"python_version": "3.11", "pip_packages": ["scikit-learn==1.5"]},
        version_alias="v1-prod",
        description="first",
        run_id="run-1",
        step=3,
    )
    model = client.models.get_by_fqn("model:acme/fraud/churn").data
    latest = model.latest_version
    assert latest == version
    assert (latest.manifest.version, latest.manifest.version_alias) == (1, "v1-prod")
    assert latest.manifest.framework == SklearnFramework(
        model_filepath="m.joblib", serialization_format="joblib"
    )
    assert latest.manifest.environment.python_version == "3.11"
    assert [(metric.key, metric.value) for metric in latest.metrics] == [("auc", 0.83)]
    assert latest.deployable is True
    assert model.run_steps == [3]
    assert latest.created_at.year == 2023
    assert latest.created_by_subject.subject_type == "user"


def test_versions_tags_and_deletion(client: TrueFoundry) -> None:
    first, second = put(client), put(client, framework=TransformersFramework())
    client.model_versions.apply_tags(model_version_id=first.id, tags=["approved"])
    with pytest.raises(ApiError) as refused:
        client.model_versions.apply_tags(model_version_id=second.id, tags=["approved"])
    assert refused.value.status_code == 422
    client.model_versions.apply_tags(model_version_id=second.id, tags=["approved"], force=True)
    assert [v.id for v in client.model_versions.list(tag="approved")] == [second.id]
    fqn = "model-version:acme/fraud/churn:1"
    assert [v.id for v in client.model_versions.list(fqn=fqn)] == [first.id]
    assert [v.id for v in client.model_versions.list(run_steps=[0.0], version=2)] == [second.id]
    assert client.model_versions.get(second.id).data.tags == ["approved"]
    client.model_versions.delete(first.id)
    client.models.delete(second.model_id)
    assert list(client.models.list()) == []
    with pytest.raises(NotFoundError):
        client.models.get(second.model_id)


def test_apply_and_delete_by_manifest(client: TrueFoundry) -> None:
    repo = MlRepoManifest(name="risk", storage_integration_fqn="acme:s3")
    made = client.apply(manifest=repo.dict(), dry_run=True)
    assert made.action == "CREATE"
    client.apply(manifest=repo.dict())
    repos = list(client.ml_repos.list(limit=1))
    assert [held.manifest.name for held in repos] == ["risk", "fraud"]
    assert client.ml_repos.get(repos[0].id).data.tenant_name == "acme"
    client.delete(manifest=repo.dict())
    assert len(list(client.ml_repos.list())) == 1


def test_a_wrong_key(client: TrueFoundry) -> None:
    headers = {"Authorization": "Bearer other"}
    with pytest.raises(ApiError) as refused:
        list(client.models.list(request_options={"additional_headers": headers}))
    assert refused.value.status_code == 401
