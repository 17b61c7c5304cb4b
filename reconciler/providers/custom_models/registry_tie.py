"""The registry version that a model version is tied to: what is recorded of it, and when it moves.

No field of the platform keeps it, so the version's marker does (``registry=model-version:...:7``).
"""

from __future__ import annotations

from urllib.parse import quote, unquote

from reconciler.core.kind import Outputs, PlanContext
from reconciler.core.resource import Address
from reconciler.core.step import FieldChange
from reconciler.providers.custom_models.facts import VersionFacts, current_version

KIND = "RegistryModel"
PATH = "version.registryModel"
NOTE = "registry"
PLAIN = "/:@._~-"
"""What a name may hold in a marker beside letters and digits; blanks and brackets would end it."""


def tie_note(context: PlanContext) -> dict[str, str]:
    """The registry version that a marker of this version names: the wanted one, else the former."""
    wanted = _wanted(context)
    if wanted is not None:
        return {NOTE: quote(wanted["fqn"], safe=PLAIN)}
    current = current_version(context)
    return {NOTE: current.notes[NOTE]} if current and NOTE in current.notes else {}


def tie_fields(context: PlanContext, current: VersionFacts | None) -> tuple[FieldChange, ...]:
    """``registry churn-artifact 6 -> 7`` where the current version was made for another one."""
    wanted = _wanted(context)
    if wanted is None or (current is not None and _is_unmarked(current)):
        return ()
    noted = _noted(current)
    if noted == wanted["fqn"]:
        return ()
    line = f"registry {context.resource.spec['version']['registryModel']['ref']} "
    line += _moved(noted, wanted["fqn"])
    return (FieldChange(PATH, noted, wanted["fqn"], _reason(noted, wanted), (line,)),)


def is_unrecorded(context: PlanContext, current: VersionFacts) -> bool:
    """Whether the current version only lacks the record of its tie.

    That is so when a run was cut off before it could mark the version that it had made.
    """
    return _wanted(context) is not None and _is_unmarked(current)


def _wanted(context: PlanContext) -> Outputs | None:
    tie = (context.resource.spec.get("version") or {}).get("registryModel")
    return context.outputs.get(Address(KIND, tie["ref"])) or None if tie else None


def _is_unmarked(version: VersionFacts) -> bool:
    return not version.recorded and not version.notes


def _noted(version: VersionFacts | None) -> str | None:
    noted = version.notes.get(NOTE) if version else None
    return unquote(noted) if noted else None


def _reason(noted: str | None, wanted: Outputs) -> str:
    if noted is None:
        return "no registry version was recorded"
    return f"the alias {wanted['alias']} moved" if wanted["byAlias"] else "another registry version"


def _moved(noted: str | None, fqn: str) -> str:
    """``6 -> 7``, or both fqns where it is another model altogether."""
    (model, _, number), (former, _, old) = fqn.rpartition(":"), (noted or "").rpartition(":")
    if noted is None:
        return number
    return f"{old} -> {number}" if former == model else f"{noted} -> {fqn}"
