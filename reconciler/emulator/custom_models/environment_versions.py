"""Versions of execution environments: /api/v2/executionEnvironments/{id}/versions/."""

from __future__ import annotations

from typing import Any

import flask
from flask import Blueprint
from werkzeug.datastructures import FileStorage

from reconciler.emulator import jobs, roles
from reconciler.emulator.answers import answer, attachment, page
from reconciler.emulator.custom_models import docker_build
from reconciler.emulator.fields import Field, flag, loose, one_of, text
from reconciler.emulator.inputs import form_body, query
from reconciler.emulator.lists import listed
from reconciler.emulator.refusal import Refusal, invalid, not_found
from reconciler.emulator.store import Doc
from reconciler.emulator.world import World, absolute, caller, current, is_admin

environment_versions = Blueprint("environment_versions", __name__)

SUBMITTED, PROCESSING, FAILED, SUCCESS = "submitted", "processing", "failed", "success"
_KIND = "environmentVersions"
_BUILD = "environmentVersionBuild"
# The pages spell the file fields in camel case; clients send both spellings.
_CONTEXT = ("dockerContext", "docker_context")
_IMAGE = ("dockerImage", "docker_image")
_NEW = {
    "description": Field(text(10_000)),
    "label": Field(text(50)),
    "dockerImageUri": Field(text(), null=True),
    "environmentVersionId": Field(text(24, 24)),
}
_FILTER = {
    "buildStatus": Field(one_of(SUBMITTED, PROCESSING, FAILED, SUCCESS)),
    "search": Field(text()),
}
_MIMETYPES = {"zip": "application/zip", "tar.gz": "application/gzip", "tar": "application/x-tar"}
_PATH = "/api/v2/executionEnvironments/<environment_id>/versions/"


@environment_versions.get(_PATH)
def list_versions(environment_id: str) -> flask.Response:
    """Every version, newest first."""
    environment = _environment(environment_id)
    wanted = query(_FILTER)
    versions = current().store.children(_KIND, environment["id"])
    return page(listed([v for v in versions if _matches(v, wanted)]), shown_version)


@environment_versions.post(_PATH)
def create_version(environment_id: str) -> flask.Response:
    """Take a Docker context, an image or an image address, and start the build."""
    environment = roles.editable(_environment(environment_id), "Execution environment")
    form = form_body(_NEW, (*_CONTEXT, *_IMAGE))
    context, image = _single(form.of(*_CONTEXT)), _single(form.of(*_IMAGE))
    uri = form.values.get("dockerImageUri")
    if context is None and image is None and not uri:
        raise invalid({"dockerContext": "one of dockerContext, dockerImage and dockerImageUri"})
    version = _stored(environment, form.values, context, image)
    path = f"/api/v2/executionEnvironments/{environment['id']}/versions/{version['id']}/"
    return answer({"id": version["id"]}, 202, path)


@environment_versions.get(_PATH + "<version_id>/")
def get_version(environment_id: str, version_id: str) -> flask.Response:
    """One version with the state of its build."""
    return answer(shown_version(_version(environment_id, version_id)))


@environment_versions.get(_PATH + "<version_id>/buildLog/")
def get_build_log(environment_id: str, version_id: str) -> flask.Response:
    """The console output of the build, empty until it has ended, and why it failed."""
    version = _version(environment_id, version_id)
    return answer({"log": version["log"], "error": version["error"]})


@environment_versions.get(_PATH + "<version_id>/download/")
def download_version(environment_id: str, version_id: str) -> flask.Response:
    """The context as it was uploaded, or the image that was uploaded."""
    version = _version(environment_id, version_id)
    wanted = query({"imageFile": Field(loose(flag))}).get("imageFile")
    stored = version["image"] if wanted else version["context"]
    if stored is None:
        raise not_found("Docker image" if wanted else "Docker context")
    name = f"environment-{version_id}.{stored['format']}"
    return attachment(current().store.blob(stored["digest"]), name, _MIMETYPES[stored["format"]])


def build_status(world: World, version: Doc) -> str:
    """Where the build of a version stands."""
    job = world.store.get("jobs", version["job"])
    if job and job["state"] == jobs.RUNNING:
        return SUBMITTED if jobs.is_queued(world, job) else PROCESSING
    return FAILED if version["error"] else SUCCESS


