"""The newest version of a custom model: live shape, and the one write that makes it right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from reconciler.core.diff import is_below
from reconciler.core.fileset import FileSet, file_delta, file_set, normal_path
from reconciler.core.kind import PlanContext
from reconciler.core.marker import split
from reconciler.core.step import Call, FieldChange, KnownAfter, StepDraft, Upload, Wait
from reconciler.providers.custom_models.environment_choice import Choice, choose_environment
from reconciler.providers.custom_models.file_changes import file_changes
from reconciler.providers.custom_models.limits import limit_problems
from reconciler.providers.custom_models.model_training import by_version
from reconciler.providers.custom_models.registry_tie import is_unrecorded, tie_fields, tie_note
from reconciler.providers.custom_models.repository_version import (
    only_moved,
    pulled_already,
    repository_draft,
    repository_fields,
)
from reconciler.providers.custom_models.version_body import (
    DATA,
    DATA_PATHS,
    RESOURCES,
    is_major,
    next_number,
    version_body,
)
from reconciler.providers.custom_models.version_mark import FILES, mark_call
from reconciler.providers.custom_models.wire import AssignedData, Version

ASSIGNMENT_TIMEOUT = 1800.0


def live_version(version: Version | None) -> dict[str, Any]:
    """The version's settings under the keys of ``spec.version``; {} when there is none."""
    if version is None:
        return {}
    return {
        "description": split(version.description)[0],
        "maximumMemory": version.maximum_memory,
        "replicas": version.replicas,
        "networkEgressPolicy": version.network_egress_policy,
        "requiresHa": version.requires_ha,
        "resourceBundleId": version.resource_bundle_id,
        "requiredMetadata": {
            value.field_name: value.value for value in version.required_metadata_values or ()
        },
        "trainingData": _data(version.training_data),
        "holdoutData": _data(version.holdout_data),
    }


def _data(data: AssignedData | None) -> dict[str, Any] | None:
    if data is None:
        return None
    held = {
        "datasetId": data.dataset_id,
        "datasetVersionId": data.dataset_version_id,
        "partitionColumn": data.partition_column,
    }
    # The platform sends an object full of nulls where nothing is assigned.
    return {key: value for key, value in held.items() if value is not None} or None


def version_facts(version: Version | None) -> dict[str, Any] | None:
    """What decides about a version without being desired state."""
    if version is None:
        return None
    mark = split(version.description)[1]
    data = version.training_data
    return {
        "id": version.id,
        "number": version.number,
        "created": version.created,
        "frozen": version.is_frozen,
        "environmentId": version.base_environment_id,
        "environmentVersionId": version.base_environment_version_id,
        "items": {item.file_path: item.id for item in version.items},
        "content": mark.content if mark else "",
        "notes": dict(mark.notes) if mark else {},
        "dependencies": len(version.dependencies),
        "refs": sorted({item.ref or "" for item in version.items if item.commit_sha}),
        "commits": sorted({item.commit_sha for item in version.items if item.commit_sha}),
        "assigning": bool(data and data.assignment_in_progress),
        "assignmentError": data.assignment_error.message
        if data and data.assignment_error
        else None,
        "pulled": all(item.commit_sha for item in version.items),
        "commit": version.git_model_version and version.git_model_version.main_branch_commit_sha,
    }


def version_draft(change: PlanContext) -> StepDraft | None:
    """One POST for the first version, one PATCH for all that differs later, or only a mark."""
    wanted = change.resource.spec.get("version")
    if wanted is None:
        return None
    held = change.live.facts["version"] if change.live else None
    choice = choose_environment(change, wanted.get("environment"), held)
    problems = (*choice.problems, *limit_problems(change))
    if problems:
        return StepDraft(problems=problems)
    if "repository" in wanted:
        return _pulled(change, wanted, choice, held)
    if held is None:
        return _first(change, wanted, choice)
    tie = tie_fields(change, held)
    fields = (*choice.fields, *tie, *_file_fields(change), *_setting_fields(change))
    if not fields and held["assignmentError"] and change.options.retry_failed:
        again = "asked for by --retry-failed"
        fields = (FieldChange("version.trainingData", "failed", "assigned again", again),)
    if fields:
        return _next(change, wanted, choice, fields)
    return _settled(_metadata(change, wanted, held), _assignment(change, held))


