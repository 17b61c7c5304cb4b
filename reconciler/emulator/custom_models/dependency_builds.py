"""Dependency builds of model versions: .../versions/{id}/dependencyBuild/ and its log."""

from __future__ import annotations

import flask
from flask import Blueprint

from reconciler.emulator import jobs
from reconciler.emulator.answers import answer, nothing
from reconciler.emulator.custom_models import model_rules, requirements_txt
from reconciler.emulator.custom_models.environment_versions import (
    FAILED,
    PROCESSING,
    SUBMITTED,
    SUCCESS,
)
from reconciler.emulator.custom_models.model_versions import (
    VERSION,
    editable_model,
    visible_version,
)
from reconciler.emulator.refusal import Refusal
from reconciler.emulator.store import Doc
from reconciler.emulator.world import World, absolute, caller, current

dependency_builds = Blueprint("dependency_builds", __name__)

_KIND = "dependencyBuilds"
_BUILD = "customModelVersionDependencyBuild"


@dependency_builds.post(VERSION + "dependencyBuild/")
def start_build(model_id: str, version_id: str) -> flask.Response:
    """Start the build; a running or successful one is left alone, a failed one is repeated.

    The page lists 422, "Custom model dependency build has failed".  Whether that means an earlier
    build is not documented.  It is not taken so: a version would stay unusable for good after a
    failure of the package index.
    """
    editable_model(model_id, 403)
    version = visible_version(model_id, version_id)
    if not version["dependencies"]:
        raise Refusal(422, "The custom model version has no dependencies to build.")
    build = current().store.get(_KIND, version["id"])
    if build is None or _status(build) == FAILED:
        build = _started(version)
    return answer(_shown(build, version), 202)


@dependency_builds.get(VERSION + "dependencyBuild/")
def get_build(model_id: str, version_id: str) -> flask.Response:
    """Where the build stands."""
    version = visible_version(model_id, version_id)
    return answer(_shown(_build(version), version))


@dependency_builds.delete(VERSION + "dependencyBuild/")
def cancel_build(model_id: str, version_id: str) -> flask.Response:
    """Stop a running build; afterwards none was started.

    One that has ended is 422 while its image is used, else 409.  The page has both answers; which
    uses of the image count is not documented: here, deployments and running tests.
    """
    model = editable_model(model_id, 403)
    version = visible_version(model_id, version_id)
    build = _build(version)
    if not jobs.is_running(current(), build["job"]):
        deployed = model_rules.is_deployed(current(), version["id"])
        if deployed or model_rules.is_tested_now(current(), model["id"]):
            raise Refusal(422, "The dependency image is in use and cannot be deleted.")
        raise Refusal(409, "The dependency build has ended and cannot be cancelled.")
    jobs.cancel(current(), build["job"], "The dependency build was cancelled.")
    current().store.drop(_KIND, build["id"])
    return nothing()


@dependency_builds.get(VERSION + "dependencyBuildLog/")
def get_build_log(model_id: str, version_id: str) -> flask.Response:
    """The console output of a build that has ended.

    The page speaks of a tar.gz and declares JSON with text; the official client shows the answer's
    text.  JSON with the plain log serves both.
    """
    build = _build(visible_version(model_id, version_id))
    if jobs.is_running(current(), build["job"]):
        raise Refusal(404, "The dependency build is in progress.")
    return answer({"data": build["log"]})


def is_built(world: World, version: Doc) -> bool:
    """Whether the version can be run: it has no dependencies, or they are built."""
    build = world.store.get(_KIND, version["id"])
    return not version["dependencies"] or bool(build and build["succeeded"])


@jobs.work(_BUILD)
def build(world: World, job: Doc) -> jobs.Outcome:
    """Resolve every dependency of the version."""
    version = world.store.get("modelVersions", job["subject"]["versionId"])
    started = world.store.get(_KIND, job["subject"]["versionId"])
    if version is None or started is None:
        return jobs.Outcome(jobs.ABORTED, "The custom model version was deleted.")
    lines = ["Step 1/2 : COPY requirements.txt requirements.txt"]
    lines.append("Step 2/2 : RUN pip install -r requirements.txt")
    problem = None
    for dependency in version["dependencies"]:
        lines.append(f"Collecting {dependency['line'].strip()}")
        problem = requirements_txt.unresolved(dependency)
        if problem:
            lines.append(f"ERROR: {problem}")
            break
    lines.append("Build failed" if problem else "Successfully installed every dependency")
    log = "\n".join(lines) + "\n"
    world.store.change(_KIND, started, log=log, end=world.now(), succeeded=problem is None)
    return jobs.Outcome(jobs.ERROR if problem else jobs.COMPLETED, problem or "")


def _started(version: Doc) -> Doc:
    store = current().store
    build = {
        "id": version["id"],
        "start": current().now(),
        "end": None,
        "log": "",
        "succeeded": False,
        "job": None,
    }
    store.put(_KIND, build)
    job = jobs.submit(current(), _BUILD, caller(), versionId=version["id"])
    return store.change(_KIND, store.get(_KIND, version["id"]) or build, job=job["id"])


def _build(version: Doc) -> Doc:
    build = current().store.get(_KIND, version["id"])
    if build is None:
        raise Refusal(422, "The dependency build has not started.")
    return build


def _status(build: Doc) -> str:
    job = current().store.get("jobs", build["job"])
    if job and job["state"] == jobs.RUNNING:
        return SUBMITTED if jobs.is_queued(current(), job) else PROCESSING
    return SUCCESS if build["succeeded"] else FAILED


def _shown(build: Doc, version: Doc) -> Doc:
    path = f"/api/v2/customModels/{version['parent']}/versions/{version['id']}/dependencyBuildLog/"
    return {
        "buildStart": build["start"],
        "buildEnd": build["end"],
        "buildStatus": _status(build),
        "buildLogLocation": absolute(path) if build["end"] else None,
    }
