"""Model versions from a remote repository: .../versions/fromRepository/.

Any id is a repository.  What it holds is made from the id, the reference and the path, so that the
same request always pulls the same files; a name with ``does-not-exist`` in it does not exist.
"""

from __future__ import annotations

import hashlib
import posixpath
from typing import Any

import flask
from flask import Blueprint

from reconciler.emulator import jobs
from reconciler.emulator.answers import nothing
from reconciler.emulator.custom_models import version_rules
from reconciler.emulator.custom_models.model_versions import VERSIONS, editable_model
from reconciler.emulator.custom_models.version_inputs import FROM_REPOSITORY, wrong_path
from reconciler.emulator.inputs import json_body
from reconciler.emulator.refusal import Refusal, invalid
from reconciler.emulator.store import Doc
from reconciler.emulator.world import World, caller, current

repositories = Blueprint("repositories", __name__)

_PULL = "customModelVersionFromRepository"
_MISSING = "does-not-exist"
# The branch that the pages name for files without a reference.
_DEFAULT_REF = "master"
_PROGRAM = "custom.py"


@repositories.post(VERSIONS + "fromRepository/")
def create_from_repository(model_id: str) -> flask.Response:
    """A version of exactly the pulled files."""
    return _pull(model_id, clean=True)


@repositories.patch(VERSIONS + "fromRepository/")
def update_from_repository(model_id: str) -> flask.Response:
    """A version of the latest one's files with the pulled ones added or replaced."""
    return _pull(model_id, clean=False)


@jobs.work(_PULL)
def pull(world: World, job: Doc) -> jobs.Outcome:
    """Fetch the files and create the version; it does not exist before."""
    subject = job["subject"]
    model = world.store.get("models", subject["modelId"])
    if model is None:
        return jobs.Outcome(jobs.ABORTED, "The custom model was deleted.")
    problem = _unreachable(subject)
    if problem:
        return jobs.Outcome(jobs.ERROR, problem)
    try:
        version = version_rules.add(world, model, _draft(world, job))
    except Refusal as refused:
        return jobs.Outcome(jobs.ERROR, refused.message)
    path = f"/api/v2/customModels/{model['id']}/versions/{version['id']}/"
    return jobs.Outcome(jobs.COMPLETED, "", path)


def commit_of(repository: str, ref: str) -> str:
    """The commit that a reference stands for; a full commit id stands for itself."""
    if len(ref) == 40 and all(char in "0123456789abcdef" for char in ref):
        return ref
    return hashlib.sha1(f"{repository} {ref}".encode(), usedforsecurity=False).hexdigest()


def _pull(model_id: str, clean: bool) -> flask.Response:
    model = editable_model(model_id, 404)
    given = json_body(FROM_REPOSITORY)
    paths = [path.rstrip("/") for path in given.pop("sourcePath", [])]
    wrong = {str(place): why for place, path in enumerate(paths) if (why := wrong_path(path))}
    if wrong:
        raise invalid({"sourcePath": wrong})
    subject = {
        "modelId": model["id"],
        "repository": given.pop("repositoryId"),
        "ref": given.pop("ref", _DEFAULT_REF),
        "paths": paths or [""],
        "clean": clean,
        "given": _based(model, given),
    }
    job = jobs.submit(current(), _PULL, caller(), **subject)
    return nothing(f"/api/v2/status/{job['id']}/", 202)


def _based(model: Doc, given: dict[str, Any]) -> dict[str, Any]:
    """The request with its environment settled now: an unknown one is refused, not queued."""
    latest = current().store.last_child("modelVersions", model["id"])
    draft = version_rules.Draft(caller(), given, basis=latest)
    return {**given, **version_rules.environment(current(), draft, latest)}


def _draft(world: World, job: Doc) -> version_rules.Draft:
    subject = job["subject"]
    latest = world.store.last_child("modelVersions", subject["modelId"])
    files, origins = [], {}
    for path in map(_file_in, subject["paths"]):
        commit = commit_of(subject["repository"], subject["ref"])
        files.append((path, _content(subject["repository"], commit, path)))
        origins[path] = _origin(subject, commit, path)
    basis = None if subject["clean"] else latest
    return version_rules.Draft(job["user"], subject["given"], files, basis, origins)


def _unreachable(subject: Doc) -> str | None:
    named = {"Repository": subject["repository"], "Reference": subject["ref"]}
    named |= {f"Path {path}": path for path in subject["paths"]}
    missing = [what for what, name in named.items() if _MISSING in name]
    return f"{missing[0]} not found in the remote repository." if missing else None


def _file_in(path: str) -> str:
    """A path with an extension is a file; any other is a folder that holds one program."""
    return path if posixpath.splitext(path)[1] else posixpath.join(path, _PROGRAM)


def _content(repository: str, commit: str, path: str) -> bytes:
    head = f"# {path} of {repository} at {commit}\n"
    program = "\n\ndef score(data, model, **kwargs):\n    return data\n"
    return (head + (program if path.endswith(".py") else "")).encode()


def _origin(subject: Doc, commit: str, path: str) -> Doc:
    return {
        "fileSource": "github",
        "commitSha": commit,
        "ref": subject["ref"],
        "repositoryFilePath": path,
        "repositoryLocation": f"https://github.com/{subject['repository']}",
        "repositoryName": subject["repository"],
    }