def _settled(told: StepDraft | None, assigned: StepDraft | None) -> StepDraft | None:
    """Another description, or only the mark; and the data that are still on their way."""
    if told is None or assigned is None:
        return told or assigned
    waits = tuple(replace(wait, after=len(told.calls)) for wait in assigned.waits)
    return replace(told, reason=f"{told.reason}; {assigned.reason}", waits=waits)


def _pulled(
    change: PlanContext, wanted: Mapping[str, Any], choice: Choice, held: Mapping[str, Any] | None
) -> StepDraft | None:
    source = repository_fields(change, held)
    settings, tie = tuple(_setting_fields(change)), tie_fields(change, held)
    others = (*choice.fields, *tie)
    if held is not None and source and not others and pulled_already(change, held):
        if settings:
            # The pull went through and the call with the settings did not.
            return _next(change, wanted, choice, settings)
        call = mark_call(change, wanted.get("description"), {"commit": held["commits"][0]})
        return StepDraft(
            "adopt", "was pulled from this reference and only gets its mark", (), (call,)
        )
    if source:
        # A version of other files is made anew, and inherits no settings.
        anew = held is None or not only_moved(change, held)
        more = _settings_call(change, wanted, choice) if anew or settings else None
        fields = (*choice.fields, *tie, *source, *settings)
        return repository_draft(change, choice, fields, held, more)
    assert held is not None
    if choice.fields or tie or settings:
        return _next(change, wanted, choice, (*choice.fields, *tie, *settings))
    return _settled(_metadata(change, wanted, held), _assignment(change, held))


def _settings_call(change: PlanContext, wanted: Mapping[str, Any], choice: Choice) -> Call | None:
    live = change.live.spec["version"] if change.live else {}
    body = version_body(change, wanted, choice, live) | {"isMajorUpdate": False}
    if not any(body.get(key) is not None for key in (*RESOURCES, *DATA)):
        return None
    return Call(
        "create_version_from_latest",
        "PATCH",
        "customModels/{id}/versions/",
        {"id": change.own_outputs["id"], "latest": KnownAfter(change.step("version"), "versionId")},
        body,
        outputs=("versionId",),
    )


# -- what differs ----------------------------------------------------------------------------


def _file_fields(change: PlanContext) -> tuple[FieldChange, ...]:
    files, live = change.resource.files.get(FILES), change.live
    assert live is not None
    if files is None or live.contents.get(FILES) == files.digest:
        return ()
    return file_changes(FILES, live.files.get(FILES), files, live.line_diffs)


def _setting_fields(change: PlanContext) -> Iterator[FieldChange]:
    for field in change.fields:
        elsewhere = is_below(field.path, DATA_PATHS) and not by_version(change)
        if field.path != "version.description" and not elsewhere:
            yield field


# -- the writes ------------------------------------------------------------------------------


def _first(change: PlanContext, wanted: Mapping[str, Any], choice: Choice) -> StepDraft:
    files = change.resource.files.get(FILES, file_set(()))
    body = version_body(change, wanted, choice, {}) | {"isMajorUpdate": True}
    call = Call(
        "create_version",
        "POST",
        "customModels/{id}/versions/",
        {"id": change.own_outputs["id"], "latest": change.own_outputs.get("versionId")},
        body,
        _uploads(files, tuple(entry.path for entry in files.entries)),
        outputs=("versionId",),
    )
    files_made = file_changes(FILES, None, files, {})
    tie = tie_fields(change, None)
    fields = (*choice.fields, *tie, *files_made, *_setting_fields(change))
    action = "update" if change.live else "create"
    # A copy, or a model from a template, brings a version that the plan knows nothing of.
    derived = isinstance(change.own_outputs.get("versionId"), KnownAfter)
    reason = "makes a version with these files only" if derived else "makes version 1.0"
    return _draft(change, wanted, action, reason, fields, call)


