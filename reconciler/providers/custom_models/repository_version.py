"""A version whose files the platform pulls from a repository that it knows.

``fromRepository/`` takes no memory, replicas or other settings: where the manifest sets them on a
model that has none to inherit, a second version carries them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.core.json_value import JsonObject
from reconciler.core.kind import Outputs, PlanContext
from reconciler.core.resource import Resource
from reconciler.core.step import Call, FieldChange, KnownAfter, StepDraft, Wait
from reconciler.errors import JobFailed
from reconciler.providers.custom_models.client import operations as api
from reconciler.providers.custom_models.client.responses import Version
from reconciler.providers.custom_models.concurrency import LATEST
from reconciler.providers.custom_models.environment_choice import Choice, choose_environment
from reconciler.providers.custom_models.facts import VersionFacts, current_version
from reconciler.providers.custom_models.job_status import COMPLETED, STATUS_RUNNING
from reconciler.providers.custom_models.limits import limit_problems
from reconciler.providers.custom_models.live_version import (
    commits_of,
    outputs_of,
    version_outputs,
)
from reconciler.providers.custom_models.registry_tie import tie_fields
from reconciler.providers.custom_models.slice import RETRY, Poll, Slice, newer_than
from reconciler.providers.custom_models.spec_parts import VersionPart
from reconciler.providers.custom_models.version_body import metadata_values
from reconciler.providers.custom_models.version_marker import marker_call, source_digest
from reconciler.providers.custom_models.version_write import (
    next_version,
    setting_fields,
    settings_call,
    unchanged_version,
)
from reconciler.providers.recovery import only_one

if TYPE_CHECKING:
    from reconciler.providers.custom_models.client.client import Client

PATH = "version.repository"
TIMEOUT = 1800.0

# -- what is wanted --------------------------------------------------------------------------


def repository_draft(context: PlanContext) -> StepDraft | None:
    """Pull what the manifest names when the current version is not that; else as for files."""
    wanted, current = context.resource.spec["version"], current_version(context)
    choice = choose_environment(context, wanted.get("environment"), current)
    problems = (*choice.problems, *limit_problems(context))
    if problems:
        return StepDraft(problems=problems)
    source = _source_fields(context, current)
    settings, tie = tuple(setting_fields(context)), tie_fields(context, current)
    others = (*choice.fields, *tie)
    if current is not None and source and not others and _pulled_already(context, current):
        if settings:
            # The pull succeeded and the call with the settings did not.
            return next_version(context, wanted, choice, current, settings)
        return _adopt(context, wanted, current)
    if source:
        # A version of other files starts from nothing, and inherits no settings.
        is_new = current is None or not _only_moved(context, current)
        more = settings_call(context, wanted, choice) if is_new or settings else None
        fields = (*choice.fields, *tie, *source, *settings)
        return _pull(context, choice, fields, current, more)
    assert current is not None
    if others or settings:
        return next_version(context, wanted, choice, current, (*others, *settings))
    return unchanged_version(context, wanted, current)


def _source_fields(context: PlanContext, current: VersionFacts | None) -> tuple[FieldChange, ...]:
    """Whether the current version is what the manifest requested of the repository."""
    wanted = context.resource.spec["version"]["repository"]
    shown = f"{wanted['id']} @ {wanted.get('ref') or 'default branch'}"
    if current is None:
        return (FieldChange(PATH, None, shown, "the first version's source"),)
    if current.recorded != source_digest(wanted):
        reason = "another source" if current.recorded else "was not made from this source by us"
        return (FieldChange(PATH, list(current.refs) or None, shown, reason),)
    recorded = current.notes.get("commit")
    if recorded and current.commits != (recorded,):
        reason = f"its files are not those of commit {recorded}, which was pulled"
        return (FieldChange(PATH, list(current.commits), shown, reason),)
    return ()


def _only_moved(context: PlanContext, current: VersionFacts) -> bool:
    """Whether the current version differs from what is wanted by its reference alone."""
    wanted = context.resource.spec["version"]["repository"]
    former = [{**wanted, "ref": ref} for ref in (*current.refs, None)]
    return current.recorded in map(source_digest, former)


def _pulled_already(context: PlanContext, current: VersionFacts) -> bool:
    """Whether an unmarked version shows just this reference: a run was cut off before its marker.

    A file that was added by hand, or a path without a file, shows that it was not made by us.
    """
    wanted = context.resource.spec["version"]["repository"]
    return (
        not current.recorded
        and current.pulled
        and current.refs == (wanted.get("ref") or "",)
        and len(current.commits) == 1
        and all(_has(current, path) for path in wanted.get("paths") or ())
    )


def _has(current: VersionFacts, path: str) -> bool:
    folder = path.rstrip("/") + "/"
    return any(item == path or item.startswith(folder) for item in current.items)


def _adopt(context: PlanContext, wanted: VersionPart, current: VersionFacts) -> StepDraft:
    call = marker_call(context, wanted.get("description"), {"commit": current.commits[0]})
    reason = "was pulled from this reference and only gets its marker"
    return StepDraft("adopt", reason, (), (call,))


def _pull(
    context: PlanContext,
    choice: Choice,
    fields: tuple[FieldChange, ...],
    current: VersionFacts | None,
    settings: Call | None,
) -> StepDraft:
    """POST for other files, PATCH when only the reference moves; then settings, then the marker."""
    wanted, step = context.resource.spec["version"], context.step("version")
    moves = current is not None and settings is None and _only_moved(context, current)
    operation = api.UPDATE_VERSION_FROM_REPOSITORY if moves else api.CREATE_VERSION_FROM_REPOSITORY
    pull = operation.call(
        context.own_outputs["id"],
        body=_body(wanted, choice, current),
        outputs=("status",),
        recovery={LATEST: context.own_outputs.get("versionId")},
    )
    marker = marker_call(
        context,
        wanted.get("description"),
        {"commit": KnownAfter(step, "commit")},
        KnownAfter(step, "versionId"),
    )
    outputs = (*version_outputs(context), "commit")
    params = {"id": context.own_outputs["id"], "status": KnownAfter(step, "status")}
    wait = Wait("repository_version", params, TIMEOUT, after=1, outputs=outputs)
    calls = (pull, settings, marker) if settings else (pull, marker)
    reason = "makes a version from the repository"
    if settings:
        reason += ", and one more with its settings, which that call cannot take"
    action = "update" if context.live else "create"
    return StepDraft(action, reason, fields, calls, (wait,), outputs=outputs)


def _body(wanted: VersionPart, choice: Choice, current: VersionFacts | None) -> JsonObject:
    source = wanted["repository"]
    body: JsonObject = {
        "baseEnvironmentId": choice.id,
        "isMajorUpdate": current is None or wanted.get("update") == "major" or current.frozen,
        "repositoryId": source["id"],
    }
    if source.get("ref"):
        body["ref"] = source["ref"]
    if source.get("paths"):
        body["sourcePath"] = list(source["paths"])
    if metadata := wanted.get("requiredMetadata"):
        body["requiredMetadataValues"] = metadata_values(metadata)
    return body


# -- writes, recovery and waits --------------------------------------------------------------


def _start(client: Client, call: Call, resource: Resource | None) -> Outputs:
    return {"status": client.send(call, resource)}


def _recover(client: Client, call: Call, _: Resource | None) -> Outputs | None:
    versions = client.every(api.LIST_VERSIONS, call.path_params["id"])
    matches = [
        version.id
        for version in newer_than(call.recovery[LATEST], versions, lambda version: version.id)
        if commits_of(version)
    ]
    found = only_one(matches, "versionId", "versions")
    # The job's status is lost with the answer; the wait reads the version itself.
    return {**found, "status": ""} if found else None


def _follow(client: Client, wait: Wait, poll: Poll) -> Outputs:
    model, job = wait.params["id"], wait.params["status"]
    if not job:
        return _pulled(next(client.every(api.LIST_VERSIONS, model)), wait)
    location = [""]

    def status() -> str:
        found = client.read(api.GET_STATUS, job)
        location[0] = found.location
        ended = found.state not in STATUS_RUNNING and found.state != COMPLETED
        return found.message or found.state if ended else found.state

    state = poll(status, STATUS_RUNNING)
    if state != COMPLETED:
        raise JobFailed(f"no version could be made from the repository: {state}", RETRY)
    version = location[0].rstrip("/").rpartition("/")[2]
    return _pulled(client.read(api.GET_VERSION, model, version), wait)


def _pulled(version: Version, wait: Wait) -> Outputs:
    commits = commits_of(version)
    commit = commits[0] if len(commits) == 1 else "several"
    return {**outputs_of(version, wait.outputs), "commit": commit}


SLICE = Slice(
    start={
        "create_version_from_repository": _start,
        "update_version_from_repository": _start,
    },
    recover={
        "create_version_from_repository": _recover,
        "update_version_from_repository": _recover,
    },
    follow={"repository_version": _follow},
)
