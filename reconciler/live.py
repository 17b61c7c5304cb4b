"""Live state: every list in parallel, then the details that the manifests need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import TypeVar

from reconciler.core.graph import Graph
from reconciler.core.identity import MatchResult, match
from reconciler.core.kind import Kind
from reconciler.core.ownership import Ownership, marked_address
from reconciler.core.plan import Plan
from reconciler.core.provider import Provider
from reconciler.core.resource import Address, Live, Prefetched, Resource

A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All live objects that were seen, and how they pair with the manifests."""

    lives: tuple[Live, ...]
    matches: MatchResult
    platform: Mapping[str, Prefetched] = field(default_factory=dict)

    def by_address(self) -> Mapping[Address, Live]:
        """The live objects of the project: matched ones, and orphans under their old name."""
        orphans = {marked_address(o): o for o in self.matches.orphans}
        return {**orphans, **self.matches.pairs}


@dataclass(frozen=True, slots=True)
class CurrentPlan:
    """A plan, and the project's live objects that it was made from."""

    plan: Plan
    lives: Mapping[Address, Live]

    def touched(self) -> list[Address]:
        """The live objects that the plan has a step for."""
        return sorted({step.address for step in self.plan.steps if step.address in self.lives})


@dataclass(frozen=True, slots=True)
class Manifests:
    """The manifests to read for, and those that were loaded beside them.

    ``whole`` is False where the project may have more of them.
    """

    graph: Graph
    unselected: tuple[Resource, ...] = ()
    whole: bool = True


def read(
    manifests: Manifests,
    kinds: Mapping[str, Kind],
    provider_of: Callable[[str], Provider],
    ownership: Ownership,
    parallelism: int,
    named: Iterable[str] = (),
) -> Snapshot:
    """Read what the manifests are about, and what they may have been about.

    All kinds of a used provider are listed, and of one that the project has ``named``, because an
    object of ours whose manifest is gone may be of a kind that no manifest names any more.
    """
    graph = manifests.graph
    resources = tuple(graph.resources.values())
    used = sorted({kinds[address.kind].provider for address in graph.resources})
    asked = {*used, *named}
    wanted = [kind for kind in kinds.values() if kind.provider in asked and kind.listed]

    def prefetch(name: str) -> Prefetched:
        mine = [each for each in resources if kinds[each.address.kind].provider == name]
        return provider_of(name).prefetch(mine)

    with ThreadPoolExecutor(parallelism, thread_name_prefix="read") as pool:
        pages = _all(pool, lambda kind: provider_of(kind.provider).list(kind.name), wanted)
        # An object may move to the next page while the pages are read, and then shows twice.
        lives = list({(live.kind, live.id): live for found in pages for live in found}.values())
        prefetched = dict(zip(used, _all(pool, prefetch, used), strict=True))
        listed = [each for each in resources if kinds[each.address.kind].listed]
        matches = match(listed, lives, ownership, manifests.unselected, manifests.whole)

        def find(resource: Resource) -> Live | None:
            name = kinds[resource.address.kind].provider
            return provider_of(name).find(resource, prefetched[name])

        def detail(address: Address) -> Live:
            provider = provider_of(kinds[address.kind].provider)
            return provider.read_details(graph.resources[address], matches.pairs[address])

        detailed = dict(zip(matches.pairs, _all(pool, detail, matches.pairs), strict=True))
        others = [each for each in resources if not kinds[each.address.kind].listed]
        for resource, live in zip(others, _all(pool, find, others), strict=True):
            if live is not None:
                detailed[resource.address] = live
    return Snapshot(tuple(lives), replace(matches, pairs=detailed), prefetched)


def _all(pool: Executor, call: Callable[[A], B], items: Iterable[A]) -> list[B]:
    """Every result, in order; the first error once all have ended.

    What was begun is ended, so that the same failure always sends the same requests.
    """
    futures = [pool.submit(call, item) for item in items]
    wait(futures)
    return [future.result() for future in futures]
