"""The marker of a model version: its content, and what the platform does not keep of its jobs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from reconciler.core.kind import PlanContext
from reconciler.core.marker import Marker, join
from reconciler.core.resource import SpecPart
from reconciler.core.step import Call, KnownAfter
from reconciler.providers.custom_models.client import operations as api
from reconciler.providers.custom_models.description import owner_of
from reconciler.providers.custom_models.facts import current_version
from reconciler.providers.custom_models.registry_tie import tie_note

FILES = "version.files"

Notes = Mapping[str, str | KnownAfter]


def source_digest(repository: SpecPart) -> str:
    """What the marker records: the repository, the reference and the paths that were requested."""
    source = [repository["id"], repository.get("ref"), sorted(repository.get("paths") or ())]
    return f"sha256:{hashlib.sha256(json.dumps(source).encode()).hexdigest()}"


def marker_call(
    context: PlanContext, text: str | None, notes: Notes, version: KnownAfter | None = None
) -> Call:
    """PATCH versions/{id}/: the author's text, and below it the marker with these notes.

    The version is the one that ``own_outputs`` names, unless ``version`` says another.
    """
    # Every marker of the version names its tie, whatever else it is written for.
    marked = version or context.own_outputs.get("versionId")
    marker = Marker(
        owner_of(context),
        _content(context),
        notes={**notes, **tie_note(context)},
        project=context.options.uid,
        # A copied marker, or one that a version inherited, names another version.
        id=marked or "",
    )
    says_something = marker.content or marker.notes
    return api.UPDATE_VERSION.call(
        context.own_outputs["id"],
        marked,
        body={"description": join(text, marker if says_something else None)},
    )


def _content(context: PlanContext) -> str:
    files = context.resource.files.get(FILES)
    if files is not None:
        return files.digest
    repository = (context.resource.spec.get("version") or {}).get("repository")
    current = current_version(context)
    return source_digest(repository) if repository else current.recorded if current else ""


def note_call(context: PlanContext, notes: Notes) -> Call:
    """The same for a version that exists: its text and its other notes stay."""
    wanted = context.resource.spec.get("version") or {}
    is_new = isinstance(context.own_outputs.get("versionId"), KnownAfter | None)
    current = None if is_new else current_version(context)
    text = wanted.get("description")
    if "description" not in wanted and current is not None and context.live is not None:
        text = context.live.spec["version"]["description"]
    kept: Notes = current.notes if current is not None else _commit(context)
    impact = context.own_outputs.get("impactStatus")
    if isinstance(impact, KnownAfter):
        kept = {**kept, "impact": impact}
    return marker_call(context, text, {**kept, **notes})


def _commit(context: PlanContext) -> Notes:
    """The commit that a new version's files were pulled from: now, or for the version before."""
    if not (context.resource.spec.get("version") or {}).get("repository"):
        return {}
    commit = context.own_outputs.get("commit")
    if isinstance(commit, KnownAfter):
        return {"commit": commit}
    current = current_version(context)
    return {k: v for k, v in current.notes.items() if k == "commit"} if current else {}
