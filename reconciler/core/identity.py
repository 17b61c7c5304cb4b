"""Which live object is meant by which manifest, and which ones are none of our business."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.core.marker import name_of, scope_of
from reconciler.core.ownership import Ownership, is_proven, marked_address
from reconciler.core.rename import Renames
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

    def __init__(self, lives: Iterable[Live], ownership: Ownership) -> None:
        self.ids: dict[tuple[str, str], list[Live]] = defaultdict(list)
        self.owners: dict[tuple[str, str], list[Live]] = defaultdict(list)
        self.external_ids: dict[tuple[str, str], list[Live]] = defaultdict(list)
        self.names: dict[tuple[str, str], list[Live]] = defaultdict(list)
        for live in lives:
            self.ids[live.kind, live.id].append(live)
            self.names[live.kind, live.name].append(live)
            if live.external_id:
                self.external_ids[live.kind, live.external_id].append(live)
            if live.owner and ownership.is_ours(live):
                self.owners[live.kind, live.owner].append(live)


def match(
    resources: Sequence[Resource],
    lives: Sequence[Live],
    ownership: Ownership,
    unselected: Sequence[Resource] = (),
    whole: bool = True,
) -> MatchResult:
    """Pair by ``metadata.id``, then ``userProvidedId``, then the marker; never guess.

    Two candidates, a pinned id that is gone, an object of another owner, a name that an object of
    another owner already has, and an object of ours that looks renamed are problems, each with the
    ids and the way out.  ``unselected`` are manifests that this run leaves out; ``whole`` is False
    where there may be more of them.
    """
    index = _Index(lives, ownership)
    renames = Renames([*resources, *unselected], index.owners, ownership)
    pairs: dict[Address, Live] = {}
    problems: list[Problem] = []
    contested: set[tuple[str, str]] = set()
    new: list[Resource] = []
    for resource in resources:
        found = _candidates(resource, index, renames)
        held_by = renames.holder(resource)
        if held_by is not None:
            problems.append(_not_free(resource, held_by))
        elif len(found) > 1:
            problems.append(_ambiguous(resource, found))
            contested |= {(live.kind, live.id) for live in found}
        elif found:
            pairs[resource.address] = found[0]
            problems += _disowned(resource, found[0], ownership)
        elif resource.id:
            problems.append(_gone(resource))
        else:
            new.append(resource)
    problems += _claimed_twice(pairs)
    taken = contested | {(live.kind, live.id) for live in pairs.values()}
    rest = [live for live in lives if (live.kind, live.id) not in taken]
    orphans = [live for live in rest if ownership.is_ours(live) and not _is_copy(live, pairs)]
    wanted = {each.address for each in unselected}
    lost = [live for live in orphans if whole and marked_address(live) not in wanted]
    for resource in new:
        problems += _collisions(resource, index, ownership)
        problems += _renamed(resource, lost)
    refused = frozenset(filter(None, (Address.parse(problem.address) for problem in problems)))
    ours = {id(live) for live in orphans}
    return MatchResult(
        pairs=pairs,
        orphans=tuple(orphans),
        foreign=tuple(live for live in rest if id(live) not in ours),
        problems=tuple(problems),
        refused=refused,
    )


def _candidates(resource: Resource, index: _Index, renames: Renames) -> list[Live]:
    kind = resource.address.kind
    if resource.id:
        return index.ids[kind, resource.id]
    if resource.user_provided_id:
        return index.external_ids[kind, resource.user_provided_id]
    return renames.candidates(resource)


def _is_copy(live: Live, pairs: Mapping[Address, Live]) -> bool:
    """Whether its marker came with a copy of an object that has its manifest."""
    original = pairs.get(marked_address(live))
    return original is not None and original.owner == live.owner and not is_proven(live)


def _not_free(resource: Resource, held_by: tuple[Resource, Live]) -> Problem:
    other, live = held_by
    return _problem(
        resource,
        "name-not-free",
        f"{resource.address} is still the name of {live.id}, which {other.address} renames",
        "Apply the rename first; the name is free after that.",
    )


def _renamed(resource: Resource, orphans: Iterable[Live]) -> Iterable[Problem]:
    """An object of ours without a manifest that may be the one that this manifest means."""
    for live in orphans:
        if live.kind != resource.address.kind:
            continue
        same_name = live.name == resource.display_name
        digests = {files.digest for files in resource.files.values()} - {""}
        if same_name or digests & set(live.contents.values()):
            former = marked_address(live)
            what = f"name {live.name!r}" if same_name else "content"
            yield _problem(
                resource,
                "renamed-object",
                f"it would be created beside {former} ({live.id}), which has the same {what} and "
                "no manifest any more",
                f"If it was renamed, write metadata.formerly: [{former.name}]. "
                f"If not, put its manifest back, or run `reconciler forget {former}`.",
            )
            return


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


def _disowned(resource: Resource, live: Live, ownership: Ownership) -> Iterable[Problem]:
    # Only a pin and a chosen identity can lead to an object of another owner.
    owner = ownership.owner(resource.address.name)
    theirs = _owner_of(resource, live)
    if not theirs or not scope_of(theirs):
        return
    allowed = (owner, *ownership.owners_before(resource))
    if theirs in allowed and live.project in ("", ownership.uid):
        return
    whose, hint = theirs, "Manage it from there, or let that project forget it first."
    if theirs in allowed:
        whose = f"{theirs} of another project (uid {live.project})"
    elif ownership.is_ours(live):
        hint = f"If it was renamed, write metadata.formerly: [{name_of(theirs)}]."
    yield _problem(
        resource, "foreign-object", f"{live.id} belongs to {whose}, not to {owner}", hint
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


def _collisions(resource: Resource, index: _Index, ownership: Ownership) -> Iterable[Problem]:
    kind = resource.address.kind
    named = index.names[kind, resource.display_name]
    others = [live for live in named if not ownership.is_ours(live)]
    if not others:
        return
    ids = sorted(live.id for live in others)
    # An owner without a scope is another tool's id, which does not prevent adoption.
    owners = sorted({live.owner for live in others if live.owner and scope_of(live.owner)})
    whose = f" of {', '.join(owners)}" if owners else ""
    yield _problem(
        resource,
        "name-taken",
        f"{_article(kind)} {kind}{whose} named {resource.display_name!r} is already there: "
        + ", ".join(ids),
        f"Rename spec.name{'' if owners else f', or adopt it with metadata.id: {ids[0]}'}.",
    )


def _article(noun: str) -> str:
    return "an" if noun[0] in "AEIOU" else "a"


def _problem(resource: Resource, code: str, message: str, hint: str) -> Problem:
    return Problem(code, message, hint, str(resource.address), "metadata")
