"""Versions of custom models: /api/v2/customModels/{id}/versions/ and their downloads."""

from __future__ import annotations

from typing import Any

import flask
from flask import Blueprint

from reconciler.emulator.answers import answer, attachment, page
from reconciler.emulator.custom_models import version_files, version_inputs, version_rules
from reconciler.emulator.custom_models.version_rules import Draft
from reconciler.emulator.fields import Field, flag, loose, text
from reconciler.emulator.inputs import form_body, json_body, query
from reconciler.emulator.lists import listed
from reconciler.emulator.refusal import not_found
from reconciler.emulator.store import Doc
from reconciler.emulator.world import caller, current

model_versions = Blueprint("model_versions", __name__)

VERSIONS = "/api/v2/customModels/<model_id>/versions/"
VERSION = VERSIONS + "<version_id>/"
_DOWNLOAD = {"pps": Field(loose(flag))}
# Objects that the pages allow to be missing and not to be null; the official client also refuses
# empty ones.
_LEFT_OUT_WHEN_NULL = ("gitModelVersion", "trainingData", "holdoutData")


@model_versions.get(VERSIONS)
def list_versions(model_id: str) -> flask.Response:
    """Every version, newest first: a known client takes the first as the latest."""
    model = visible_model(model_id)
    sha = query({"mainBranchCommitSha": Field(text())}, 400).get("mainBranchCommitSha")
    versions = current().store.children("modelVersions", model["id"])
    found = [v for v in versions if sha is None or _commit(v) == sha]
    return page(listed(found), shown_version, bad=400)


@model_versions.post(VERSIONS)
def create_clean(model_id: str) -> flask.Response:
    """A version of exactly the uploaded files."""
    model = editable_model(model_id, 404)
    form = form_body(version_inputs.NEW, ("file",), version_inputs.LISTS)
    draft = Draft(caller(), form.values, version_inputs.uploads(form))
    return answer(shown_version(version_rules.add(current(), model, draft)), 201)


@model_versions.patch(VERSIONS)
def create_from_latest(model_id: str) -> flask.Response:
    """A version of the latest one's files and settings, with some of both changed."""
    model = editable_model(model_id, 404)
    form = form_body(version_inputs.NEXT, ("file",), version_inputs.LISTS)
    latest = current().store.last_child("modelVersions", model["id"])
    draft = Draft(caller(), form.values, version_inputs.uploads(form), latest)
    return answer(shown_version(version_rules.add(current(), model, draft)), 201)


@model_versions.get(VERSION)
def get_version(model_id: str, version_id: str) -> flask.Response:
    """One version with its files."""
    return answer(shown_version(visible_version(model_id, version_id)))


@model_versions.patch(VERSION)
def update_version(model_id: str, version_id: str) -> flask.Response:
    """Change what is not code or settings: description, commit, metadata that is not set yet.

    A frozen version takes these too (not documented): the page calls it "frozen and immutable".
    """
    editable_model(model_id, 404)
    version = visible_version(model_id, version_id)
    current().quirks.change_version(version_rules.is_frozen(current(), version))
    changed = version_rules.metadata(version, json_body(version_inputs.METADATA))
    return answer(shown_version(current().store.change("modelVersions", version, **changed)))


@model_versions.get(VERSION + "download/")
def download_version(model_id: str, version_id: str) -> flask.Response:
    """The files of the version as a zip archive."""
    return _download(visible_version(model_id, version_id))


@model_versions.get("/api/v2/customModels/<model_id>/download/")
def download_latest(model_id: str) -> flask.Response:
    """The files of the latest version as a zip archive."""
    latest = current().store.last_child("modelVersions", visible_model(model_id)["id"])
    if latest is None:
        raise not_found("Custom model version")
    return _download(latest)


def visible_model(model_id: str) -> Doc:
    """The model, if the caller may see it: else 404."""
    return version_rules.seen_model(current(), model_id)


def editable_model(model_id: str, denied: int) -> Doc:
    """The model, if the caller may change it."""
    return version_rules.editable_model(current(), model_id, denied)


def visible_version(model_id: str, version_id: str) -> Doc:
    """The version of that model, if the caller may see it: else 404."""
    model = visible_model(model_id)
    version = current().store.get("modelVersions", version_id)
    if version is None or version["parent"] != model["id"]:
        raise not_found("Custom model version")
    return version


def shown_version(version: Doc) -> Doc:
    """The version as the API shows it."""
    values = version["requiredMetadataValues"]
    shown = {
        **{n: v for n, v in version.items() if n not in ("parent", "user", "settings", "job")},
        **version["settings"],
        "customModelId": version["parent"],
        "label": f"v{version['versionMajor']}.{version['versionMinor']}",
        "isFrozen": version_rules.is_frozen(current(), version),
        "items": [version_files.shown(item, version["parent"]) for item in version["items"]],
        "requiredMetadata": {pair["fieldName"]: pair["value"] for pair in values},
    }
    for name in _LEFT_OUT_WHEN_NULL:
        if shown[name] is None:
            del shown[name]
    return shown


def _commit(version: Doc) -> Any:
    return (version["gitModelVersion"] or {}).get("mainBranchCommitSha")


def _download(version: Doc) -> flask.Response:
    wanted = query(_DOWNLOAD)
    content = version_files.archive(current(), version["items"], bool(wanted.get("pps")))
    return attachment(content, f"model-{version['parent']}-{version['id']}.zip")
