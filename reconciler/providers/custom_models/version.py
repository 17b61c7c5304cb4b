"""Model versions made from files: what is wanted, live files, and the writes that make them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.core.fileset import file_set, normal_path
from reconciler.core.kind import Outputs, PlanContext
from reconciler.core.resource import Live, Resource
from reconciler.core.step import Call, FieldChange, KnownAfter, StepDraft, Wait
from reconciler.errors import JobFailed
from reconciler.providers.archive import read_archive
from reconciler.providers.custom_models.client import operations as api
from reconciler.providers.custom_models.client.responses import Version
from reconciler.providers.custom_models.concurrency import LATEST
from reconciler.providers.custom_models.environment_choice import Choice, choose_environment
from reconciler.providers.custom_models.facts import current_version, model_facts
from reconciler.providers.custom_models.file_changes import file_changes
from reconciler.providers.custom_models.file_content import with_files
from reconciler.providers.custom_models.limits import limit_problems
from reconciler.providers.custom_models.live_version import outputs_of, version_outputs
from reconciler.providers.custom_models.registry_tie import tie_fields
from reconciler.providers.custom_models.slice import Poll, Slice, newer_than
from reconciler.providers.custom_models.spec_parts import VersionPart
from reconciler.providers.custom_models.version_body import version_body
from reconciler.providers.custom_models.version_marker import FILES
from reconciler.providers.custom_models.version_write import (
    next_version,
    setting_fields,
    unchanged_version,
    uploads_of,
    with_marker,
)
from reconciler.providers.recovery import only_one

if TYPE_CHECKING:
    from reconciler.providers.custom_models.client.client import Client

# -- what is wanted --------------------------------------------------------------------------


def version_draft(context: PlanContext) -> StepDraft | None:
    """One POST for the first version, one PATCH for all that differs later, or only a marker."""
    wanted, current = context.resource.spec["version"], current_version(context)
    choice = choose_environment(context, wanted.get("environment"), current)
    problems = (*choice.problems, *limit_problems(context))
    if problems:
        return StepDraft(problems=problems)
    if current is None:
        return _first(context, wanted, choice)
    tie = tie_fields(context, current)
    fields = (*choice.fields, *tie, *_file_fields(context), *setting_fields(context))
    if not fields and current.assignment_error and context.options.retry_failed:
        again = "requested by --retry-failed"
        fields = (FieldChange("version.trainingData", "failed", "assigned again", again),)
    if fields:
        return next_version(context, wanted, choice, current, fields)
    return unchanged_version(context, wanted, current)


def _file_fields(context: PlanContext) -> tuple[FieldChange, ...]:
    files, live = context.resource.files.get(FILES), context.live
    assert live is not None
    if files is None or live.contents.get(FILES) == files.digest:
        return ()
    return file_changes(FILES, live.files.get(FILES), files, live.line_diffs)


def _first(context: PlanContext, wanted: VersionPart, choice: Choice) -> StepDraft:
    files = context.resource.files.get(FILES, file_set(()))
    body = version_body(context, wanted, choice, {}) | {"isMajorUpdate": True}
    call = api.CREATE_VERSION.call(
        context.own_outputs["id"],
        body=body,
        uploads=uploads_of(files, tuple(entry.path for entry in files.entries)),
        outputs=version_outputs(context),
        recovery={LATEST: context.own_outputs.get("versionId")},
    )
    tie = tie_fields(context, None)
    changes = file_changes(FILES, None, files, {})
    fields = (*choice.fields, *tie, *changes, *setting_fields(context))
    # A copy, or a model from a template, brings a version that the plan knows nothing of.
    derived = isinstance(context.own_outputs.get("versionId"), KnownAfter)
    reason = "makes a version with these files only" if derived else "makes version 1.0"
    draft = StepDraft("update" if context.live else "create", reason, fields, (call,))
    return with_marker(context, wanted, None, draft)


# -- live state ------------------------------------------------------------------------------


def read_files(client: Client, resource: Resource, live: Live) -> Live:
    """Adds the files of the latest version where its marker does not settle what they are."""
    wanted, current = resource.files.get(FILES), model_facts(live).version
    if wanted is None or current is None:
        return live
    # A marker can be copied to a version of other files; their names at least must be right.
    names = {normal_path(path) for path in current.items}
    if current.content == wanted.digest and names == set(wanted.by_path):
        return live
    live = replace(live, contents={**live.contents, FILES: ""})
    if not current.items:
        return replace(live, files={**live.files, FILES: file_set(())})
    download = client.download(api.DOWNLOAD_VERSION, live.id, current.id)
    return with_files(live, FILES, download, "tree", wanted, FILES)


# -- writes, recovery and waits --------------------------------------------------------------


def _create(client: Client, call: Call, resource: Resource | None) -> Outputs:
    return outputs_of(client.send(call, resource), call.outputs)


def _recover(client: Client, call: Call, resource: Resource | None) -> Outputs | None:
    versions = client.every(api.LIST_VERSIONS, call.path_params["id"])
    matches = {
        version.id: version
        for version in newer_than(call.recovery[LATEST], versions, lambda version: version.id)
        if _is_what_was_sent(client, call, version, resource)
    }
    only = only_one(list(matches), "versionId", "model versions equal to what was sent")
    return outputs_of(matches[only["versionId"]], call.outputs) if only else None


def _is_what_was_sent(
    client: Client, call: Call, version: Version, resource: Resource | None
) -> bool:
    if version.base_environment_version_id != call.body["baseEnvironmentVersionId"]:
        return False
    wanted = resource.files.get(FILES) if resource else None
    if wanted is None:
        return True
    if {normal_path(item.file_path) for item in version.items} != set(wanted.by_path):
        return False
    with client.download(api.DOWNLOAD_VERSION, call.path_params["id"], version.id) as content:
        return read_archive(content, "tree").files == wanted


def _follow_assignment(client: Client, wait: Wait, poll: Poll) -> Outputs:
    ids = wait.params["id"], wait.params["version"]
    state = poll(lambda: _assignment_state(client, *ids), frozenset({"assigning"}))
    if state == "assigned":
        return {"versionId": ids[1]}
    raise JobFailed(
        f"training data could not be assigned to version {ids[1]}: {state}",
        "Check the dataset; another dataset makes a new version.",
    )


def _assignment_state(client: Client, model: str, version: str) -> str:
    data = client.read(api.GET_VERSION, model, version).training_data
    if data is None:
        return "not assigned"
    if data.assignment_in_progress:
        return "assigning"
    error = data.assignment_error
    return (error.message if error else None) or "assigned"


SLICE = Slice(
    start={"create_version": _create, "create_version_from_latest": _create},
    recover={"create_version": _recover, "create_version_from_latest": _recover},
    follow={"training_data": _follow_assignment},
)
