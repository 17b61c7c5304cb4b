"""The marker of an environment or a model: what it should say, and how the live one differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.core.kind import PlanContext
from reconciler.core.marker import NOBODY, WAS, Marker, join, name_of, scope_of
from reconciler.core.ownership import is_proven
from reconciler.core.resource import Live
from reconciler.core.step import FieldChange, KnownAfter, StepDraft
from reconciler.providers.custom_models.client import operations as api
from reconciler.providers.custom_models.description import owner_of

REASON = "only its marker is written"


@dataclass(frozen=True, slots=True)
class MarkerChange:
    """The marker to write; ``fields`` are what a person would call a change of the object.

    ``adopts`` says that the live object has no marker of ours yet, or one of an older form;
    ``adoption`` is what to show of it.
    """

    marker: Marker
    fields: tuple[FieldChange, ...]
    adopts: bool
    adoption: tuple[FieldChange, ...] = ()
    reason: str = ""


def new_marker(
    context: PlanContext, notes: Mapping[str, str], identity: KnownAfter | str = ""
) -> Marker:
    """The marker of an object to create; its id may be known only after the step."""
    lifecycle, uid = context.resource.lifecycle, context.options.uid
    return Marker(
        owner_of(context), protect=lifecycle.protect, notes=notes, project=uid, id=identity
    )


def marker_change(context: PlanContext, live: Live, notes: Mapping[str, str]) -> MarkerChange:
    """What has to change of a live object's marker; ``notes`` are those of its kind."""
    owner, uid, current = owner_of(context), context.options.uid, live.marker
    was = _was(owner, live)
    marker = Marker(
        owner,
        protect=context.resource.lifecycle.protect,
        notes={**notes, **({WAS: was} if was else {})},
        project=uid,
        id=live.id,
    )
    fields = (*_rename(owner, live), *_moved(current))
    if marker.protect != live.protected:
        why = "kept in the marker"
        change = FieldChange("lifecycle.protect", live.protected, marker.protect, why)
        fields = (*fields, change)
    adopts = current is None or current.project != uid or not is_proven(live)
    adoption = _adoption(owner, live)
    why = "nobody manages it yet" if adoption else "it has no marker of this form yet"
    return MarkerChange(marker, fields, adopts, adoption, f"{why}: {REASON}")


def _adoption(owner: str, live: Live) -> tuple[FieldChange, ...]:
    if _is_managed(owner, live):
        return ()
    return (FieldChange("metadata.owner", live.owner or None, owner, "is adopted"),)


def marked(
    change: MarkerChange, body: dict[str, Any], text: str | None, fields: tuple[FieldChange, ...]
) -> StepDraft | None:
    """The description with its marker in the body of a PATCH, and the action that this makes.

    ``fields`` are all that differ apart from an adoption.  The draft has no calls yet; None when
    nothing is to be done.
    """
    if change.adopts or change.fields or "description" in body:
        body["description"] = join(text, change.marker)
    if not body:
        return None
    if not fields:
        return StepDraft("adopt", change.reason, change.adoption)
    reason = REASON if fields == change.fields else "settings differ"
    return StepDraft("update", reason, (*fields, *change.adoption))


def forgotten(live: Live) -> StepDraft:
    """The object without its marker; the text stays.

    An identity field cannot be changed: where it names us, a marker says that nobody manages the
    model any more.
    """
    left = Marker(NOBODY, id=live.id) if live.external_id == live.owner else None
    body = {"description": join(live.spec["description"], left)}
    operation = api.UPDATE_MODEL if live.kind == "CustomModel" else api.UPDATE_ENVIRONMENT
    field = FieldChange("metadata.owner", live.owner, None, "is forgotten, and stays as it is")
    call = operation.call(live.id, body=body)
    return StepDraft("update", "only its marker is taken off", (field,), (call,))


def _is_managed(owner: str, live: Live) -> bool:
    """Whether the object has been ours under some name; other tools choose identities as well."""
    same_scope = scope_of(live.owner) == scope_of(owner)
    return bool(live.owner) and (live.marker is not None or same_scope)


def _was(owner: str, live: Live) -> str:
    """The name before the last rename; a project's own name may change without it."""
    if not live.owner or not _is_managed(owner, live):
        return ""
    former = name_of(live.owner)
    if former != name_of(owner):
        return former
    return live.marker.note(WAS) if live.marker else ""


def _rename(owner: str, live: Live) -> tuple[FieldChange, ...]:
    if not live.owner or live.owner == owner or not _is_managed(owner, live):
        return ()
    path, part = ("metadata.name", name_of)
    if name_of(live.owner) == name_of(owner):
        path, part = ("project", scope_of)
    why = "renamed: only the marker changes"
    return (FieldChange(path, part(live.owner), part(owner), why),)


def _moved(current: Marker | None) -> tuple[FieldChange, ...]:
    if current is None or current.in_place:
        return ()
    why = "the text around it was changed by hand; it is put back"
    return (FieldChange("metadata.marker", "moved", "the last line", why),)
