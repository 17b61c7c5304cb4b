"""The kind ``Alias``: live shape, field rules and the calls of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.core.kind import FieldRule, Kind, Part, PlanContext
from reconciler.core.resource import Live, Resource
from reconciler.core.step import StepDraft
from tests.toy_family.aliases.operations import CREATE_ALIAS, DELETE_ALIAS, UPDATE_ALIAS
from tests.toy_family.aliases.responses import Alias
from tests.toy_family.aliases.spec import AliasSpec

KEYS = ("target", "weight", "note")


def live_alias(alias: Alias) -> Live:
    """The alias in the manifest's shape."""
    return Live(
        kind="Alias",
        id=alias.id,
        name=alias.name,
        owner=alias.owner,
        external_id=alias.owner,
        spec={"name": alias.name, **{key: getattr(alias, key) for key in KEYS}},
    )


def alias_draft(context: PlanContext) -> StepDraft | None:
    """POST for a new alias, else one PATCH with the fields that differ."""
    resource, live, fields = context.resource, context.live, context.fields
    if live is None:
        body = {key: resource.spec[key] for key in KEYS if key in resource.spec}
        body["name"] = resource.display_name
        body["owner"] = f"{context.options.scope}/{resource.address.name}"
        call = CREATE_ALIAS.call(body=body, outputs=("id",))
        return StepDraft("create", "does not exist yet", fields, (call,), outputs=("id",))
    if not fields:
        return None
    call = UPDATE_ALIAS.call(live.id, body={field.path: field.new for field in fields})
    return StepDraft("update", "settings differ", fields, (call,))


def alias_delete(live: Live, resource: Resource | None) -> StepDraft:
    """One DELETE."""
    reason = "is to be replaced" if resource else "has no manifest any more"
    return StepDraft("delete", reason, (), (DELETE_ALIAS.call(live.id),))


def alias_outputs(live: Live | None) -> Mapping[str, Any]:
    """The id, for objects that refer to the alias."""
    return {"id": live.id} if live else {}


KIND = Kind(
    name="Alias",
    provider="aliases",
    spec=AliasSpec,
    parts=(Part("", alias_draft),),
    rules={"note": FieldRule(unset="")},
    outputs=alias_outputs,
    delete=alias_delete,
)
