"""The custom models provider: lists and details in the manifest's words, writes by name, waits."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from reconciler.core.fileset import FileSet, file_delta, file_set
from reconciler.core.provider import Tell
from reconciler.core.resource import Live, Resource
from reconciler.core.step import Call, Wait
from reconciler.errors import JobFailed
from reconciler.providers.custom_models import environment, model, model_version
from reconciler.providers.custom_models.archive import Archive, read_archive
from reconciler.providers.custom_models.client import Client
from reconciler.providers.custom_models.sharing import live_sharing
from reconciler.providers.custom_models.upload import readers, text_of
from reconciler.providers.http import Http

LOG_LINES = 40
MOST_DIFF_LINES = 200
FIRST_POLL, LONGEST_POLL = 0.5, 15.0
COLLECTIONS = {
    "ExecutionEnvironment": environment.COLLECTION,
    "CustomModel": model.COLLECTION,
}


class CustomModels:
    """``core.provider.Provider`` for ``ExecutionEnvironment`` and ``CustomModel``."""

    def __init__(
        self,
        http: Http,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.http = http
        self.client = Client(http)
        self.sleep = sleep
        self.clock = clock
        self._writes: Mapping[str, Callable[[Call, Resource | None], Mapping[str, Any]]] = {
            "create_environment": self._create_environment,
            "update_environment": self._update_environment,
            "delete_environment": self._delete_environment,
            "create_environment_version": self._create_environment_version,
            "create_model": self._create_model,
            "update_model": self._update_model,
            "delete_model": self._delete_model,
            "create_version": self._create_version,
            "create_version_from_latest": self._create_version,
            "update_version": self._update_version,
            "share": self._share,
        }
        self._waits: Mapping[str, Callable[[Wait, Tell], Mapping[str, Any]]] = {
            "environment_build": self._environment_build,
            "training_data": self._training_data,
        }

    # -- reading ---------------------------------------------------------------------------

    def list(self, kind: str) -> Sequence[Live]:
        """Every environment or model the token may see."""
        if kind == "ExecutionEnvironment":
            return [environment.live_environment(e) for e in self.client.list_environments()]
        return [model.live_model(found) for found in self.client.list_models()]

    def detail(self, resource: Resource, live: Live) -> Live:
        """Adds the access list where sharing is managed, and files where digests do not settle."""
        if "sharing" in resource.spec:
            entries = self.client.list_access(COLLECTIONS[live.kind], live.id)
            live = replace(live, facts={**live.facts, "sharing": live_sharing(entries)})
        if live.kind == "ExecutionEnvironment":
            return self._environment_files(resource, live)
        return self._model_files(resource, live)

    def _environment_files(self, resource: Resource, live: Live) -> Live:
        path = "version.dockerContext"
        wanted = resource.files.get(path)
        latest, successful = live.facts["latest"], live.facts["successful"]
        if wanted is None or latest is None:
            return live
        unsettled = [latest] if latest["content"] != wanted.digest else []
        if successful and successful["id"] != latest["id"] and not successful["content"]:
            unsettled.append(successful)
        for version in unsettled:
            if version["hasContext"]:
                content = self.client.download_environment_version(live.id, version["id"])
                key = f"{path}@{version['id']}"
                live = self._with_files(live, key, read_archive(content, "context"), wanted, path)
        return live

    def _model_files(self, resource: Resource, live: Live) -> Live:
        path = model_version.FILES
        wanted, held = resource.files.get(path), live.facts["version"]
        if wanted is None or held is None or held["content"] == wanted.digest:
            return live
        if not held["items"]:
            return replace(live, files={**live.files, path: file_set(())})
        content = self.client.download_version(live.id, held["id"])
        return self._with_files(live, path, read_archive(content, "tree"), wanted, path)

    def _with_files(
        self, live: Live, key: str, archive: Archive, wanted: FileSet, path: str
    ) -> Live:
        diffs = {
            f"{path}/{name}": lines
            for name in file_delta(archive.files, wanted).changed
            if (lines := _line_diff(archive.small.get(name), text_of(wanted, name)))
        }
        files = {**live.files, key: archive.files}
        return replace(live, files=files, line_diffs={**live.line_diffs, **diffs})

    def requests(self) -> Mapping[str, int]:
        """Requests so far, by method."""
        return dict(self.http.counts)

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    # -- writing ---------------------------------------------------------------------------

    def send(self, call: Call, resource: Resource | None) -> Mapping[str, Any]:
        """One write, by the operation's name."""
        return self._writes[call.operation](call, resource)

    def _create_environment(self, call: Call, _: Resource | None) -> Mapping[str, Any]:
        return {"id": self.client.create_environment(call.body)}

    def _update_environment(self, call: Call, _: Resource | None) -> Mapping[str, Any]:
        self.client.update_environment(call.params["id"], call.body)
        return {}

    def _delete_environment(self, call: Call, _: Resource | None) -> Mapping[str, Any]:
        self.client.delete_environment(call.params["id"])
        return {}

    def _create_environment_version(
        self, call: Call, resource: Resource | None
    ) -> Mapping[str, Any]:
        with readers(call.uploads, resource) as files:
            version = self.client.create_environment_version(
                call.params["id"], call.body, {f.field: (f.filename, f.open) for f in files}
            )
        return {"versionId": version}

    def _create_model(self, call: Call, _: Resource | None) -> Mapping[str, Any]:
        return {"id": self.client.create_model(call.body).id}

    def _update_model(self, call: Call, _: Resource | None) -> Mapping[str, Any]:
        self.client.update_model(call.params["id"], call.body)
        return {}

    def _delete_model(self, call: Call, _: Resource | None) -> Mapping[str, Any]:
        self.client.delete_model(call.params["id"])
        return {}

    def _create_version(self, call: Call, resource: Resource | None) -> Mapping[str, Any]:
        create = getattr(self.client, call.operation)
        with readers(call.uploads, resource) as files:
            made = create(call.params["id"], call.body, {f.filename: f.open for f in files})
        return {"versionId": made.id}

    def _update_version(self, call: Call, _: Resource | None) -> Mapping[str, Any]:
        self.client.update_version(call.params["id"], call.params["version"], call.body)
        return {}

    def _share(self, call: Call, _: Resource | None) -> Mapping[str, Any]:
        self.client.share(call.params["collection"], call.params["id"], call.body["data"])
        return {}

    # -- waiting ---------------------------------------------------------------------------

    def wait(self, wait: Wait, tell: Tell) -> Mapping[str, Any]:
        """Poll with growing pauses until the job ends or its time is over."""
        return self._waits[wait.operation](wait, tell)

    def _environment_build(self, wait: Wait, tell: Tell) -> Mapping[str, Any]:
        identity, version = wait.params["id"], wait.params["version"]

        def status() -> str:
            return self.client.get_environment_version(identity, version).build_status

        if self._poll(wait, status, environment.BUILDING, tell) == "success":
            return {"versionId": version}
        raise JobFailed(
            f"the build of environment version {version} failed",
            "Mend the Docker context and apply again; --retry-failed builds the same content anew.",
            log=tail(self.client.get_environment_build_log(identity, version)),
        )

    def _training_data(self, wait: Wait, tell: Tell) -> Mapping[str, Any]:
        identity, version = wait.params["id"], wait.params["version"]

        def status() -> str:
            data = self.client.get_version(identity, version).training_data
            if data is None:
                return "not assigned"
            if data.assignment_in_progress:
                return "assigning"
            error = data.assignment_error
            return (error.message if error else None) or "assigned"

        state = self._poll(wait, status, frozenset({"assigning"}), tell)
        if state == "assigned":
            return {"versionId": version}
        raise JobFailed(
            f"training data could not be given to version {version}: {state}",
            "Check the dataset; a change of it, or --retry-failed, makes a new version.",
        )

    def _poll(
        self, wait: Wait, status: Callable[[], str], running: frozenset[str], tell: Tell
    ) -> str:
        deadline, pause, last = self.clock() + wait.timeout, FIRST_POLL, ""
        while True:
            state = status()
            if state not in running:
                return state
            if state != last:
                tell(state)
                last = state
            if self.clock() + pause > deadline:
                raise JobFailed(
                    f"{wait.operation.replace('_', ' ')} is still {state} after {wait.timeout:g} s",
                    "It goes on there; the next run waits for it again. Raise the timeout.",
                )
            self.sleep(pause)
            pause = min(LONGEST_POLL, pause * 1.5)


def tail(log: str) -> str:
    """The last lines of a log."""
    return "\n".join(log.splitlines()[-LOG_LINES:])


def _line_diff(old: bytes | None, new: bytes | None) -> tuple[str, ...]:
    if old is None or new is None or b"\0" in old or b"\0" in new:
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
