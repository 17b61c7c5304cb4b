"""Which execution environment, and which version of it, a model version is to run on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reconciler.core.kind import PlanContext
from reconciler.core.resource import Address, Live
from reconciler.core.step import FieldChange
from reconciler.errors import Problem
from reconciler.providers.custom_models.description import problem_at
from reconciler.providers.custom_models.facts import VersionFacts, environment_facts
from reconciler.providers.custom_models.spec_parts import EnvironmentPart

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
    context: PlanContext, wanted: EnvironmentPart | None, current: VersionFacts | None
) -> Choice:
    """Resolve ``ref``, ``name`` or ``id`` and decide whether the version moves.

    ``follow: latest`` (the default for ``ref``) moves with the newest version that was built;
    ``pinned`` (the default for ``name`` and ``id``) moves only when another environment or
    another ``versionId`` is asked for.
    """
    if wanted is None:
        return _unmanaged(context, current)
    found, newest, problem = _resolve(context, wanted)
    if problem:
        return _refused(context, problem[0], problem[1])
    if found is None:
        return Choice(problems=(_waiting(context, wanted),))
    version = wanted.get("versionId")
    follow = wanted.get("follow", "latest" if "ref" in wanted else "pinned")
    same = current is not None and current.environment_id == found
    if version is None and current is not None and same and follow == "pinned":
        version = current.environment_version_id
    if version is None:
        version = newest
    if version is None:
        return _refused(
            context,
            f"the environment {found} has no version that was built successfully",
            "Build one first, or name another environment.",
        )
    if current is not None and same and current.environment_version_id == version:
        return Choice(found, version)
    return Choice(found, version, (_field(context, wanted, current, found, version),))


def _resolve(
    context: PlanContext, wanted: EnvironmentPart
) -> tuple[Any, Any, tuple[str, str] | None]:
    if "ref" in wanted:
        outputs = context.outputs[Address(KIND, wanted["ref"])]
        return outputs.get("id"), outputs.get("versionId"), None
    key, value = ("name", wanted["name"]) if "name" in wanted else ("id", wanted["id"])
    found = [live for live in context.catalog.get(KIND, ()) if getattr(live, key) == value]
    if len(found) != 1:
        return None, None, _not_one(key, value, found)
    successful = environment_facts(found[0]).successful
    return found[0].id, successful.id if successful else None, None


def _not_one(key: str, value: str, found: list[Live]) -> tuple[str, str]:
    if not found:
        return f"no execution environment with the {key} {value!r} is visible", (
            "Check the spelling, and that the token's user may see it."
        )
    ids = ", ".join(sorted(live.id for live in found))
    return f"{len(found)} execution environments are named {value!r}: {ids}", (
        "Name the right one by its id."
    )


def _unmanaged(context: PlanContext, current: VersionFacts | None) -> Choice:
    if current is None:
        return _refused(
            context,
            "a first version needs an environment",
            "Add version.environment with a ref, a name or an id.",
        )
    return Choice(current.environment_id, current.environment_version_id)


def _field(
    context: PlanContext,
    wanted: EnvironmentPart,
    current: VersionFacts | None,
    found: Any,
    version: Any,
) -> FieldChange:
    name = next(f"{key} {value}" for key, value in wanted.items() if key in ("ref", "name", "id"))
    old = (
        f"{_name_of(context, current.environment_id)} @ {current.environment_version_id}"
        if current
        else None
    )
    if current is None:
        reason = "the first version's environment"
    elif current.environment_id == found:
        reason = "the environment has another version"
    else:
        reason = "another environment"
    return FieldChange(PATH, old, f"{name} @ {version}", reason)


def _name_of(context: PlanContext, identity: Any) -> str:
    named = (live.name for live in context.catalog.get(KIND, ()) if live.id == identity)
    return next(named, str(identity))


def _waiting(context: PlanContext, wanted: EnvironmentPart) -> Problem:
    return problem_at(
        context.resource,
        f"spec.{PATH}",
        "no-environment",
        f"{KIND}/{wanted['ref']} cannot be built, so there is nothing to run on",
        "Fix that error first; it causes this one.",
    )


def _refused(context: PlanContext, message: str, hint: str) -> Choice:
    problem = problem_at(context.resource, f"spec.{PATH}", "no-environment", message, hint)
    return Choice(problems=(problem,))