def latest_successful(world: World, environment_id: str) -> Doc | None:
    """The newest version whose build succeeded."""
    versions = reversed(world.store.children(_KIND, environment_id))
    return next((v for v in versions if build_status(world, v) == SUCCESS), None)


def new_version(
    world: World, environment: Doc, given: dict[str, Any], wait: float | None = None
) -> Doc:
    """Store a version and queue its build."""
    version_id = given.get("id") or world.store.new_id(_KIND)
    version = {
        "label": "",
        "description": "",
        "context": None,
        "image": None,
        "uri": None,
        **given,
        "id": version_id,
        "parent": environment["id"],
        "created": world.now(),
        "job": None,
        "log": "",
        "error": "",
    }
    world.store.put(_KIND, version)
    job = jobs.submit(world, _BUILD, environment["username"], wait, versionId=version_id)
    built = world.store.get(_KIND, version_id) or version
    return world.store.change(_KIND, built, job=job["id"])


@jobs.work(_BUILD)
def build(world: World, job: Doc) -> jobs.Outcome:
    """Build the image: what is wrong with the upload ends in the log and the error."""
    version = world.store.get(_KIND, job["subject"]["versionId"])
    if version is None:
        return jobs.Outcome(jobs.ABORTED, "The environment version was deleted.")
    context, image = (
        world.store.blob(stored["digest"]) if stored else None
        for stored in (version["context"], version["image"])
    )
    built = docker_build.build(version["uri"], image, context)
    world.store.change(_KIND, version, log=built.log, error=built.error)
    path = f"/api/v2/executionEnvironments/{version['parent']}/versions/{version['id']}/"
    return jobs.Outcome(jobs.ERROR if built.error else jobs.COMPLETED, built.error, path)


def shown_version(version: Doc) -> Doc:
    """The version as the API shows it."""
    path = f"/api/v2/executionEnvironments/{version['parent']}/versions/{version['id']}/download/"
    context, image = version["context"], version["image"]
    return {
        "id": version["id"],
        "environmentId": version["parent"],
        "label": version["label"],
        "description": version["description"],
        "created": version["created"],
        "buildStatus": build_status(current(), version),
        "buildId": version["job"],
        # Never blank: the official client refuses a version without an image id.
        "imageId": version["id"],
        "dockerContext": absolute(path) if context else None,
        "dockerContextSize": context["size"] if context else None,
        "dockerImage": absolute(path) + "?imageFile=true" if image else None,
        "dockerImageSize": image["size"] if image else None,
        "sourceDockerImageUri": version["uri"],
    }


def _stored(
    environment: Doc, values: Doc, context: FileStorage | None, image: FileStorage | None
) -> Doc:
    chosen = values.get("environmentVersionId")
    if chosen and not is_admin(caller()):
        raise invalid({"environmentVersionId": "only an administrator may set this"})
    if chosen and current().store.get(_KIND, chosen):
        raise Refusal(409, "An environment version with the supplied ID already exists.")
    given = {
        "id": chosen,
        "label": values.get("label", ""),
        "description": values.get("description", ""),
        "uri": values.get("dockerImageUri") or None,
        "context": _kept(context, docker_build.archive_format),
        "image": _kept(image, lambda _: "tar"),
    }
    return new_version(current(), environment, given)


def _kept(file: FileStorage | None, format_of: Any) -> Doc | None:
    if file is None:
        return None
    content = file.read()
    digest = current().store.keep(content)
    return {"digest": digest, "size": len(content), "format": format_of(content)}


def _single(files: list[FileStorage]) -> FileStorage | None:
    if len(files) > 1:
        raise invalid({files[0].name or "file": "is given more than once"})
    return files[0] if files else None


def _environment(environment_id: str) -> Doc:
    doc = current().store.get("environments", environment_id)
    return roles.seen(None if doc and doc["deleted"] else doc, "Execution environment")


def _version(environment_id: str, version_id: str) -> Doc:
    environment = _environment(environment_id)
    version = current().store.get(_KIND, version_id)
    if version is None or version["parent"] != environment["id"]:
        raise not_found("Execution environment version")
    return version


def _matches(version: Doc, wanted: dict[str, Any]) -> bool:
    status, sought = wanted.get("buildStatus"), wanted.get("search", "").lower()
    searched = f"{version['id']}\n{version['label']}\n{version['description']}".lower()
    return (status is None or build_status(current(), version) == status) and sought in searched
