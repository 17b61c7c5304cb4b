"""The newest version of an execution environment: build the wanted content once, and only once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.core.json_value import JsonObject
from reconciler.core.kind import Outputs, PlanContext
from reconciler.core.marker import Marker, join, split
from reconciler.core.ownership import is_proven
from reconciler.core.resource import Live, Resource
from reconciler.core.step import Call, FieldChange, KnownAfter, StepDraft, Upload, Wait
from reconciler.errors import JobFailed
from reconciler.providers.custom_models.client import operations as api
from reconciler.providers.custom_models.concurrency import LATEST
from reconciler.providers.custom_models.description import COMMIT, owner_of
from reconciler.providers.custom_models.facts import BuiltVersionFacts, environment_facts
from reconciler.providers.custom_models.file_changes import file_changes
from reconciler.providers.custom_models.file_content import with_files
from reconciler.providers.custom_models.slice import Poll, Slice, log_of, newer_than
from reconciler.providers.custom_models.spec_parts import ImagePart
from reconciler.providers.recovery import only_one

if TYPE_CHECKING:
    from reconciler.providers.custom_models.client.client import Client

SOURCES = ("dockerContext", "dockerImage", "dockerImageUri")
CONTEXT = "version.dockerContext"
BUILDING = frozenset({"submitted", "processing"})
FIX_CONTEXT = "Fix the Docker context and apply again; --retry-failed builds the same once more."


def content_digest(resource: Resource) -> str:
    """The digest of what the wanted version is made from; the version's marker records it."""
    version = resource.spec["version"]
    source = source_of(version)
    files = resource.files.get(f"version.{source}")
    if files is not None:
        return files.digest
    return f"sha256:{hashlib.sha256(str(version[source]).encode()).hexdigest()}"


def source_of(version: ImagePart) -> str:
    """The one of the three source keys that the manifest uses."""
    return next(key for key in SOURCES if key in version)


# -- what is wanted --------------------------------------------------------------------------


def version_draft(context: PlanContext) -> StepDraft | None:
    """Build the wanted content once: find it, wait for it, report its failure, or send it."""
    resource, live = context.resource, context.live
    if "version" not in resource.spec:
        return None
    digest = content_digest(resource)
    current = _with_content(context, digest)
    if current is None:
        return _build(context, digest, _reasons(context))
    stale = tuple(_label_changes(resource.spec["version"], current))
    if stale:
        return _build(context, digest, stale)
    if current.status == "success":
        return None
    assert live is not None
    if current.status in BUILDING:
        reason = f"version {current.id} is still being built"
        return _wait_only("run", reason, context, current.id, ("versionId",))
    if context.options.retry_failed:
        again = FieldChange("version", "failed", "built again", "requested by --retry-failed")
        return _build(context, digest, (again,))
    reason = f"the build of version {current.id} failed, and its content has not changed"
    return _wait_only("check", reason, context, current.id, ())


def _with_content(context: PlanContext, digest: str) -> BuiltVersionFacts | None:
    """The live version with the wanted content: the newest, or the newest that works."""
    if context.live is None:
        return None
    version = context.resource.spec["version"]
    facts = environment_facts(context.live)
    latest, successful = facts.latest, facts.successful
    if latest and _matches(context, latest, version, digest):
        return latest
    # A newer build failed with other content, and the manifest has gone back to what works.
    failed = latest and latest.status == "failed"
    if failed and successful and _matches(context, successful, version, digest):
        return successful
    return None


def _matches(
    context: PlanContext, seen: BuiltVersionFacts, version: ImagePart, digest: str
) -> bool:
    if seen.content:
        return seen.content == digest
    if source_of(version) == "dockerImageUri":
        return bool(seen.uri == version["dockerImageUri"])
    assert context.live is not None
    files = context.live.files.get(f"{CONTEXT}@{seen.id}")
    wanted = context.resource.files.get(CONTEXT)
    return files is not None and wanted is not None and files.digest == wanted.digest


def _label_changes(version: ImagePart, current: BuiltVersionFacts) -> Iterator[FieldChange]:
    for key, old, new in (
        ("label", current.label, version.get("label", current.label)),
        ("description", current.description, version.get("description", current.description)),
    ):
        if new != old:
            reason = "the platform cannot change it on an existing version"
            yield FieldChange(f"version.{key}", old, new, reason)


def _reasons(context: PlanContext) -> tuple[FieldChange, ...]:
    version = context.resource.spec["version"]
    labels = (
        FieldChange(f"version.{key}", None, version[key], "of the new version")
        for key in ("label", "description")
        if version.get(key)
    )
    return (*_source(context), *labels)


def _source(context: PlanContext) -> tuple[FieldChange, ...]:
    version, live = context.resource.spec["version"], context.live
    source = source_of(version)
    latest = environment_facts(live).latest if live else None
    if source == "dockerImageUri":
        old = latest.uri if latest else None
        return (FieldChange("version.dockerImageUri", old, version[source], "other image"),)
    path = f"version.{source}"
    seen = live.files.get(f"{path}@{latest.id}") if live and latest else None
    diffs = live.line_diffs if live else {}
    return file_changes(path, seen, context.resource.files[path], diffs)


