"""Registered models and repositories of them: models and ml-repos, under both roots."""

from __future__ import annotations

from typing import Any

import flask
from flask import Blueprint

from reconciler.emulator.answers import answer
from reconciler.emulator.fields import Field, Tolerant, flag
from reconciler.emulator.inputs import json_body
from reconciler.emulator.lists import listed
from reconciler.emulator.model_registry import records, views
from reconciler.emulator.model_registry.fields import repo_manifest
from reconciler.emulator.model_registry.wire import filters, page, route
from reconciler.emulator.store import Doc
from reconciler.emulator.world import current

registry_models = Blueprint("registry_models", __name__)

_WORDS = ("fqn", "ml_repo_id", "name", "run_id")
_PUT_REPO = Tolerant({"manifest": Field(repo_manifest, True), "dryRun": Field(flag)})


@route(registry_models, "GET", "/models")
def list_models() -> flask.Response:
    """The models that fit every filter, newest first."""
    given = filters(_WORDS, {"include_empty_models": Field(flag)})
    models = [m for m in current().store.all(records.MODELS) if _fits(m, given)]
    return page(listed(models), views.show_model, given)


@route(registry_models, "GET", "/models/<model_id>")
def get_model(model_id: str) -> flask.Response:
    """One model."""
    return answer({"data": views.show_model(_model(model_id))})


@route(registry_models, "DELETE", "/models/<model_id>")
def delete_model(model_id: str) -> flask.Response:
    """Remove a model and its versions; the official client cannot read an empty answer."""
    records.drop_model(_model(model_id))
    return answer({})


@route(registry_models, "GET", "/ml-repos")
def list_repos() -> flask.Response:
    """The repositories, newest first."""
    # The contract has ``attributes``, which choose what is shown; all of it always is.
    given = filters(("name", "attributes"), {})
    repos = current().store.all(records.REPOS)
    named = [r for r in repos if given.get("name", r["manifest"]["name"]) == r["manifest"]["name"]]
    return page(listed(named), views.show_repo, given)


@route(registry_models, "PUT", "/ml-repos")
def put_repo() -> flask.Response:
    """Make or change a repository."""
    given = json_body(_PUT_REPO)
    if given.get("dryRun"):
        return answer({"data": views.show_repo(_imagined(given["manifest"]))})
    return answer({"data": views.show_repo(records.put_repo(given["manifest"]))})


@route(registry_models, "GET", "/ml-repos/<repo_id>")
def get_repo(repo_id: str) -> flask.Response:
    """One repository."""
    return answer({"data": views.show_repo(_repo(repo_id))})


@route(registry_models, "DELETE", "/ml-repos/<repo_id>")
def delete_repo(repo_id: str) -> flask.Response:
    """Remove a repository and its models."""
    records.drop_repo(_repo(repo_id))
    return answer({})


def _model(model_id: str) -> Doc:
    return records.found(records.MODELS, model_id, "Model")


def _repo(repo_id: str) -> Doc:
    return records.found(records.REPOS, repo_id, "ML Repo")


def _imagined(manifest: Doc) -> Doc:
    """The repository that would be there, had it not been a dry run."""
    held = records.repo_named(manifest["name"])
    blank: Doc = {"id": "dry-run", "user": flask.g.user, "created": current().clock()}
    return {**(held or blank), "manifest": manifest}


def _fits(model: Doc, given: dict[str, Any]) -> bool:
    versions = views.versions_of(model)
    if not versions and not given.get("include_empty_models", True):
        return False
    known = {
        "fqn": {views.model_fqn(model)},
        "ml_repo_id": {model["parent"]},
        "name": {model["name"]},
        "run_id": {version["manifest"].get("run_id") for version in versions},
    }
    return all(given[word] in known[word] for word in _WORDS if word in given)
