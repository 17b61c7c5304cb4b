"""Steps on a model version that files and repositories share: the next version, and its marker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from reconciler.core.diff import is_below
from reconciler.core.fileset import FileSet, file_delta, file_set, normal_path
from reconciler.core.kind import PlanContext
from reconciler.core.step import Call, FieldChange, KnownAfter, StepDraft, Upload, Wait
from reconciler.providers.custom_models.client import operations as api
from reconciler.providers.custom_models.concurrency import LATEST
from reconciler.providers.custom_models.environment_choice import Choice
from reconciler.providers.custom_models.facts import VersionFacts
from reconciler.providers.custom_models.live_version import version_outputs
from reconciler.providers.custom_models.registry_tie import is_unrecorded, tie_note
from reconciler.providers.custom_models.spec_parts import VersionPart
from reconciler.providers.custom_models.version_body import (
    DATA,
    DATA_PATHS,
    RESOURCES,
    by_version,
    is_major,
    next_number,
    version_body,
)
from reconciler.providers.custom_models.version_marker import FILES, Notes, marker_call

ASSIGNMENT_TIMEOUT = 1800.0


def setting_fields(context: PlanContext) -> Iterator[FieldChange]:
    """The fields that need another version; a description and data of the model do not."""
    for field in context.fields:
        of_model = is_below(field.path, DATA_PATHS) and not by_version(context)
        if field.path != "version.description" and not of_model:
            yield field


def next_version(
    context: PlanContext,
    wanted: VersionPart,
    choice: Choice,
    current: VersionFacts,
    fields: tuple[FieldChange, ...],
) -> StepDraft:
    """One PATCH with everything that differs from the current version."""
    assert context.live is not None
    major = is_major(wanted.get("update", "auto"), current)
    body = version_body(context, wanted, choice, context.live.spec["version"])
    removed, uploads = _file_delta(context, current)
    call = api.CREATE_VERSION_FROM_LATEST.call(
        context.live.id,
        body={**body, "isMajorUpdate": major, **removed},
        uploads=uploads,
        outputs=version_outputs(context),
        recovery={LATEST: current.id},
    )
    reason = f"makes version {next_number(current.number, major)} from {current.number}"
    return with_marker(context, wanted, current, StepDraft("update", reason, fields, (call,)))


def _file_delta(
    context: PlanContext, current: VersionFacts
) -> tuple[dict[str, list[str]], tuple[Upload, ...]]:
    """The ids of files to delete, as a part of the body, and the files to send."""
    assert context.live is not None
    old, new = context.live.files.get(FILES), context.resource.files.get(FILES)
    if new is None or context.live.contents.get(FILES) == new.digest:
        return {}, ()
    delta = file_delta(old or file_set(()), new)
    sent = sorted((*delta.added, *delta.changed, *(to for _, to in delta.renamed)))
    gone = sorted((*delta.removed, *(origin for origin, _ in delta.renamed)))
    ids = _to_delete(current.items, gone, sent)
    return {"filesToDelete": ids}, uploads_of(new, tuple(sent))


def _to_delete(items: Mapping[str, str], gone: Iterable[str], sent: Iterable[str]) -> list[str]:
    """Ids of the live files that go, and of those whose name is sent in another Unicode form."""
    named = {normal_path(path): path for path in items}
    # A second file whose name differs in the form only is known by the name it has.
    named |= {path: path for path in items}
    other = sorted(path for path in sent if named.get(path, path) != path)
    # An archive may hold a file that the platform made for it and lists nowhere.
    return [items[named[path]] for path in (*gone, *other) if path in named]


def uploads_of(files: FileSet, paths: tuple[str, ...]) -> tuple[Upload, ...]:
    """The named files of a set, as they go with a version write."""
    return tuple(
        Upload("file", path, files.by_path[path].sha256, files.by_path[path].size, FILES)
        for path in paths
    )


def with_marker(
    context: PlanContext, wanted: VersionPart, current: VersionFacts | None, draft: StepDraft
) -> StepDraft:
    """The draft of a new version, with the call that marks it and the wait for its data."""
    version = KnownAfter(context.step("version"), "versionId")
    kept = _kept_commit(wanted, current)
    calls = draft.calls
    if FILES in context.resource.files or kept or tie_note(context) or wanted.get("description"):
        calls = (*calls, marker_call(context, wanted.get("description"), kept, version))
    waits: tuple[Wait, ...] = ()
    if "trainingData" in calls[0].body:
        waits = (assignment_wait(context, version, after=len(calls)),)
    return replace(draft, calls=calls, waits=waits, outputs=version_outputs(context))


def _kept_commit(wanted: VersionPart, current: VersionFacts | None) -> Notes:
    """The files stay those that were pulled, and so does the commit that they came from."""
    if "repository" not in wanted or current is None:
        return {}
    commit = current.notes.get("commit") or ", ".join(current.commits[:1])
    return {"commit": commit} if commit else {}


# -- an existing version ---------------------------------------------------------------------


def unchanged_version(
    context: PlanContext, wanted: VersionPart, current: VersionFacts
) -> StepDraft | None:
    """Another description, or only the marker; and the data that are still being assigned."""
    described = _describe(context, wanted, current)
    assigned = _assignment(context, current)
    if described is None or assigned is None:
        return described or assigned
    waits = tuple(replace(wait, after=len(described.calls)) for wait in assigned.waits)
    reason = f"{described.reason}; {assigned.reason}"
    return replace(described, reason=reason, waits=waits)


def _describe(context: PlanContext, wanted: VersionPart, current: VersionFacts) -> StepDraft | None:
    assert context.live is not None
    live_text = context.live.spec["version"]["description"]
    text = wanted.get("description") if "description" in wanted else live_text
    call = marker_call(context, text, current.notes)
    fields = tuple(field for field in context.fields if field.path == "version.description")
    if fields:
        return StepDraft("update", "changes the description of the version", fields, (call,))
    if not _lacks_its_marker(context, current):
        return None
    reason = f"version {current.number} already holds these files and only gets its marker"
    return StepDraft("adopt", reason, (), (call,))


def _lacks_its_marker(context: PlanContext, current: VersionFacts) -> bool:
    if is_unrecorded(context, current):
        return True
    files = context.resource.files.get(FILES)
    if files is not None:
        return current.content != files.digest or not current.marked
    return bool(current.recorded or current.notes) and not current.marked


def _assignment(context: PlanContext, current: VersionFacts) -> StepDraft | None:
    if "trainingData" not in context.resource.spec["version"] or not by_version(context):
        return None
    waits = (assignment_wait(context, current.id),)
    if current.assigning:
        reason = f"training data is still being assigned to version {current.number}"
        return StepDraft("run", reason, (), (), waits)
    if current.assignment_error:
        reason = f"training data could not be assigned to version {current.number}"
        return StepDraft("check", reason, (), (), waits)
    return None


def assignment_wait(context: PlanContext, version: str | KnownAfter, after: int = 0) -> Wait:
    """The wait for the assignment of training data to a version."""
    params = {"id": context.own_outputs["id"], "version": version}
    return Wait("training_data", params, ASSIGNMENT_TIMEOUT, after=after)


def settings_call(context: PlanContext, wanted: VersionPart, choice: Choice) -> Call | None:
    """A version on top of the one that this step makes, with the settings that one cannot take.

    None when no such setting has a value.
    """
    live = context.live.spec["version"] if context.live else {}
    body = version_body(context, wanted, choice, live) | {"isMajorUpdate": False}
    if not any(body.get(key) is not None for key in (*RESOURCES, *DATA)):
        return None
    return api.CREATE_VERSION_FROM_LATEST.call(
        context.own_outputs["id"],
        body=body,
        outputs=version_outputs(context),
        recovery={LATEST: KnownAfter(context.step("version"), "versionId")},
    )
