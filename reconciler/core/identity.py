"""Which live object is meant by which manifest, and which ones are none of our business."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.core.marker import scope_of
from reconciler.core.resource import Address, Live, Resource
from reconciler.errors import Problem


@dataclass(frozen=True, slots=True)
class MatchResult:
    """Pairs found, objects of our scope that no manifest names, everyone else's, and problems.

    ``refused`` are the addresses that cannot be planned, because it is not clear what they mean.
    """

    pairs: Mapping[Address, Live] = field(default_factory=dict)
    orphans: tuple[Live, ...] = ()
    foreign: tuple[Live, ...] = ()
    problems: tuple[Problem, ...] = ()
    refused: frozenset[Address] = frozenset()


class _Index:
    """Live objects of every kind by id, by owner, by the identity field and by name."""

    def __init__(self, lives: Iterable[Live]) -> None:
        self.ids: dict[tuple[str, str], list[Live]] = defaultdict(list)
        self.owners: dict[tuple[str, str], list[Live]] = defaultdict(list)
        self.external_ids: dict[tuple[str, str], list[Live]] = defaultdict(list)
        self.names: dict[tuple[str, str], list[Live]] = defaultdict(list)
        for live in lives:
            self.ids[live.kind, live.id].append(live)
            self.names[live.kind, live.name].append(live)
            if live.external_id:
                self.external_ids[live.kind, live.external_id].append(live)
            if live.owner:
                self.owners[live.kind, live.owner].append(live)


def match(resources: Sequence[Resource], lives: Sequence[Live], scope: str) -> MatchResult:
    """Pair by ``metadata.id``, then ``userProvidedId``, then the marker; never guess.

    Two candidates, a pinned id that is gone, an object of another owner and a name that the
    object of another owner has are problems, each with the ids and the way out.
    """
    index = _Index(lives)
    pairs: dict[Address, Live] = {}
    problems: list[Problem] = []
    contested: set[tuple[str, str]] = set()
    for resource in resources:
        found = _candidates(resource, index, scope)
        if len(found) > 1:
            problems.append(_ambiguous(resource, found))
            contested |= {(live.kind, live.id) for live in found}
        elif found:
            pairs[resource.address] = found[0]
            problems += _disowned(resource, found[0], scope)
        elif resource.id:
            problems.append(_gone(resource))
        else:
            problems += _collisions(resource, index, scope)
    problems += _claimed_twice(pairs)
    refused = frozenset(filter(None, (Address.parse(problem.address) for problem in problems)))
    taken = contested | {(live.kind, live.id) for live in pairs.values()}
    rest = [live for live in lives if (live.kind, live.id) not in taken]
    return MatchResult(
        pairs=pairs,
        orphans=tuple(live for live in rest if scope_of(live.owner) == scope),
        foreign=tuple(live for live in rest if scope_of(live.owner) != scope),
        problems=tuple(problems),
        refused=refused,
    )


def _candidates(resource: Resource, index: _Index, scope: str) -> list[Live]:
    kind = resource.address.kind
    if resource.id:
        return index.ids[kind, resource.id]
    if resource.user_provided_id:
        return index.external_ids[kind, resource.user_provided_id]
    return index.owners[kind, f"{scope}/{resource.address.name}"]


def _ambiguous(resource: Resource, found: Sequence[Live]) -> Problem:
    ids = ", ".join(sorted(live.id for live in found))
    return _problem(
        resource,
        "ambiguous-identity",
        f"{len(found)} live objects carry the identity of {resource.address}: {ids}",
        "Delete or unmark all but one of them, or pin the right one with metadata.id.",
    )


def _gone(resource: Resource) -> Problem:
    return _problem(
        resource,
        "pinned-object-missing",
        f"metadata.id names {resource.id}, but no such {resource.address.kind} is visible",
        "Take metadata.id out to have a new object made, or correct it.",
    )


def _disowned(resource: Resource, live: Live, scope: str) -> Iterable[Problem]:
    # Only a pin and a chosen identity can lead to an object of another owner.
    owner = f"{scope}/{resource.address.name}"
    theirs = _owner_of(resource, live)
    if theirs and scope_of(theirs) and theirs != owner:
        yield _problem(
            resource,
            "foreign-object",
            f"{live.id} belongs to {theirs}, not to {owner}",
            "Manage it from there, or take the marker off its description first.",
        )


def _owner_of(resource: Resource, live: Live) -> str | None:
    if resource.id:
        return live.owner
    chosen = resource.user_provided_id
    if chosen is None or live.owner != chosen:
        return live.owner if chosen else None
    # Any tool may choose an id of this form; one that its content names as well is of our making.
    return chosen if live.marker_owner == chosen else None


def _claimed_twice(pairs: Mapping[Address, Live]) -> Iterable[Problem]:
    claims: dict[tuple[str, str], list[Address]] = defaultdict(list)
    for address, live in pairs.items():
        claims[live.kind, live.id].append(address)
    for (_, identity), addresses in claims.items():
        for address in addresses:
            others = " and ".join(str(other) for other in sorted(addresses) if other != address)
            if others:
                yield Problem(
                    "claimed-twice",
                    f"{address} means the live object {identity}, and so does {others}",
                    "Keep one of the manifests.",
                    address=str(address),
                )


def _collisions(resource: Resource, index: _Index, scope: str) -> Iterable[Problem]:
    kind = resource.address.kind
    others = [
        live for live in index.names[kind, resource.display_name] if scope_of(live.owner) != scope
    ]
    if not others:
        return
    ids = sorted(live.id for live in others)
    # An owner without a scope is another tool's id, which does not prevent adoption.
    owners = sorted({live.owner for live in others if live.owner and scope_of(live.owner)})
    whose = f" of {', '.join(owners)}" if owners else ""
    way_in = f"adopt it: metadata.id: {ids[0]} is what `reconciler import {kind}/{ids[0]}` writes"
    yield _problem(
        resource,
        "name-taken",
        f"{_article(kind)} {kind}{whose} named {resource.display_name!r} is already there: "
        + ", ".join(ids),
        f"Rename spec.name{'' if owners else f', or {way_in}'}.",
    )


def _article(noun: str) -> str:
    return "an" if noun[0] in "AEIOU" else "a"


def _problem(resource: Resource, code: str, message: str, hint: str) -> Problem:
    return Problem(code, message, hint, str(resource.address), "metadata")
