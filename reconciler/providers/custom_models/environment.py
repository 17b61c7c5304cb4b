"""Execution environments: live shape, and the drafts for the object and its newest version."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.core.kind import Change, FieldRule, FileRole, Kind, Outputs, Part
from reconciler.core.mark import Mark, join, split
from reconciler.core.resource import Live, Resource
from reconciler.core.step import After, Call, Draft, FieldChange, Upload, Wait
from reconciler.providers.custom_models.description import description_problems, marked
from reconciler.providers.custom_models.file_changes import file_changes
from reconciler.providers.custom_models.sharing import share_draft
from reconciler.providers.custom_models.spec import ExecutionEnvironmentSpec
from reconciler.providers.custom_models.wire import BuiltVersion, Environment

COLLECTION = "executionEnvironments"
SOURCES = ("dockerContext", "dockerImage", "dockerImageUri")
SETTINGS = ("name", "description", "programmingLanguage", "useCases")
BUILDING = frozenset({"submitted", "processing"})


def live_environment(found: Environment) -> Live:
    """The environment in the manifest's shape, as far as the list tells."""
    text, mark = split(found.description)
    return Live(
        kind="ExecutionEnvironment",
        id=found.id,
        name=found.name,
        owner=mark.owner if mark else None,
        protected=bool(mark and mark.protect),
        spec={
            "name": found.name,
            "description": text,
            "programmingLanguage": found.programming_language,
            "useCases": sorted(found.use_cases),
            "isPublic": found.is_public,
        },
        facts={
            "maker": found.username,
            "deploymentsCount": found.deployments_count or 0,
            "latest": _version_facts(found.latest_version),
            "successful": _version_facts(found.latest_successful_version),
        },
    )


def _version_facts(version: BuiltVersion | None) -> dict[str, Any] | None:
    if version is None:
        return None
    text, mark = split(version.description)
    return {
        "id": version.id,
        "status": version.build_status,
        "label": version.label or "",
        "description": text,
        "content": mark.content if mark else "",
        "uri": version.source_docker_image_uri,
        "hasContext": bool(version.docker_context),
    }


def environment_outputs(live: Live | None) -> Outputs:
    """What a model version needs of an environment: its id and newest usable version."""
    if live is None:
        return {}
    successful = live.facts["successful"]
    return {"id": live.id, "versionId": successful["id"] if successful else None}


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


# -- the object ------------------------------------------------------------------------------


def environment_draft(change: Change) -> Draft | None:
    """POST, or one PATCH with the fields that differ; the mark is written with the description."""
    return _update(change, change.live) if change.live else _create(change)


def _create(change: Change) -> Draft:
    resource = change.resource
    body = {key: resource.spec[key] for key in (*SETTINGS, "isPublic") if key in resource.spec}
    body["name"] = resource.display_name
    body["description"] = join(resource.spec.get("description"), marked(change))
    call = Call("create_environment", "POST", f"{COLLECTION}/", body=body, gives=("id",))
    return Draft("create", "does not exist yet", change.fields, (call,), gives=("id", "versionId"))


def _update(change: Change, live: Live) -> Draft | None:
    resource, mark = change.resource, marked(change)
    body = {f.path: f.new for f in change.fields if f.path in SETTINGS}
    fields = change.fields
    if mark and mark.protect != live.protected:
        protect = FieldChange("lifecycle.protect", live.protected, mark.protect, "kept in the mark")
        fields = (*fields, protect)
        body["description"] = resource.spec.get("description", live.spec["description"])
    if not body:
        return None
    if "description" in body:
        body["description"] = join(body["description"], mark)
    call = Call("update_environment", "PATCH", f"{COLLECTION}/{{id}}/", {"id": live.id}, body)
    return Draft("update", "settings differ", fields, (call,))


def environment_delete(live: Live, resource: Resource | None) -> Draft:
    """DELETE: the platform only marks it as deleted."""
    call = Call("delete_environment", "DELETE", f"{COLLECTION}/{{id}}/", {"id": live.id})
    reason = "is to be replaced" if resource else "has no manifest any more"
    return Draft("delete", reason, (), (call,))


# -- its newest version ----------------------------------------------------------------------


def version_draft(change: Change) -> Draft | None:
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


def _holding(change: Change, digest: str) -> Mapping[str, Any] | None:
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
    change: Change, found: Mapping[str, Any], version: Mapping[str, Any], digest: str
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


def _reasons(change: Change) -> tuple[FieldChange, ...]:
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


def _build(change: Change, digest: str, fields: tuple[FieldChange, ...]) -> Draft:
    resource = change.resource
    version = resource.spec["version"]
    source = source_of(version)
    mark = Mark(marked_owner(change), digest)
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
        f"{COLLECTION}/{{id}}/versions/",
        {"id": change.own["id"]},
        body,
        uploads,
        gives=("versionId",),
    )
    wait = Wait(
        "environment_build",
        {"id": change.own["id"], "version": After(change.step("version"), "versionId")},
        version.get("timeout", 1800),
        after=1,
    )
    action = "update" if change.live else "create"
    reason = "builds a new version" if change.live else "builds its first version"
    return Draft(action, reason, fields, (call,), (wait,), gives=("versionId",))


def marked_owner(change: Change) -> str:
    """``<scope>/<name>`` of this object."""
    return f"{change.options.scope}/{change.resource.address.name}"


def _wait_only(
    action: str, reason: str, change: Change, version: str, gives: tuple[str, ...]
) -> Draft:
    timeout = change.resource.spec["version"].get("timeout", 1800)
    params = {"id": change.own["id"], "version": version}
    wait = Wait("environment_build", params, timeout, gives=("versionId",))
    if not change.own.get("versionId"):
        gives = ("versionId",)
    return Draft(action, reason, (), (), (wait,), gives)


KIND = Kind(
    name="ExecutionEnvironment",
    provider="custom_models",
    spec=ExecutionEnvironmentSpec,
    rules={
        "description": FieldRule(unset=""),
        "useCases": FieldRule(as_set=True),
        "isPublic": FieldRule(create_only=True),
        "version": FieldRule(derived=True),
        "sharing": FieldRule(derived=True),
    },
    files={"version.dockerContext": FileRole("context"), "version.dockerImage": FileRole("blob")},
    parts=(
        Part("", environment_draft),
        Part("version", version_draft, ("version",)),
        Part("sharing", lambda change: share_draft(change, COLLECTION), ("sharing",)),
    ),
    verbs=frozenset({"read", "create", "update", "replace", "delete"}),
    check=description_problems,
    outputs=environment_outputs,
    delete=environment_delete,
    rank=1,
)
