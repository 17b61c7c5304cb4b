"""The kind of the toy family: one part that creates or updates, and a delete."""

from __future__ import annotations

from reconciler.core.kind import Kind, Outputs, Part, PlanContext
from reconciler.core.resource import Live, Resource
from reconciler.core.step import StepDraft
from tests.unit.toy_family import operations as api
from tests.unit.toy_family.spec import NoteSpec


def draft(context: PlanContext) -> StepDraft | None:
    """A note that is missing, or whose text differs."""
    resource = context.resource
    body = {field.path: field.new for field in context.fields}
    if context.live is None:
        owner = f"{resource.scope}/{resource.address.name}"
        body |= {"title": resource.display_name, "owner": owner}
        call = api.CREATE_NOTE.call(body=body, outputs=("id",))
        return StepDraft("create", "does not exist yet", context.fields, (call,), outputs=("id",))
    if not context.fields:
        return None
    call = api.UPDATE_NOTE.call(context.live.id, body=body)
    return StepDraft("update", "settings differ", context.fields, (call,))


def delete(live: Live, resource: Resource | None) -> StepDraft:
    """Deletes an orphan."""
    return StepDraft("delete", "has no manifest", calls=(api.DELETE_NOTE.call(live.id),))


def outputs(live: Live | None) -> Outputs:
    """The id."""
    return {"id": live.id} if live else {}


KIND = Kind(
    name="Note",
    provider="notes",
    spec=NoteSpec,
    parts=(Part("", draft),),
    outputs=outputs,
    delete=delete,
)
