"""Who may do what with an object, and the sharing of models and environments."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.refusal import Refusal, invalid, not_found
from reconciler.emulator.store import Doc
from reconciler.emulator.world import caller, current, user_id

OWNER, EDITOR, READER = "OWNER", "READ_WRITE", "READ_ONLY"
_RANK = {READER: 1, EDITOR: 2, OWNER: 3}
# A role is stored and reported under one name, whatever alias it was granted by, so a client that
# compares names sees a false difference.  EDITOR, USER,
# CONSUMER and OBSERVER are in the vendor's table of roles.  ADMIN and DATA_SCIENTIST are values on
# the pages, and which role they stand for is not documented.
CANONICAL = {
    "OWNER": OWNER,
    "ADMIN": OWNER,
    "READ_WRITE": EDITOR,
    "EDITOR": EDITOR,
    "USER": EDITOR,
    "DATA_SCIENTIST": EDITOR,
    "READ_ONLY": READER,
    "CONSUMER": READER,
    "OBSERVER": READER,
}
REMOVED = "NO_ROLE"

Roles = dict[str, dict[str, Any]]


def initial(username: str) -> Roles:
    """The roles on a new object: its creator owns it."""
    return {username: {"role": OWNER, "canShare": True}}


def role_of(doc: Doc, username: str) -> str | None:
    """The user's role; a public object can be read by everybody."""
    held = doc["roles"].get(username)
    if held:
        return str(held["role"])
    return READER if doc.get("isPublic") else None


def seen(doc: Doc | None, what: str) -> Doc:
    """The object, if the caller has any role on it: else 404, as if it were not there."""
    if doc is None or role_of(doc, caller()) is None:
        raise not_found(what)
    return doc


def editable(doc: Doc | None, what: str, denied: int = 403) -> Doc:
    """The object, if the caller may change it.

    The version operations document 404 for a reader ("or user does not have edit permissions"),
    the others 403.
    """
    doc = seen(doc, what)
    if _RANK[role_of(doc, caller()) or READER] < _RANK[EDITOR]:
        if denied == 404:
            raise not_found(what)
        raise Refusal(403, f"You do not have permission to change this {what.lower()}.")
    return doc


def granted(doc: Doc, changes: list[Doc]) -> Roles:
    """The roles after the changes (PATCH .../accessControl/), or the refusal the pages document."""
    _check_users(changes)
    _check_rank(doc, changes)
    roles = dict(doc["roles"])
    for change in changes:
        if change["role"] in (None, REMOVED):
            roles.pop(change["username"], None)
        else:
            roles[change["username"]] = {
                "role": CANONICAL[change["role"]],
                "canShare": change.get("canShare", True),
            }
    if not any(held["role"] == OWNER for held in roles.values()):
        raise Refusal(409, "The request would leave the object without an owner.")
    return roles


def listed(doc: Doc) -> list[Doc]:
    """The entries of GET .../accessControl/, in the order of the grants."""
    return [
        {"username": username, "userId": user_id(username), **held}
        for username, held in doc["roles"].items()
    ]


def _check_users(changes: list[Doc]) -> None:
    unknown = {
        str(place): {"username": f"User {change['username']} does not exist"}
        for place, change in enumerate(changes)
        if not current().knows(change["username"])
    }
    if unknown:
        raise invalid({"data": unknown})


def _check_rank(doc: Doc, changes: list[Doc]) -> None:
    """A user may grant roles up to their own, and take such roles away, if they may share."""
    own = doc["roles"].get(caller(), {"role": role_of(doc, caller()), "canShare": False})
    for change in changes:
        leaves = change["role"] in (None, REMOVED) and change["username"] == caller()
        held = doc["roles"].get(change["username"], {}).get("role")
        highest = max(_rank(change["role"]), _rank(held))
        if not leaves and (not own["canShare"] or highest > _rank(own["role"])):
            raise Refusal(403, "You do not have permission to grant these roles.")


def _rank(role: str | None) -> int:
    return _RANK.get(CANONICAL.get(role or "", ""), 0)
