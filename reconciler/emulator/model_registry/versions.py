"""Versions of registered models: model-versions, their tags, and apply and delete by manifest."""

from __future__ import annotations

import re
from typing import Any

import flask
from flask import Blueprint

from reconciler.emulator.answers import answer
from reconciler.emulator.fields import Field, Tolerant, flag, many, text
from reconciler.emulator.inputs import json_body
from reconciler.emulator.lists import listed
from reconciler.emulator.model_registry import records, views
from reconciler.emulator.model_registry.fields import ML_REPO, manifest, model_manifest
from reconciler.emulator.model_registry.wire import ROOTS, count, filters, page, route
from reconciler.emulator.refusal import invalid
from reconciler.emulator.store import Doc
from reconciler.emulator.world import current

registry_versions = Blueprint("registry_versions", __name__)

_WORDS = ("tag", "fqn", "model_id", "ml_repo_id", "name")
_MANIFEST = Tolerant({"manifest": Field(model_manifest, True)})
_APPLY = Tolerant({"manifest": Field(manifest, True), "dryRun": Field(flag), "force": Field(flag)})
_TAGS = Tolerant(
    {
        "model_version_id": Field(text(), True),
        "tags": Field(many(text(), 1000), True),
        "force": Field(flag),
    }
)
_NUMBER = re.compile(r"-?[0-9]{1,300}(\.[0-9]{1,300})?([eE][+-]?[0-9]{1,3})?", re.ASCII)


@route(registry_versions, "GET", "/model-versions")
def list_versions() -> flask.Response:
    """The versions that fit every filter, newest first."""
    others = {"version": Field(count()), "include_internal_metadata": Field(flag)}
    given = filters((*_WORDS, "run_ids", "run_steps"), others)
    steps = {_step(word) for word in flask.request.args.getlist("run_steps")}
    versions = [v for v in current().store.all(records.VERSIONS) if _fits(v, given, steps)]
    return page(listed(versions), views.show_version, given)


@route(registry_versions, "PUT", "/model-versions")
def put_version() -> flask.Response:
    """Make the next version, or change the one whose number the manifest gives."""
    given = json_body(_MANIFEST)
    return answer({"data": views.show_version(records.put_version(given["manifest"]))})


# The client deletes by manifest under another root; the public documents, under this root only.
@registry_versions.post(ROOTS[0] + "/model-versions")
def delete_described_version() -> flask.Response:
    """Remove the version that a manifest means."""
    version = records.doomed(json_body(_MANIFEST)["manifest"])
    current().store.drop(records.VERSIONS, version["id"])
    return answer({})


@route(registry_versions, "PUT", "/model-versions/tags")
def apply_tags() -> flask.Response:
    """Give a version its tags."""
    given = json_body(_TAGS)
    version = _version(given["model_version_id"])
    records.tag(version, given["tags"], given.get("force", False))
    return answer({})


@route(registry_versions, "GET", "/model-versions/<version_id>")
def get_version(version_id: str) -> flask.Response:
    """One version."""
    return answer({"data": views.show_version(_version(version_id))})


@route(registry_versions, "DELETE", "/model-versions/<version_id>")
def delete_version(version_id: str) -> flask.Response:
    """Remove a version; its model stays, also without any."""
    current().store.drop(records.VERSIONS, _version(version_id)["id"])
    return answer({})


@route(registry_versions, "PUT", "/apply")
def apply() -> flask.Response:
    """Make or change what a manifest describes, or only say which of both it would be."""
    given = json_body(_APPLY)
    wanted, is_repo = given["manifest"], given["manifest"]["type"] == ML_REPO
    if not is_repo:
        records.repo_of(wanted)
    held = records.repo_named(wanted["name"]) if is_repo else records.updated_by(wanted)
    body: Doc = {"action": "UPDATE" if held else "CREATE"}
    if held:
        body["existingManifest"] = held["manifest"]
    if not given.get("dryRun"):
        body["data"] = _applied(wanted, is_repo)
    return answer(body)


@route(registry_versions, "POST", "/delete")
def delete_described() -> flask.Response:
    """Remove what a manifest describes."""
    wanted = json_body(_APPLY)["manifest"]
    if wanted["type"] == ML_REPO:
        repo = records.repo_named(wanted["name"])
        records.drop_repo(repo or records.found(records.REPOS, wanted["name"], "ML Repo"))
    else:
        current().store.drop(records.VERSIONS, records.doomed(wanted)["id"])
    return answer({})


def _applied(wanted: Doc, is_repo: bool) -> Doc:
    if is_repo:
        return views.show_repo(records.put_repo(wanted))
    return views.show_version(records.put_version(wanted))


def _version(version_id: str) -> Doc:
    return records.found(records.VERSIONS, version_id, "Model version")


def _step(word: str) -> float:
    if not _NUMBER.fullmatch(word):
        raise invalid({"run_steps": "value is not a number"})
    return float(word)


def _fits(version: Doc, given: dict[str, Any], steps: set[float]) -> bool:
    model = current().store.get(records.MODELS, version["parent"]) or {}
    manifest_ = version["manifest"]
    alias = manifest_.get("version_alias")
    known: dict[str, tuple[Any, ...] | list[str]] = {
        "tag": version["tags"],
        "fqn": (views.version_fqn(version), alias and views.version_fqn(version, alias)),
        "model_id": (version["parent"],),
        "ml_repo_id": (model["parent"],),
        "name": (model["name"],),
        "version": (version["number"],),
    }
    runs = flask.request.args.getlist("run_ids")
    return (
        all(given[name] in values for name, values in known.items() if name in given)
        and (not runs or manifest_.get("run_id") in runs)
        and (not steps or manifest_["step"] in steps)
    )
