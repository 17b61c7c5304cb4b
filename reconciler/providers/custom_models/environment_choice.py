"""Which execution environment, and which version of it, a model version is to run on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.core.kind import PlanContext
from reconciler.core.resource import Address, Live
from reconciler.core.step import FieldChange
from reconciler.errors import Problem
from reconciler.providers.custom_models.description import problem_at

KIND = "ExecutionEnvironment"
PATH = "version.environment"


@dataclass(frozen=True, slots=True)
class Choice:
    """The ids to send (each may be known only later), what differs, and why it cannot be."""

    id: Any = None
    version_id: Any = None
    fields: tuple[FieldChange, ...] = ()
    problems: tuple[Problem, ...] = ()


def choose_environment(
    change: PlanContext, wanted: Mapping[str, Any] | None, held: Mapping[str, Any] | None
) -> Choice:
    """Resolve ``ref``, ``name`` or ``id`` and decide whether the version moves.

    ``follow: latest`` (the default for ``ref``) moves with the newest version that was built;
    ``pinned`` (the default for ``name`` and ``id``) moves only when another environment or
    another ``versionId`` is asked for.
    """
    if wanted is None:
        return _unmanaged(change, held)
    found, newest, problem = _resolve(change, wanted)
    if problem:
        return _refused(change, problem[0], problem[1])
    if found is None:
        return Choice(problems=(_waiting(change, wanted),))
    version = wanted.get("versionId")
    follow = wanted.get("follow", "latest" if "ref" in wanted else "pinned")
    same = held is not None and held["environmentId"] == found
    if version is None and held is not None and same and follow == "pinned":
        version = held["environmentVersionId"]
    if version is None:
        version = newest
    if version is None:
        return _refused(
            change,
            f"the environment {found} has no version that was built successfully",
            "Build one first, or name another environment.",
        )
    if held is not None and same and held["environmentVersionId"] == version:
        return Choice(found, version)
    return Choice(found, version, (_field(change, wanted, held, found, version),))


def _resolve(
    change: PlanContext, wanted: Mapping[str, Any]
) -> tuple[Any, Any, tuple[str, str] | None]:
    if "ref" in wanted:
        outputs = change.outputs[Address(KIND, wanted["ref"])]
        return outputs.get("id"), outputs.get("versionId"), None
    key = "name" if "name" in wanted else "id"
    value = wanted[key]
    found = [live for live in change.catalog.get(KIND, ()) if getattr(live, key) == value]
    if len(found) != 1:
        return None, None, _not_one(key, value, found)
    successful = found[0].facts["successful"]
    return found[0].id, successful["id"] if successful else None, None


def _not_one(key: str, value: str, found: list[Live]) -> tuple[str, str]:
    if not found:
        return f"no execution environment with the {key} {value!r} is visible", (
            "Check the spelling, and that the token's user may see it."
        )
    ids = ", ".join(sorted(live.id for live in found))
    return f"{len(found)} execution environments are named {value!r}: {ids}", (
        "Name the right one by its id."
    )


def _unmanaged(change: PlanContext, held: Mapping[str, Any] | None) -> Choice:
    if held is None:
        return _refused(
            change,
            "a first version needs an environment",
            "Add version.environment with a ref, a name or an id.",
        )
    return Choice(held["environmentId"], held["environmentVersionId"])


def _field(
    change: PlanContext,
    wanted: Mapping[str, Any],
    held: Mapping[str, Any] | None,
    found: Any,
    version: Any,
) -> FieldChange:
    name = next(f"{key} {wanted[key]}" for key in ("ref", "name", "id") if key in wanted)
    old = (
        f"{_name_of(change, held['environmentId'])} @ {held['environmentVersionId']}"
        if held
        else None
    )
    if held is None:
        reason = "the first version's environment"
    elif held["environmentId"] == found:
        reason = "the environment has another version"
    else:
        reason = "another environment"
    return FieldChange(PATH, old, f"{name} @ {version}", reason)


def _name_of(change: PlanContext, identity: Any) -> str:
    named = (live.name for live in change.catalog.get(KIND, ()) if live.id == identity)
    return next(named, str(identity))


def _waiting(change: PlanContext, wanted: Mapping[str, Any]) -> Problem:
    return problem_at(
        change.resource,
        f"spec.{PATH}",
        "no-environment",
        f"{KIND}/{wanted['ref']} cannot be made, so there is nothing to run on",
        "Mend its problem; this one goes with it.",
    )


def _refused(change: PlanContext, message: str, hint: str) -> Choice:
    problem = problem_at(change.resource, f"spec.{PATH}", "no-environment", message, hint)
    return Choice(problems=(problem,))
