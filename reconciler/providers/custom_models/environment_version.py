"""The newest version of an execution environment: build the wanted content once, and only once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.core.kind import PlanContext
from reconciler.core.marker import Marker, join
from reconciler.core.resource import Resource
from reconciler.core.step import Call, FieldChange, KnownAfter, StepDraft, Upload, Wait
from reconciler.providers.custom_models.file_changes import file_changes

SOURCES = ("dockerContext", "dockerImage", "dockerImageUri")
BUILDING = frozenset({"submitted", "processing"})


def content_digest(resource: Resource) -> str:
    """What the wanted version is made from, in one word; the version's mark records it."""
    version = resource.spec["version"]
    source = source_of(version)
    files = resource.files.get(f"version.{source}")
    if files is not None:
        return files.digest
    return f"sha256:{hashlib.sha256(str(version[source]).encode()).hexdigest()}"


def source_of(version: Mapping[str, Any]) -> str:
    """The one of the three source keys that the manifest uses."""
    return next(key for key in SOURCES if key in version)


def version_draft(change: PlanContext) -> StepDraft | None:
    """Build the wanted content once: find it, wait for it, report its failure, or send it."""
    resource, live = change.resource, change.live
    if "version" not in resource.spec:
        return None
    digest = content_digest(resource)
    found = _holding(change, digest)
    if found is None:
        return _build(change, digest, _reasons(change))
    stale = tuple(_label_changes(resource.spec["version"], found))
    if stale:
        return _build(change, digest, stale)
    if found["status"] == "success":
        return None
    assert live is not None
    if found["status"] in BUILDING:
        reason = f"version {found['id']} is still being built"
        return _wait_only("run", reason, change, found["id"], ("versionId",))
    if change.options.retry_failed:
        again = FieldChange("version", "failed", "built again", "asked for by --retry-failed")
        return _build(change, digest, (again,))
    reason = f"the build of version {found['id']} failed, and its content has not changed"
    return _wait_only("check", reason, change, found["id"], ())


def _holding(change: PlanContext, digest: str) -> Mapping[str, Any] | None:
    """The live version that holds the wanted content: the newest, or the newest that works."""
    if change.live is None:
        return None
    version = change.resource.spec["version"]
    latest, successful = change.live.facts["latest"], change.live.facts["successful"]
    if latest and _holds(change, latest, version, digest):
        return dict(latest)
    # A newer build failed with other content, and the manifest has gone back to what works.
    failed = latest and latest["status"] == "failed"
    if failed and successful and _holds(change, successful, version, digest):
        return dict(successful)
    return None


def _holds(
    change: PlanContext, found: Mapping[str, Any], version: Mapping[str, Any], digest: str
) -> bool:
    if found["content"]:
        return bool(found["content"] == digest)
    if source_of(version) == "dockerImageUri":
        return bool(found["uri"] == version["dockerImageUri"])
    assert change.live is not None
    seen = change.live.files.get(f"version.dockerContext@{found['id']}")
    wanted = change.resource.files.get("version.dockerContext")
    return seen is not None and wanted is not None and seen.digest == wanted.digest


def _label_changes(version: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[FieldChange]:
    for key in ("label", "description"):
        if key in version and version[key] != found[key]:
            reason = "the platform cannot change it on a version that is there"
            yield FieldChange(f"version.{key}", found[key], version[key], reason)


def _reasons(change: PlanContext) -> tuple[FieldChange, ...]:
    return (*_source(change), *_told(change))


def _told(change: PlanContext) -> Iterator[FieldChange]:
    version = change.resource.spec["version"]
    for key in ("label", "description"):
        if version.get(key):
            yield FieldChange(f"version.{key}", None, version[key], "of the new version")


def _source(change: PlanContext) -> tuple[FieldChange, ...]:
    version = change.resource.spec["version"]
    source = source_of(version)
    latest = change.live.facts["latest"] if change.live else None
    if source == "dockerImageUri":
        old = latest["uri"] if latest else None
        return (FieldChange("version.dockerImageUri", old, version[source], "other image"),)
    path = f"version.{source}"
    seen = change.live.files.get(f"{path}@{latest['id']}") if change.live and latest else None
    diffs = change.live.line_diffs if change.live else {}
    return file_changes(path, seen, change.resource.files[path], diffs)


def _build(change: PlanContext, digest: str, fields: tuple[FieldChange, ...]) -> StepDraft:
    resource = change.resource
    version = resource.spec["version"]
    source = source_of(version)
    mark = Marker(owner_of(change), digest)
    body: dict[str, Any] = {"description": join(version.get("description"), mark)}
    if "label" in version:
        body["label"] = version["label"]
    if source == "dockerImageUri":
        body["dockerImageUri"] = version[source]
    files = resource.files.get(f"version.{source}")
    uploads = () if files is None else (
        Upload(source, "", files.digest, files.size, f"version.{source}"),
    )  # fmt: skip
    call = Call(
        "create_environment_version",
        "POST",
        "executionEnvironments/{id}/versions/",
        {"id": change.own_outputs["id"], "latest": _latest(change)},
        body,
        uploads,
        outputs=("versionId",),
    )
    wait = Wait(
        "environment_build",
        {
            "id": change.own_outputs["id"],
            "version": KnownAfter(change.step("version"), "versionId"),
        },
        version.get("timeout", 1800),
        after=1,
    )
    action = "update" if change.live else "create"
    reason = "builds a new version" if change.live else "builds its first version"
    return StepDraft(action, reason, fields, (call,), (wait,), outputs=("versionId",))


def _latest(change: PlanContext) -> str | None:
    """The newest version that the plan knows: what is newer later on is ours."""
    latest = change.live.facts["latest"] if change.live else None
    return latest["id"] if latest else None


def owner_of(change: PlanContext) -> str:
    """``<scope>/<name>`` of this object."""
    return f"{change.options.scope}/{change.resource.address.name}"


def _wait_only(
    action: str, reason: str, change: PlanContext, version: str, outputs: tuple[str, ...]
) -> StepDraft:
    timeout = change.resource.spec["version"].get("timeout", 1800)
    params = {"id": change.own_outputs["id"], "version": version}
    wait = Wait("environment_build", params, timeout, outputs=("versionId",))
    if not change.own_outputs.get("versionId"):
        outputs = ("versionId",)
    return StepDraft(action, reason, (), (), (wait,), outputs)
