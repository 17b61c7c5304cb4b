"""Who may use an object: the live list in the manifest's shape, and the calls that change it.

Rules: PATCH ``accessControl/`` takes 100 roles at most, answers 409 when no owner would be left,
and a null role takes a user off the list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.core.kind import PlanContext
from reconciler.core.resource import Live
from reconciler.core.step import Call, FieldChange, StepDraft
from reconciler.errors import Problem
from reconciler.providers.custom_models.wire import Access

ROLES_A_CALL = 100

# The platform takes every spelling and may show another one, so they must compare as equal: an
# alias that was held to be a role of its own would be granted again by every run.
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


def live_sharing(entries: Sequence[Access]) -> dict[str, dict[str, Any]]:
    """Users by name, as facts of a live object."""
    return {
        entry.username: {"role": entry.role, "canShare": entry.can_share}
        for entry in sorted(entries, key=lambda entry: entry.username)
    }


def share_draft(change: PlanContext, collection: str) -> StepDraft | None:
    """Grants first, then, when the list is ``exact``, revokes of everyone else.

    The user who made the object keeps the role that the platform gave with it: an exact list that
    took it away would hide the object from this very tool.
    """
    wanted = change.resource.spec.get("sharing")
    if wanted is None:
        return None
    live: Mapping[str, Any] = change.live.facts.get("sharing", {}) if change.live else {}
    grants = list(_grants(wanted["users"], live))
    revokes = list(_revokes(wanted, change.live, live))
    kept = tuple(_kept_maker(wanted, change.live, live))
    if not grants and not revokes:
        return StepDraft(kept=kept) if kept else None
    return StepDraft(
        action="update" if change.live else "create",
        reason="the list of users differs" if change.live else "shared as the manifest says",
        fields=(*(field for field, _ in grants), *(field for field, _ in revokes)),
        calls=tuple(
            _share_call(collection, change.own_outputs["id"], roles)
            for group in (grants, revokes)
            for roles in _chunks([role for _, role in group])
        ),
        kept=kept,
        problems=tuple(_ownerless(change, wanted, live)),
    )


def _kept_maker(
    wanted: Mapping[str, Any], live: Live | None, users: Mapping[str, Any]
) -> Iterator[FieldChange]:
    maker = str(live.facts.get("maker")) if live else ""
    listed = {user["username"] for user in wanted["users"]}
    if maker in users and maker not in listed and wanted.get("mode", "exact") == "exact":
        yield FieldChange(f"sharing.{maker}", users[maker]["role"], None, "maker")


def _grants(
    users: Sequence[Mapping[str, Any]], live: Mapping[str, Any]
) -> Iterator[tuple[FieldChange, dict[str, Any]]]:
    for user in sorted(users, key=lambda user: str(user["username"])):
        name, role = user["username"], user["role"]
        held = live.get(name)
        path = f"sharing.{name}"
        if held is None:
            yield FieldChange(path, None, role, "not on the list"), _entry(user)
        elif canonical_role(held["role"]) != canonical_role(role):
            yield FieldChange(path, held["role"], role, "has another role"), _entry(user)
        elif user.get("canShare") not in (None, held["canShare"]):
            shares = FieldChange(
                f"{path}.canShare", held["canShare"], user["canShare"], "differs from the manifest"
            )
            yield shares, _entry(user)


def _entry(user: Mapping[str, Any]) -> dict[str, Any]:
    entry = {"username": user["username"], "role": user["role"]}
    if user.get("canShare") is not None:
        entry["canShare"] = user["canShare"]
    return entry


def _revokes(
    wanted: Mapping[str, Any], live: Live | None, users: Mapping[str, Any]
) -> Iterator[tuple[FieldChange, dict[str, Any]]]:
    if wanted.get("mode", "exact") != "exact" or live is None:
        return
    listed = {user["username"] for user in wanted["users"]}
    for name in sorted(set(users) - listed - {live.facts.get("maker")}):
        change = FieldChange(f"sharing.{name}", users[name]["role"], None, "is not in the manifest")
        yield change, {"username": name, "role": None}


def _ownerless(
    change: PlanContext, wanted: Mapping[str, Any], live: Mapping[str, Any]
) -> Iterator[Problem]:
    if change.live is None:
        return
    after = {name: held["role"] for name, held in live.items()}
    if wanted.get("mode", "exact") == "exact":
        after = {n: role for n, role in after.items() if n == change.live.facts.get("maker")}
    after |= {user["username"]: user["role"] for user in wanted["users"]}
    if "OWNER" not in map(canonical_role, after.values()):
        yield Problem(
            "no-owner",
            "this list would leave the object without an owner",
            "Give one of the users the role OWNER.",
            str(change.resource.address),
            "spec.sharing.users",
        )


def _chunks(roles: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(roles), ROLES_A_CALL):
        yield list(roles[start : start + ROLES_A_CALL])


def _share_call(collection: str, identity: Any, roles: list[dict[str, Any]]) -> Call:
    return Call(
        operation="share",
        method="PATCH",
        path=f"{collection}/{{id}}/accessControl/",
        params={"collection": collection, "id": identity},
        body={"data": roles},
    )
