"""The registry version that a model version is tied to: what is recorded of it, and when it moves.

No field of the platform keeps it, so the version's mark does (``registry=model-version:...:7``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from reconciler.core.kind import PlanContext
from reconciler.core.resource import Address
from reconciler.core.step import FieldChange

KIND = "RegistryModel"
PATH = "version.registryModel"
NOTE = "registry"
PLAIN = "/:@._~-"
"""What a name may hold in a mark beside letters and digits; blanks and brackets would end it."""


def tie_note(change: PlanContext) -> dict[str, str]:
    """What a mark of this version says: the version it is tied to, or was when nobody says more."""
    wanted = _wanted(change)
    if wanted is not None:
        return {NOTE: quote(wanted["fqn"], safe=PLAIN)}
    held = change.live.facts["version"] if change.live else None
    return {NOTE: held["notes"][NOTE]} if held and NOTE in held["notes"] else {}


def tie_fields(change: PlanContext, held: Mapping[str, Any] | None) -> tuple[FieldChange, ...]:
    """``registry churn-artifact 6 -> 7`` where the held version was made for another one."""
    wanted = _wanted(change)
    if wanted is None or (held is not None and _is_unmarked(held)):
        return ()
    noted = _noted(held)
    if noted == wanted["fqn"]:
        return ()
    told = f"registry {change.resource.spec['version']['registryModel']['ref']} "
    told += _moved(noted, wanted["fqn"])
    return (FieldChange(PATH, noted, wanted["fqn"], _reason(noted, wanted), (told,)),)


def is_unrecorded(change: PlanContext, held: Mapping[str, Any]) -> bool:
    """Whether the held version only lacks the record of its tie.

    So it is when a run was cut off before it could mark the version that it had made.
    """
    return _wanted(change) is not None and _is_unmarked(held)


def _wanted(change: PlanContext) -> Mapping[str, Any] | None:
    tie = (change.resource.spec.get("version") or {}).get("registryModel")
    return change.outputs.get(Address(KIND, tie["ref"])) or None if tie else None


def _is_unmarked(held: Mapping[str, Any]) -> bool:
    return not held["content"] and not held["notes"]


def _noted(held: Mapping[str, Any] | None) -> str | None:
    noted = held["notes"].get(NOTE) if held else None
    return unquote(noted) if noted else None


def _reason(noted: str | None, wanted: Mapping[str, Any]) -> str:
    if noted is None:
        return "no registry version was recorded"
    return f"the alias {wanted['alias']} moved" if wanted["byAlias"] else "another registry version"


def _moved(noted: str | None, fqn: str) -> str:
    """``6 -> 7``, or both fqns where it is another model altogether."""
    (model, _, number), (former, _, old) = fqn.rpartition(":"), (noted or "").rpartition(":")
    if noted is None:
        return number
    return f"{old} -> {number}" if former == model else f"{noted} -> {fqn}"
