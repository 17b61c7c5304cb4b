"""Safety checks that can block a plan."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from reconciler.core.diff import Difference
from reconciler.core.identity import MatchResult
from reconciler.core.kind import Kind, PlanOptions
from reconciler.core.ownership import is_proven
from reconciler.core.resource import Live, Resource
from reconciler.core.step import FieldChange, Step
from reconciler.errors import Problem


@dataclass(frozen=True, slots=True)
class Policy:
    """The project's own limits; percentages are of the live objects that it owns."""

    prune: bool = False
    max_delete_percent: float = 30
    max_change_percent: float = 100
    allow_mass_change: bool = False


def field_problems(
    resource: Resource, live: Live, difference: Difference, kind: Kind
) -> Iterable[Problem]:
    """Changes of fields that the platform would refuse, found before anything is sent."""
    for change in difference.changes:
        rule = kind.rules.get(change.path)
        if rule is None:
            continue
        if rule.create_only and not (resource.lifecycle.allow_replace and kind.delete):
            yield _refused(
                resource, change, "needs-replace",
                f"is fixed when a {kind.name} is made",
                "Take the change back, or set lifecycle.allowReplace: true "
                "to have the object deleted and made again.",
            )  # fmt: skip
        if rule.one_way and change.old is True:
            yield _refused(
                resource, change, "one-way",
                "was switched on and can never be switched off",
                f"Write {change.path.rpartition('.')[2]}: true, or leave the key out.",
            )  # fmt: skip
        if lock := rule.locked_when(live):
            yield _refused(
                resource, change, "locked",
                f"cannot change while the object has {lock}",
                "Retire what uses the object first, or make a new object beside it.",
            )  # fmt: skip


def replaces(difference: Difference, kind: Kind) -> tuple[FieldChange, ...]:
    """The changes that no call can make on a live object."""
    rules = kind.rules
    return tuple(c for c in difference.changes if c.path in rules and rules[c.path].create_only)


def delete_problems(live: Live, address: str) -> Iterable[Problem]:
    """Why this live object must not be deleted: protection, or something that runs on it."""
    if live.protected:
        yield Problem(
            "protected",
            f"{address} ({live.id}) is protected and would be deleted",
            "Apply it once with lifecycle.protect: false, then take its manifest out.",
            address=address,
            blocked=True,
        )
    if live.in_use:
        yield Problem(
            "deployed",
            f"{address} ({live.id}) has {live.in_use} and cannot be deleted",
            "Delete or move the deployments first; the platform refuses it otherwise.",
            address=address,
        )


def forget_problems(live: Live, address: str) -> Iterable[Problem]:
    """Why an object must not be let go: its protection would be gone with its marker."""
    if live.protected:
        yield Problem(
            "protected",
            f"{address} ({live.id}) is protected and would be forgotten",
            "Apply it once with lifecycle.protect: false.",
            address=address,
            blocked=True,
        )


def use_problems(live: Live, address: str, users: Sequence[str]) -> Iterable[Problem]:
    """Why this live object must not be deleted: others lean on it, and go on doing so."""
    if users:
        yield Problem(
            "in-use",
            f"{address} ({live.id}) is used by {', '.join(users)} and would be deleted",
            "Keep its manifest until they use another one.",
            address=address,
        )


def stray_problems(live: Live, address: str, pruning: bool) -> Iterable[Problem]:
    """A marker that does not prove whose it is may have been pasted: it blocks nothing."""
    if live.protected or pruning:
        yield Problem(
            "stray-marker",
            f"{live.kind} {live.id} carries a marker of {address}, which does not name its id, "
            "and has no manifest; it is left as it is",
            "If it is yours, put its manifest back and apply once. If not, take the marker out "
            "of its description.",
            address=address,
            warning=True,
        )


def orphan_problems(live: Live, address: str) -> Iterable[Problem]:
    """A protected object must not lose its manifest, whether or not it would be deleted."""
    if live.protected:
        yield Problem(
            "protected",
            f"{address} ({live.id}) is protected, and no manifest names it any more",
            "Put the manifest back; to let go of the object, apply it once with protect: false.",
            address=address,
            blocked=True,
        )


def order_problems(step: Step, live: Live, options: PlanOptions) -> Iterable[Problem]:
    """An older commit must not go over a newer one."""
    for sha in live.commits:
        if sha in options.newer:
            yield Problem(
                "rollback",
                f"{step.address} was made from {sha[:12]}, which comes after this commit",
                "Apply the newer commit, or say --allow-rollback.",
                str(step.address),
                blocked=True,
            )


def unknown_order(touched: Sequence[Live], options: PlanOptions) -> Iterable[Problem]:
    """A block where the history at hand cannot tell which commit is newer."""
    unknown = {sha for live in touched for sha in live.commits} & options.unknown
    if unknown:
        yield Problem(
            "unknown-order",
            f"this clone does not know {len(unknown)} commit(s) that live objects were made from, "
            "so it cannot be checked that this one is newer",
            "Fetch more history (in a workflow: fetch-depth: 0), or use --allow-rollback.",
            blocked=True,
        )


def owned(matches: MatchResult, kinds: Mapping[str, Kind]) -> int:
    """How many live objects the project owns.

    What is only looked up is not among them, nor what a pasted marker may have made ours: it must
    not make room for more deletes.
    """
    listed = [address for address in matches.pairs if kinds[address.kind].listed]
    return len(listed) + sum(map(is_proven, matches.orphans))


def mass_problems(steps: Sequence[Step], owned: int, policy: Policy) -> Iterable[Problem]:
    """Whether too large a share of the owned objects would be deleted or changed."""
    if policy.allow_mass_change or not owned:
        return
    gone = {s.address for s in steps if s.action in ("delete", "replace")}
    touched = gone | {s.address for s in steps if s.action == "update"}
    limits = (
        ("deleted", gone, policy.max_delete_percent, "maxDeletePercent"),
        ("changed", touched, policy.max_change_percent, "maxChangePercent"),
    )
    for verb, addresses, limit, key in limits:
        share = 100 * len(addresses) / owned
        if share > limit:
            yield Problem(
                "mass-change",
                # Rounded up, or a share just over the limit would read as one that is at it.
                f"{len(addresses)} of {owned} owned objects ({ceil(share)} %) would be {verb}; "
                f"policy.{key} is {limit:g}",
                "Look the plan over; --allow-mass-change lets it through once.",
                blocked=True,
            )


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _refused(resource: Resource, change: FieldChange, code: str, why: str, hint: str) -> Problem:
    return Problem(
        code,
        f"{change.path} {why} ({_shown(change.old)} -> {_shown(change.new)})",
        hint,
        str(resource.address),
        f"spec.{change.path}",
    )
