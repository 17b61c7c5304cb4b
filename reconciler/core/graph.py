"""Resources and what they lean on, as one frozen value with a fixed order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from reconciler.core.resource import Address, Resource

MAX_CYCLES = 10


@dataclass(frozen=True)
class Graph:
    """Resources by address, sorted; an edge runs from a resource to each one it depends on.

    A dependency on an address that is not in the graph counts for nothing here: whoever builds
    the graph has already refused it, or left it out on purpose.
    """

    resources: Mapping[Address, Resource]

    @classmethod
    def of(cls, resources: Iterable[Resource]) -> Graph:
        """The graph of these resources, whatever order they came in."""
        return cls({each.address: each for each in sorted(resources, key=lambda r: r.address)})

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.resources.values())

    def __len__(self) -> int:
        return len(self.resources)

    def dependencies(self, address: Address) -> tuple[Address, ...]:
        """What this resource depends on directly, sorted."""
        wanted = set(self.resources[address].depends_on)
        return tuple(sorted(wanted & self.resources.keys()))

    def order(self) -> tuple[Address, ...]:
        """Every address, dependencies first, ties sorted; the graph must be free of cycles."""
        sorter = TopologicalSorter(self._edges())
        sorter.prepare()
        ordered: list[Address] = []
        while sorter.is_active():
            level = sorted(sorter.get_ready())
            ordered.extend(level)
            sorter.done(*level)
        return tuple(ordered)

    def dependants(self, address: Address) -> tuple[Address, ...]:
        """Everything that leans on this address, directly or through others, sorted."""
        leaning: dict[Address, list[Address]] = {}
        for source, targets in self._edges().items():
            for target in targets:
                leaning.setdefault(target, []).append(source)
        return tuple(sorted(_reach([address], leaning) - {address}))

    def closure(self, addresses: Iterable[Address]) -> tuple[Address, ...]:
        """These addresses and all they depend on, sorted; unknown ones are left out."""
        start = [address for address in addresses if address in self.resources]
        return tuple(sorted(_reach(start, self._edges())))

    def cycles(self) -> tuple[tuple[Address, ...], ...]:
        """Circles of dependencies, each as ``A, B, A`` from its first address on; at most ten.

        One edge of every circle found is cut before the next search, so two circles that share
        an edge may show as one.
        """
        edges = {address: list(targets) for address, targets in self._edges().items()}
        found: list[tuple[Address, ...]] = []
        while len(found) < MAX_CYCLES and (circle := _circle(edges)):
            found.append(circle)
            edges[circle[0]].remove(circle[1])
        return tuple(sorted(found))

    def _edges(self) -> dict[Address, tuple[Address, ...]]:
        return {address: self.dependencies(address) for address in self.resources}


def _reach(start: Iterable[Address], edges: Mapping[Address, Iterable[Address]]) -> set[Address]:
    seen: set[Address] = set()
    waiting = list(start)
    while waiting:
        address = waiting.pop()
        if address not in seen:
            seen.add(address)
            waiting.extend(edges.get(address, ()))
    return seen


def _circle(edges: Mapping[Address, Iterable[Address]]) -> tuple[Address, ...] | None:
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        # graphlib lists a dependency before its dependant and repeats the first at the end.
        circle = list(reversed(error.args[1]))[1:]
        first = circle.index(min(circle))
        turned = circle[first:] + circle[:first]
        return (*turned, turned[0])
    return None
