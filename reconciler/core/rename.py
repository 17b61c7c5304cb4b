"""Renames: which live object a manifest means that had another name, or another project's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.core.marker import WAS
from reconciler.core.ownership import Ownership, is_proven
from reconciler.core.resource import Live, Resource

Owners = Mapping[tuple[str, str], Sequence[Live]]
"""Live objects of this project by kind and owner."""


class Renames:
    """Finds the object of a manifest by its current owner, or by the owners that it had before.

    A marker keeps the name before the last rename (``was``).  It tells a rename that was applied
    from one that is due, which two manifests that swap their names could not tell otherwise.
    """

    def __init__(self, resources: Sequence[Resource], owners: Owners, ownership: Ownership) -> None:
        named = [each for each in resources if not each.id and not each.user_provided_id]
        self._renamed = [each for each in named if each.formerly]
        self._names = {(each.address.kind, ownership.owner(each.address.name)) for each in named}
        self._owners = owners
        self._ownership = ownership
        self._settled = {
            live.id: resource
            for resource in self._renamed
            for live in self._current(resource)
            if live.marker and live.marker.note(WAS) in resource.formerly
        }

    def candidates(self, resource: Resource) -> list[Live]:
        """The live objects that the manifest may mean; more than one is not clear."""
        settled = [live for live in self._current(resource) if self._is_settled(live, resource)]
        if settled:
            return _originals(settled)
        before = self._before(resource)
        current = [live for live in self._current(resource) if not self._leaves(live, resource)]
        if current and all((live.kind, live.owner) in self._names for live in before):
            before = []  # these have manifests of their own
        return _originals([*current, *before])

    def holder(self, resource: Resource) -> tuple[Resource, Live] | None:
        """Who renames the object that still has this manifest's name; None when the name is free.

        A manifest that is renamed itself takes its own object along: two may swap their names.
        """
        if resource.id or resource.user_provided_id or self.candidates(resource):
            return None
        pairs = (
            (other, live)
            for live in self._current(resource)
            for other in self._renamed
            if self._takes(other, live)
        )
        return next(pairs, None)

    def _current(self, resource: Resource) -> Sequence[Live]:
        kind, name = resource.address
        return self._owners.get((kind, self._ownership.owner(name)), ())

    def _before(self, resource: Resource) -> list[Live]:
        """Objects under the former owners, without those whose own rename was applied."""
        found: list[Live] = []
        for owner in self._ownership.owners_before(resource):
            lives = self._owners.get((resource.address.kind, owner), ())
            found += [live for live in lives if live.id not in self._settled]
        return found

    def _is_settled(self, live: Live, resource: Resource) -> bool:
        return self._settled.get(live.id) is resource

    def _leaves(self, live: Live, resource: Resource) -> bool:
        """Whether another manifest renames this object, so that it is not the one meant here."""
        return any(
            self._takes(other, live)
            for other in self._renamed
            if other is not resource and resource.address.name in other.formerly
        )

    def _takes(self, resource: Resource, live: Live) -> bool:
        before = any(live is each for each in self._before(resource))
        return before and not self._is_done(resource)

    def _is_done(self, resource: Resource) -> bool:
        """Whether the manifest has its object already, and nobody takes that one away."""
        current = self._current(resource)
        if any(self._is_settled(live, resource) for live in current):
            return True
        kind, name = resource.address
        return bool(current) and not any(
            each.address.kind == kind and name in each.formerly
            for each in self._renamed
            if each is not resource
        )


def _originals(lives: Sequence[Live]) -> list[Live]:
    """Without the copies of an object, which carry its marker and cannot prove it."""
    proven = [live for live in lives if is_proven(live)]
    return proven if len(lives) > 1 and proven else list(lives)