def _build(context: PlanContext, digest: str, fields: tuple[FieldChange, ...]) -> StepDraft:
    version = context.resource.spec["version"]
    call = api.CREATE_ENVIRONMENT_VERSION.call(
        context.own_outputs["id"],
        body=_body(version, _marker(context, digest)),
        uploads=_uploads(context.resource, source_of(version)),
        outputs=("versionId",),
        recovery={LATEST: _latest(context.live)},
    )
    wait = Wait(
        "environment_build",
        {
            "id": context.own_outputs["id"],
            "version": KnownAfter(context.step("version"), "versionId"),
        },
        version.get("timeout", 1800),
        after=1,
    )
    action = "update" if context.live else "create"
    reason = "builds a new version" if context.live else "builds its first version"
    return StepDraft(action, reason, fields, (call,), (wait,), outputs=("versionId",))


def _marker(context: PlanContext, digest: str) -> Marker:
    commit = context.options.commit
    return Marker(
        owner_of(context),
        digest,
        # An older commit must not build its image over a newer one without a word.
        notes={COMMIT: commit.sha} if commit else {},
        project=context.options.uid,
    )


def _body(version: ImagePart, marker: Marker) -> JsonObject:
    body: JsonObject = {"description": join(version.get("description"), marker)}
    body |= {key: version[key] for key in ("label", "dockerImageUri") if key in version}
    return body


def _uploads(resource: Resource, source: str) -> tuple[Upload, ...]:
    files = resource.files.get(f"version.{source}")
    if files is None:
        return ()
    return (Upload(source, "", files.digest, files.size, f"version.{source}"),)


def _latest(live: Live | None) -> str | None:
    """The newest version that the plan knows: what is newer later on is ours."""
    latest = environment_facts(live).latest if live else None
    return latest.id if latest else None


def _wait_only(
    action: str, reason: str, context: PlanContext, version: str, outputs: tuple[str, ...]
) -> StepDraft:
    timeout = context.resource.spec["version"].get("timeout", 1800)
    params = {"id": context.own_outputs["id"], "version": version}
    wait = Wait("environment_build", params, timeout, outputs=("versionId",))
    if not context.own_outputs.get("versionId"):
        outputs = ("versionId",)
    return StepDraft(action, reason, (), (), (wait,), outputs)


# -- live state ------------------------------------------------------------------------------


def read_files(client: Client, resource: Resource, live: Live) -> Live:
    """Adds the Docker contexts whose content no marker names, as far as they decide."""
    wanted, facts = resource.files.get(CONTEXT), environment_facts(live)
    latest, successful = facts.latest, facts.successful
    if wanted is None or latest is None:
        return live
    if not is_proven(live):
        # A marker can be pasted into the description of an environment and of its version: where
        # it does not name the environment's id, what it says of the content is not believed.
        live, latest, successful = _doubted(live, latest, successful)
    unknown = [latest] if latest.content != wanted.digest else []
    if successful and successful.id != latest.id and not successful.content:
        unknown.append(successful)
    for version in unknown:
        if version.has_context:
            download = client.download(api.DOWNLOAD_ENVIRONMENT_VERSION, live.id, version.id)
            key = f"{CONTEXT}@{version.id}"
            live = with_files(live, key, download, "context", wanted, CONTEXT)
    return live


def _doubted(
    live: Live, latest: BuiltVersionFacts, successful: BuiltVersionFacts | None
) -> tuple[Live, BuiltVersionFacts, BuiltVersionFacts | None]:
    """The same without what the markers of the two versions say of their content."""
    latest = replace(latest, content="")
    successful = successful and replace(successful, content="")
    facts = replace(environment_facts(live), latest=latest, successful=successful)
    return replace(live, facts=facts), latest, successful


# -- writes, recovery and waits --------------------------------------------------------------


def _create(client: Client, call: Call, resource: Resource | None) -> Outputs:
    return {"versionId": client.send(call, resource).id}


def _recover(client: Client, call: Call, _: Resource | None) -> Outputs | None:
    wanted = split(call.body["description"])[1]
    versions = client.every(api.LIST_ENVIRONMENT_VERSIONS, call.path_params["id"])
    matches = [
        version.id
        for version in newer_than(call.recovery[LATEST], versions, lambda version: version.id)
        if wanted and (seen := split(version.description)[1]) and seen.content == wanted.content
    ]
    return only_one(matches, "versionId", "environment versions with the same content")


def _follow(client: Client, wait: Wait, poll: Poll) -> Outputs:
    ids = wait.params["id"], wait.params["version"]
    state = poll(lambda: client.read(api.GET_ENVIRONMENT_VERSION, *ids).build_status, BUILDING)
    if state == "success":
        return {"versionId": ids[1]}
    raise JobFailed(
        f"the build of environment version {ids[1]} failed",
        FIX_CONTEXT,
        log=log_of(lambda: client.read(api.GET_ENVIRONMENT_BUILD_LOG, *ids).text),
    )


SLICE = Slice(
    start={"create_environment_version": _create},
    recover={"create_environment_version": _recover},
    follow={"environment_build": _follow},
)
