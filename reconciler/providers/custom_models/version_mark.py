"""The mark of a model version: its content, and what no field of the platform keeps of its jobs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from reconciler.core.kind import PlanContext
from reconciler.core.marker import Marker, join
from reconciler.core.step import Call, KnownAfter
from reconciler.providers.custom_models.registry_tie import tie_note

FILES = "version.files"
REPOSITORY = "version.repository"


def source_digest(repository: Mapping[str, Any]) -> str:
    """What the mark records: the repository, the reference and the paths that were asked for."""
    asked = [repository["id"], repository.get("ref"), sorted(repository.get("paths") or ())]
    return f"sha256:{hashlib.sha256(json.dumps(asked).encode()).hexdigest()}"


def mark_call(
    change: PlanContext, text: str | None, notes: Mapping[str, Any], **known: Any
) -> Call:
    """PATCH versions/{id}/: the author's text, and below it the mark with these notes.

    The version is the one that ``own_outputs`` names, unless ``known`` says ``version``.
    """
    return Call(
        "mark_version",
        "PATCH",
        "customModels/{id}/versions/{version}/",
        {
            "id": change.own_outputs["id"],
            "version": known.get("version", change.own_outputs.get("versionId")),
        },
        {
            "text": text or "",
            "owner": f"{change.options.scope}/{change.resource.address.name}",
            "content": _content(change),
            # Every mark of the version tells its tie, whatever else the mark is written for.
            "notes": {**notes, **tie_note(change)},
        },
    )


def _content(change: PlanContext) -> str:
    files = change.resource.files.get(FILES)
    if files is not None:
        return files.digest
    repository = (change.resource.spec.get("version") or {}).get("repository")
    held = change.live.facts["version"] if change.live else None
    return source_digest(repository) if repository else held["content"] if held else ""


def note_call(change: PlanContext, notes: Mapping[str, Any]) -> Call:
    """The same for a version that is there: its text and its other notes stay."""
    wanted = change.resource.spec.get("version") or {}
    fresh = isinstance(change.own_outputs.get("versionId"), KnownAfter | None)
    held = None if fresh or change.live is None else change.live
    text = wanted.get("description")
    if "description" not in wanted and held is not None:
        text = held.spec["version"]["description"]
    kept = dict(held.facts["version"]["notes"]) if held is not None else _commit(change)
    if isinstance(change.own_outputs.get("impactStatus"), KnownAfter):
        kept["impact"] = change.own_outputs["impactStatus"]
    return mark_call(change, text, {**kept, **notes})


def _commit(change: PlanContext) -> dict[str, Any]:
    """The commit that a new version's files were pulled from: now, or for the version before."""
    if not (change.resource.spec.get("version") or {}).get("repository"):
        return {}
    if isinstance(change.own_outputs.get("commit"), KnownAfter):
        return {"commit": change.own_outputs["commit"]}
    held = change.live.facts["version"] if change.live else None
    return {key: value for key, value in held["notes"].items() if key == "commit"} if held else {}


def marked_text(body: Mapping[str, Any]) -> str:
    """The description that a ``mark_version`` call sends; no mark where there is nothing to say."""
    mark = Marker(body["owner"], body["content"], notes=dict(body["notes"]))
    return join(body["text"], mark if mark.content or mark.notes else None)
