"""What the registry shows of a model, a version and a repository."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.model_registry import records
from reconciler.emulator.store import Doc
from reconciler.emulator.world import current

_SNIPPET = """from truefoundry.ml import get_client
model_version = get_client().get_model_version_by_fqn("{fqn}")
model_version.download(path="./model")
"""


def model_fqn(model: Doc) -> str:
    """``model:{tenant}/{ml_repo}/{name}``."""
    return f"model:{_place(model)}"


def version_fqn(version: Doc, name: Any = None) -> str:
    """``model-version:{tenant}/{ml_repo}/{name}:{version}``; an alias may stand for the number."""
    model = _model(version)
    return f"model-version:{_place(model)}:{name or version['number']}"


def versions_of(model: Doc) -> list[Doc]:
    """The versions of a model, the highest first."""
    versions = current().store.children(records.VERSIONS, model["id"])
    return sorted(versions, key=lambda version: -int(version["number"]))


def show_model(model: Doc) -> Doc:
    """A model with its latest version."""
    versions = versions_of(model)
    return {
        "id": model["id"],
        "ml_repo_id": model["parent"],
        "type": "model",
        "name": model["name"],
        "fqn": model_fqn(model),
        "created_by_subject": records.shown_subject(model["user"]),
        "created_at": records.shown_time(model["created"]),
        "updated_at": records.shown_time(model["updated"]),
        "latest_version": show_version(versions[0]) if versions else None,
        "run_steps": sorted({version["manifest"]["step"] for version in versions}),
    }


def show_version(version: Doc) -> Doc:
    """A version of a model."""
    fqn = version_fqn(version)
    return {
        "id": version["id"],
        "fqn": fqn,
        "created_by_subject": records.shown_subject(version["user"]),
        "manifest": version["manifest"],
        "ml_repo_id": _model(version)["parent"],
        "model_id": version["parent"],
        "created_at": records.shown_time(version["created"]),
        "updated_at": records.shown_time(version["updated"]),
        "usage_code_snippet": _SNIPPET.format(fqn=fqn),
        "tags": version["tags"],
        "metrics": records.metrics(version),
        "deployable": records.is_deployable(version),
    }


def show_repo(repo: Doc) -> Doc:
    """A repository of models."""
    models = current().store.children(records.MODELS, repo["id"])
    name = records.tenant(current())
    return {
        "id": repo["id"],
        "tenant_name": name,
        "account_id": name,
        "manifest": repo["manifest"],
        "created_by_subject": records.shown_subject(repo["user"]),
        "created_at": records.shown_time(repo["created"]),
        "num_runs": 0,
        "artifact_type_counts": {"model": len(models)},
        "datasets_count": 0,
        "tracing_projects_count": 0,
    }


def _place(model: Doc) -> str:
    repo = current().store.get(records.REPOS, model["parent"]) or {}
    return f"{records.tenant(current())}/{repo['manifest']['name']}/{model['name']}"


def _model(version: Doc) -> Doc:
    # Versions go with their model, so it is always there.
    return current().store.get(records.MODELS, version["parent"]) or {}
