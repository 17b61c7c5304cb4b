"""Which keys ``lifecycle.ignoreChanges`` may name: those that a manifest can do without."""

from __future__ import annotations

from pydantic import ValidationError

from reconciler.core.kind import Kind
from reconciler.core.nearest import did_you_mean
from reconciler.core.resource import SpecPart
from reconciler.core.untouched import pruned
from reconciler.desired.model_field import keys_of, model_at, type_at
from reconciler.desired.path_problem import Keys, PathProblem, shown, undotted


def ignored_problem(path: str, at: Keys, spec: SpecPart, kind: Kind) -> PathProblem | None:
    """What is wrong with ignoring this key path of a valid ``spec``; None when nothing is.

    An ignored key stays as it is live, so that it must have a live value of its own.
    """
    return _unknown(path, at, kind) or _not_kept(path, at, kind) or _part(path, at, spec, kind)


def _unknown(path: str, at: Keys, kind: Kind) -> PathProblem | None:
    parts = undotted(path)
    for depth, part in enumerate(parts):
        if type_at(kind.spec, parts[: depth + 1]) is None:
            owner = model_at(kind.spec, parts[:depth])
            guess = did_you_mean(str(part), keys_of(owner)) if owner else ""
            message = f"{kind.name} has no field {shown(path)}{guess}"
            return PathProblem("unknown-field", message, "", at)
    return None


def _not_kept(path: str, at: Keys, kind: Kind) -> PathProblem | None:
    rule = kind.rules.get(path)
    if kind.listed and not (rule and rule.write_only):
        return None
    message = f"{shown(path)} is kept nowhere on the platform: there is nothing to leave as it is"
    return PathProblem("not-ignorable", message, "Take it out of ignoreChanges.", at)


def _part(path: str, at: Keys, spec: SpecPart, kind: Kind) -> PathProblem | None:
    owner = path.partition("[")[0]
    while not _stands_alone(owner, spec, kind):
        owner = owner.rpartition(".")[0]
    if owner == path:
        return None
    message = f"{shown(path)} cannot be ignored without the rest of {owner}"
    return PathProblem("ignored-in-part", message, f"Write {owner} to ignore all of it.", at)


def _stands_alone(path: str, spec: SpecPart, kind: Kind) -> bool:
    owner = path.rpartition(".")[0]
    owners = [".".join(path.split(".")[:depth]) for depth in range(1, path.count(".") + 1)]
    rules = [kind.rules[each] for each in owners if each in kind.rules]
    # What is resolved or compared as one has defaults of its own for what is left out of it.
    one = any(rule.whole or rule.derived for rule in rules)
    return not owner or (not one and _can_do_without(path, spec, kind))


def _can_do_without(path: str, spec: SpecPart, kind: Kind) -> bool:
    try:
        kind.spec.model_validate(pruned(spec, (path,)))
    except ValidationError:
        return False
    return True
