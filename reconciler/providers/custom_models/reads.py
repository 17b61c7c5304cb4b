"""Live state of environments and models: the lists, and the details that a manifest needs."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from reconciler.core.fileset import FileSet, file_delta, file_set, normal_path
from reconciler.core.resource import Live, Resource
from reconciler.desired.secret_file import likely_secret
from reconciler.errors import ApiError
from reconciler.providers.custom_models import environment, model
from reconciler.providers.custom_models.archive import Archive, read_archive
from reconciler.providers.custom_models.client import Client
from reconciler.providers.custom_models.jobs import (
    ABSENT,
    DONE,
    FAILED,
    READY,
    RUNNING,
    STATUS_RUNNING,
)
from reconciler.providers.custom_models.limits import LIMITED
from reconciler.providers.custom_models.sharing import live_sharing
from reconciler.providers.custom_models.upload import text_of
from reconciler.providers.custom_models.version_mark import FILES
from reconciler.providers.custom_models.wire import Environment, Model
from reconciler.providers.wire import parse

MOST_DIFF_LINES = 200
CONTEXT = "version.dockerContext"
COLLECTIONS = {
    "ExecutionEnvironment": environment.COLLECTION,
    "CustomModel": model.COLLECTION,
}
BY_JOBS = (
    "latestVersion",
    "latestSuccessfulVersion",
    "trainingDataAssignmentInProgress",
    "trainingDataFileName",
    "trainingDataPartitionColumn",
    "trainingDatasetId",
    "trainingDatasetVersionId",
    "updated",
)
"""Keys of an object that builds, pulls and assignments change when nobody sets anything."""
ENDED_WELL = "COMPLETED"


class Reads:
    """GETs only; every method returns plain values of the core."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def list(self, kind: str) -> Sequence[Live]:
        """Every environment or model the token may see."""
        if kind == "ExecutionEnvironment":
            return [environment.live_environment(e) for e in self.client.list_environments()]
        return [model.live_model(found) for found in self.client.list_models()]

    def prefetch(self, resources: Sequence[Resource]) -> dict[str, Any]:
        """The user's limits, where a manifest asks for something that is limited."""
        asked = (resource.spec.get("version") or {} for resource in resources)
        if not any(key in version for version in asked for key in LIMITED):
            return {}
        return {"limits": self.client.get_limits().model_dump()}

    def detail(self, resource: Resource, live: Live) -> Live:
        """Adds users, files and jobs as far as this manifest manages them."""
        if "sharing" in resource.spec:
            entries = self.client.list_access(COLLECTIONS[live.kind], live.id)
            live = replace(live, facts={**live.facts, "sharing": live_sharing(entries)})
        if live.kind == "ExecutionEnvironment":
            return self._environment_files(resource, live)
        return self._jobs(resource, self._model_files(resource, live))

    def snapshot(self, live: Live) -> Any:
        """The object, its users and its jobs, as the platform tells them; None when it is gone."""
        collection = COLLECTIONS[live.kind]
        try:
            found = self.client.http.get(f"{collection}/{live.id}/")
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        # Kept as it came, and read as what the contract says it is.
        parse(Model if live.kind == "CustomModel" else Environment, found)
        jobs = {key: found.pop(key) for key in BY_JOBS if key in found}
        version = (jobs.get("latestVersion") or {}).get("id")
        if live.kind == "CustomModel" and version:
            build = self.client.get_build(live.id, version)
            jobs["build"] = build.model_dump() if build else None
            jobs["tests"] = {t.id: t.overall_status for t in self.client.list_tests(live.id)}
        users = self.client.list_access(collection, live.id)
        return {"object": found, "users": live_sharing(users), "jobs": jobs}

    # -- files -----------------------------------------------------------------------------

    def _environment_files(self, resource: Resource, live: Live) -> Live:
        wanted = resource.files.get(CONTEXT)
        latest, successful = live.facts["latest"], live.facts["successful"]
        if wanted is None or latest is None:
            return live
        unsettled = [latest] if latest["content"] != wanted.digest else []
        if successful and successful["id"] != latest["id"] and not successful["content"]:
            unsettled.append(successful)
        for version in unsettled:
            if version["hasContext"]:
                with self.client.download_environment_version(live.id, version["id"]) as content:
                    archive = read_archive(content, "context")
                live = _with_files(live, f"{CONTEXT}@{version['id']}", archive, wanted, CONTEXT)
        return live

    def _model_files(self, resource: Resource, live: Live) -> Live:
        wanted, held = resource.files.get(FILES), live.facts["version"]
        if wanted is None or held is None:
            return live
        # A mark can be copied to a version of other files; their names at least must be right.
        names = {normal_path(path) for path in held["items"]}
        if held["content"] == wanted.digest and names == set(wanted.by_path):
            return live
        live = replace(live, contents={**live.contents, FILES: ""})
        if not held["items"]:
            return replace(live, files={**live.files, FILES: file_set(())})
        with self.client.download_version(live.id, held["id"]) as content:
            archive = read_archive(content, "tree")
        return _with_files(live, FILES, archive, wanted, FILES)

    # -- jobs of the newest version --------------------------------------------------------

    def _jobs(self, resource: Resource, live: Live) -> Live:
        held, spec = live.facts["version"], resource.spec
        if held is None:
            return live
        jobs: dict[str, Any] = {"dependencies": held["dependencies"]}
        wanted_build = (spec.get("version") or {}).get("dependencyBuild")
        if wanted_build or (wanted_build is None and "version" in spec and held["dependencies"]):
            build = self.client.get_build(live.id, held["id"])
            jobs["build"] = build.build_status if build else None
            jobs["buildStart"] = build.build_start if build else None
        if spec.get("tests"):
            jobs["tests"] = self._tests(live.id, held["id"])
        if "featureImpact" in spec:
            jobs["impact"] = self._impact(live, held)
        if spec.get("predictionExplanations"):
            jobs["explanations"] = self._explanations(held)
        if "conversion" in spec:
            jobs["conversion"] = self._conversion(live.id, held)
        return replace(live, facts={**live.facts, "jobs": jobs})

    def _tests(self, identity: str, version: str) -> Sequence[dict[str, Any]]:
        return [
            {
                "id": test.id,
                "status": test.overall_status,
                "datasetId": test.dataset_id,
                "datasetVersionId": test.dataset_version_id,
                "checks": {name: check.status for name, check in test.testing_status.items()},
            }
            for test in self.client.list_tests(identity)
            if test.custom_model_version and test.custom_model_version.id == version
        ]

    def _impact(self, live: Live, held: Mapping[str, Any]) -> dict[str, Any]:
        noted = self._noted(held["notes"].get("impact"))
        try:
            found = self.client.get_impact(live.id, held["id"])
        except ApiError as error:
            # 404: none was computed, so one that was asked for has failed, or runs still.
            if error.status == 404:
                return noted if noted["state"] != DONE else {"state": ABSENT}
            # 422: one is being computed, or there is no training data yet to compute it from.
            if error.status == 422:
                computed = live.spec["version"]["trainingData"] and not held["assigning"]
                return {"state": RUNNING, "status": noted.get("status")} if computed else noted
            raise
        return {"state": DONE, "rowCount": found.row_count}

    def _explanations(self, held: Mapping[str, Any]) -> dict[str, Any]:
        noted = held["notes"].get("explanations")
        return {"state": DONE} if noted == READY else self._noted(noted)

    def _noted(self, status: str | None) -> dict[str, Any]:
        """How a job stands whose status id only the mark remembers."""
        if not status:
            return {"state": ABSENT}
        try:
            state, message, _ = self.client.get_status(status)
        except ApiError as error:
            if error.status != 404:
                raise
            return {"state": FAILED, "status": status, "why": "its status is gone"}
        if state in STATUS_RUNNING:
            return {"state": RUNNING, "status": status}
        if state == ENDED_WELL:
            return {"state": DONE, "status": status}
        # Whatever else it is called, it has ended, as it has for the one who waits for it.
        return {"state": FAILED, "status": status, "why": message or state}

    def _conversion(self, identity: str, held: Mapping[str, Any]) -> dict[str, Any] | None:
        found = self.client.list_conversions(identity, held["id"], latest=True)
        if not found:
            return None
        paths = {item: path for path, item in held["items"].items()}
        state = DONE if found[0].conversion_succeeded else FAILED
        every = self.client.list_conversions(identity, held["id"], latest=False)
        return {
            "id": found[0].id,
            "known": sorted({each.id for each in (*found, *every)}),
            "state": RUNNING if found[0].conversion_in_progress else state,
            "mainProgram": paths.get(found[0].main_program_item_id or ""),
        }


def _with_files(live: Live, key: str, archive: Archive, wanted: FileSet, path: str) -> Live:
    diffs = {
        f"{path}/{name}": lines
        for name in file_delta(archive.files, wanted).changed
        if (lines := _line_diff(name, archive.small.get(name), text_of(wanted, name)))
    }
    files = {**live.files, key: archive.files}
    return replace(live, files=files, line_diffs={**live.line_diffs, **diffs})


def _line_diff(name: str, old: bytes | None, new: bytes | None) -> tuple[str, ...]:
    if old is None or new is None or b"\0" in old or b"\0" in new:
        return ()
    if likely_secret(name, old) or likely_secret(name, new):
        # A plan is a comment of a pull request and lies in logs.
        return ()
    try:
        before, after = old.decode().splitlines(), new.decode().splitlines()
    except UnicodeDecodeError:
        return ()
    lines = list(difflib.unified_diff(before, after, lineterm="", n=2))[2:]
    if len(lines) > MOST_DIFF_LINES:
        rest = len(lines) - MOST_DIFF_LINES
        lines = [*lines[:MOST_DIFF_LINES], f"... {rest} more lines"]
    return tuple(lines)