def _next(
    change: PlanContext, wanted: Mapping[str, Any], choice: Choice, fields: tuple[FieldChange, ...]
) -> StepDraft:
    assert change.live is not None
    held = change.live.facts["version"]
    old, new = change.live.files.get(FILES), change.resource.files.get(FILES)
    body = version_body(change, wanted, choice, change.live.spec["version"])
    major = is_major(wanted.get("update", "auto"), held)
    body["isMajorUpdate"] = major
    sent: tuple[str, ...] = ()
    if new is not None and change.live.contents.get(FILES) != new.digest:
        delta = file_delta(old or file_set(()), new)
        sent = tuple(sorted((*delta.added, *delta.changed, *(to for _, to in delta.renamed))))
        gone = sorted((*delta.removed, *(origin for origin, _ in delta.renamed)))
        body["filesToDelete"] = _to_delete(held["items"], gone, sent)
    call = Call(
        "create_version_from_latest",
        "PATCH",
        "customModels/{id}/versions/",
        {"id": change.live.id, "latest": held["id"]},
        body,
        _uploads(new, sent) if new is not None else (),
        outputs=("versionId",),
    )
    reason = f"makes version {next_number(held['number'], major)} from {held['number']}"
    return _draft(change, wanted, "update", reason, fields, call)


def _to_delete(items: Mapping[str, str], gone: Iterable[str], sent: Iterable[str]) -> list[str]:
    """Ids of the live files that go, and of those whose name is sent in another Unicode form."""
    named = {normal_path(path): path for path in items}
    # A second file whose name differs in the form only is known by the name it has.
    named |= {path: path for path in items}
    other = sorted(path for path in sent if named.get(path, path) != path)
    # An archive may hold a file that the platform made for it and lists nowhere.
    return [items[named[path]] for path in (*gone, *other) if path in named]


def _draft(
    change: PlanContext,
    wanted: Mapping[str, Any],
    action: str,
    reason: str,
    fields: tuple[FieldChange, ...],
    call: Call,
) -> StepDraft:
    version = KnownAfter(change.step("version"), "versionId")
    calls: tuple[Call, ...] = (call,)
    kept = {}
    if "repository" in wanted and change.live:
        # The files stay those that were pulled, and so does the commit that they came from.
        held = change.live.facts["version"]
        commit = held["notes"].get("commit") or ", ".join(held["commits"][:1])
        kept = {"commit": commit} if commit else {}
    noted = kept or tie_note(change)
    if FILES in change.resource.files or noted or wanted.get("description"):
        calls = (*calls, mark_call(change, wanted.get("description"), kept, version=version))
    waits: tuple[Wait, ...] = ()
    if "trainingData" in call.body:
        params = {"id": change.own_outputs["id"], "version": version}
        waits = (Wait("training_data", params, ASSIGNMENT_TIMEOUT, after=len(calls)),)
    return StepDraft(action, reason, fields, calls, waits, outputs=("versionId",))


def _uploads(files: FileSet, paths: tuple[str, ...]) -> tuple[Upload, ...]:
    return tuple(
        Upload("file", path, files.by_path[path].sha256, files.by_path[path].size, FILES)
        for path in paths
    )


def _metadata(
    change: PlanContext, wanted: Mapping[str, Any], held: Mapping[str, Any]
) -> StepDraft | None:
    assert change.live is not None
    live_text = change.live.spec["version"]["description"]
    text = wanted.get("description") if "description" in wanted else live_text
    call = mark_call(change, text, held["notes"])
    fields = tuple(field for field in change.fields if field.path == "version.description")
    if fields:
        return StepDraft("update", "describes the version anew", fields, (call,))
    if not _lacks_its_mark(change, held):
        return None
    reason = f"version {held['number']} already holds these files and only gets its mark"
    return StepDraft("adopt", reason, (), (call,))


def _lacks_its_mark(change: PlanContext, held: Mapping[str, Any]) -> bool:
    if is_unrecorded(change, held):
        return True
    files = change.resource.files.get(FILES)
    owner = f"{change.options.scope}/{change.resource.address.name}"
    ours = change.live is not None and change.live.owner == owner
    return ours and files is not None and held["content"] != files.digest


def _assignment(change: PlanContext, held: Mapping[str, Any]) -> StepDraft | None:
    if "trainingData" not in change.resource.spec["version"] or not by_version(change):
        return None
    params = {"id": change.own_outputs["id"], "version": held["id"]}
    wait = Wait("training_data", params, ASSIGNMENT_TIMEOUT)
    if held["assigning"]:
        return StepDraft(
            "run", f"version {held['number']} still gets its training data", (), (), (wait,)
        )
    if held["assignmentError"]:
        reason = f"version {held['number']} could not get its training data"
        return StepDraft("check", reason, (), (), (wait,))
    return None
