"""A version whose files the platform takes from a repository that it knows.

``fromRepository/`` takes no memory, replicas or other settings: where the manifest sets them on a
model that has none to inherit, a second version carries them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.core.kind import PlanContext
from reconciler.core.step import Call, FieldChange, KnownAfter, StepDraft, Wait
from reconciler.providers.custom_models.environment_choice import Choice
from reconciler.providers.custom_models.version_mark import mark_call, source_digest

PATH = "version.repository"
TIMEOUT = 1800.0


def repository_fields(
    change: PlanContext, held: Mapping[str, Any] | None
) -> tuple[FieldChange, ...]:
    """Whether the held version is what the manifest asked the repository for."""
    wanted = change.resource.spec["version"]["repository"]
    shown = f"{wanted['id']} @ {wanted.get('ref') or 'default branch'}"
    if held is None:
        return (FieldChange(PATH, None, shown, "the first version's source"),)
    if held["content"] != source_digest(wanted):
        reason = "another source" if held["content"] else "was not made from this source by us"
        return (FieldChange(PATH, held["refs"] or None, shown, reason),)
    recorded = held["notes"].get("commit")
    if recorded and held["commits"] != [recorded]:
        reason = f"its files are not those of commit {recorded}, which was pulled"
        return (FieldChange(PATH, held["commits"], shown, reason),)
    return ()


def only_moved(change: PlanContext, held: Mapping[str, Any]) -> bool:
    """Whether the held version differs from what is wanted by its reference alone."""
    wanted = change.resource.spec["version"]["repository"]
    former = [{**wanted, "ref": ref} for ref in (*held["refs"], None)]
    return held["content"] in map(source_digest, former)


def pulled_already(change: PlanContext, held: Mapping[str, Any]) -> bool:
    """Whether an unmarked version shows just this reference: a run was cut off before its mark.

    A file that somebody put in, or a path without a file, tells that it was made by hand.
    """
    wanted = change.resource.spec["version"]["repository"]
    return (
        not held["content"]
        and held["pulled"]
        and held["refs"] == [wanted.get("ref") or ""]
        and len(held["commits"]) == 1
        and all(_holds(held, path) for path in wanted.get("paths") or ())
    )


def _holds(held: Mapping[str, Any], path: str) -> bool:
    folder = path.rstrip("/") + "/"
    return any(item == path or item.startswith(folder) for item in held["items"])


def repository_draft(
    change: PlanContext,
    choice: Choice,
    fields: tuple[FieldChange, ...],
    held: Mapping[str, Any] | None,
    settings: Call | None,
) -> StepDraft:
    """POST for other files, PATCH when only the reference moves; then settings, then the mark."""
    wanted = change.resource.spec["version"]
    source = wanted["repository"]
    moves = held is not None and settings is None and only_moved(change, held)
    body: dict[str, Any] = {
        "baseEnvironmentId": choice.id,
        "isMajorUpdate": held is None or wanted.get("update") == "major" or held["frozen"],
        "repositoryId": source["id"],
    }
    if source.get("ref"):
        body["ref"] = source["ref"]
    if source.get("paths"):
        body["sourcePath"] = list(source["paths"])
    if wanted.get("requiredMetadata"):
        pairs = sorted(wanted["requiredMetadata"].items())
        body["requiredMetadataValues"] = [{"fieldName": k, "value": v} for k, v in pairs]
    method = "PATCH" if moves else "POST"
    pull = Call(
        "update_version_from_repository" if moves else "create_version_from_repository",
        method,
        "customModels/{id}/versions/fromRepository/",
        {"id": change.own_outputs["id"], "latest": change.own_outputs.get("versionId")},
        body,
        outputs=("status",),
    )
    step = change.step("version")
    version = KnownAfter(step, "versionId")
    mark = mark_call(
        change,
        wanted.get("description"),
        {"commit": KnownAfter(step, "commit")},
        version=version,
    )
    wait = Wait(
        "repository_version",
        {"id": change.own_outputs["id"], "status": KnownAfter(step, "status")},
        TIMEOUT,
        after=1,
        outputs=("versionId", "commit"),
    )
    calls = (pull, settings, mark) if settings else (pull, mark)
    action = "update" if change.live else "create"
    reason = "makes a version from the repository"
    if settings:
        reason += ", and one more with its settings, which that call cannot take"
    return StepDraft(action, reason, fields, calls, (wait,), outputs=("versionId", "commit"))
