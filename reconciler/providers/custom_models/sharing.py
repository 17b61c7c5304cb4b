"""Who may use an object: the live list in the manifest's shape, and the calls that change it.

Rules: PATCH ``accessControl/`` takes 100 roles at most, answers 409 when no owner would be left,
and a null role takes a user off the list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

from reconciler.core.kind import Outputs, PlanContext
from reconciler.core.resource import Live, Resource
from reconciler.core.step import Call, FieldChange, StepDraft
from reconciler.errors import ApiError, LiveStateError, Problem
from reconciler.providers.custom_models.client import operations as api
from reconciler.providers.custom_models.client.responses import Access
from reconciler.providers.custom_models.description import problem_at
from reconciler.providers.custom_models.facts import UserRole, maker_of, users_of
from reconciler.providers.custom_models.slice import Slice
from reconciler.providers.custom_models.spec_parts import SharingPart, UserPart
from reconciler.providers.operation import Operation

if TYPE_CHECKING:
    from reconciler.providers.custom_models.client.client import Client

ROLES_A_CALL = 100


class RoleBody(TypedDict):
    """One entry of a PATCH of ``accessControl/``."""

    username: str
    role: str | None
    canShare: NotRequired[bool]


# The platform takes every spelling and may show another one, so they must compare as equal: an
# alias that counted as a role of its own would be granted again by every run.
SAME_ROLE = {
    "ADMIN": "OWNER",
    "CONSUMER": "READ_ONLY",
    "DATA_SCIENTIST": "READ_WRITE",
    "EDITOR": "READ_WRITE",
    "OBSERVER": "READ_ONLY",
    "USER": "READ_WRITE",
}


def canonical_role(role: str) -> str:
    """The one spelling of a role that is used for comparing."""
    return SAME_ROLE.get(role, role)


def live_sharing(entries: Sequence[Access]) -> dict[str, UserRole]:
    """Users by name, as facts of a live object."""
    return {
        entry.username: UserRole(entry.role, entry.can_share)
        for entry in sorted(entries, key=lambda entry: entry.username)
    }


# -- what is wanted --------------------------------------------------------------------------


def share_environment_draft(context: PlanContext) -> StepDraft | None:
    """The roles of an execution environment."""
    return _draft(context, api.SHARE_ENVIRONMENT)


def share_model_draft(context: PlanContext) -> StepDraft | None:
    """The roles of a custom model."""
    return _draft(context, api.SHARE_MODEL)


def _draft(context: PlanContext, operation: Operation[None]) -> StepDraft | None:
    """Grants first, then, when the list is ``exact``, revokes of everyone else.

    The user who made the object keeps the role that the platform gave with it: an exact list that
    took it away would hide the object from this very tool.
    """
    wanted: SharingPart | None = context.resource.spec.get("sharing")
    if wanted is None:
        return None
    live = users_of(context.live) if context.live else {}
    grants = list(_grants(wanted["users"], live))
    revokes = list(_revokes(wanted, context.live, live))
    kept = tuple(_kept_maker(wanted, context.live, live))
    if not grants and not revokes:
        return StepDraft(kept=kept) if kept else None
    return StepDraft(
        action="update" if context.live else "create",
        reason="the list of users differs" if context.live else "shared as the manifest says",
        fields=(*(field for field, _ in grants), *(field for field, _ in revokes)),
        calls=tuple(
            operation.call(context.own_outputs["id"], body={"data": roles})
            for group in (grants, revokes)
            for roles in _chunks([role for _, role in group])
        ),
        kept=kept,
        problems=tuple(_ownerless(context, wanted, live)),
    )


def _is_exact(wanted: SharingPart) -> bool:
    return bool(wanted.get("mode", "exact") == "exact")


def _kept_maker(
    wanted: SharingPart, live: Live | None, users: Mapping[str, UserRole]
) -> Iterator[FieldChange]:
    maker = str(maker_of(live)) if live else ""
    listed = {user["username"] for user in wanted["users"]}
    if maker in users and maker not in listed and _is_exact(wanted):
        yield FieldChange(f"sharing.{maker}", users[maker].role, None, "maker")


def _grants(
    users: Sequence[UserPart], live: Mapping[str, UserRole]
) -> Iterator[tuple[FieldChange, RoleBody]]:
    for user in sorted(users, key=lambda user: str(user["username"])):
        name, role = user["username"], user["role"]
        current = live.get(name)
        path = f"sharing.{name}"
        if current is None:
            yield FieldChange(path, None, role, "not on the list"), _entry(user)
        elif canonical_role(current.role) != canonical_role(role):
            yield FieldChange(path, current.role, role, "has another role"), _entry(user)
        elif user.get("canShare") not in (None, current.can_share):
            old, new = current.can_share, user["canShare"]
            reason = "differs from the manifest"
            yield FieldChange(f"{path}.canShare", old, new, reason), _entry(user)


def _entry(user: UserPart) -> RoleBody:
    entry: RoleBody = {"username": user["username"], "role": user["role"]}
    if user.get("canShare") is not None:
        entry["canShare"] = user["canShare"]
    return entry


def _revokes(
    wanted: SharingPart, live: Live | None, users: Mapping[str, UserRole]
) -> Iterator[tuple[FieldChange, RoleBody]]:
    if live is None or not _is_exact(wanted):
        return
    listed = {user["username"] for user in wanted["users"]}
    for name in sorted(set(users) - listed - {maker_of(live)}):
        change = FieldChange(f"sharing.{name}", users[name].role, None, "is not in the manifest")
        yield change, {"username": name, "role": None}


def _ownerless(
    context: PlanContext, wanted: SharingPart, live: Mapping[str, UserRole]
) -> Iterator[Problem]:
    if context.live is None:
        return
    after = {name: user.role for name, user in live.items()}
    if _is_exact(wanted):
        maker = maker_of(context.live)
        after = {name: role for name, role in after.items() if name == maker}
    after |= {user["username"]: user["role"] for user in wanted["users"]}
    if "OWNER" not in map(canonical_role, after.values()):
        yield problem_at(
            context.resource, "spec.sharing.users", "no-owner",
            "this list would leave the object without an owner",
            "Give one of the users the role OWNER.",
        )  # fmt: skip


def _chunks(roles: Sequence[RoleBody]) -> Iterator[list[RoleBody]]:
    for start in range(0, len(roles), ROLES_A_CALL):
        yield list(roles[start : start + ROLES_A_CALL])


# -- writes ----------------------------------------------------------------------------------


def _share_environment(client: Client, call: Call, resource: Resource | None) -> Outputs:
    client.send(call, resource)
    return _still_visible(client, call, api.GET_ENVIRONMENT)


def _share_model(client: Client, call: Call, resource: Resource | None) -> Outputs:
    client.send(call, resource)
    return _still_visible(client, call, api.GET_MODEL)


def _still_visible(client: Client, call: Call, read: Operation[Any]) -> Outputs:
    """LiveStateError when a list took away our own role: the next run would create it again.

    No operation of this API says who the token's user is, so it cannot be known before.
    """
    identity = call.path_params["id"]
    if not any(entry["role"] is None for entry in call.body["data"]):
        return {}
    try:
        client.read(read, identity)
    except ApiError as error:
        if error.status not in (403, 404):
            raise
        raise LiveStateError(
            f"{identity} is shared as the list says, and this token's user is not on it",
            "Have an owner give it a role and name it in the list, before anything is applied.",
        ) from error
    return {}


SLICE = Slice(start={"share_environment": _share_environment, "share_model": _share_model})
