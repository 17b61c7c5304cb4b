"""The plan: a frozen list of steps, in an order that can be run, with all that was decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.core.diff import Difference, diff
from reconciler.core.fingerprint import fingerprint
from reconciler.core.graph import Graph
from reconciler.core.identity import Matches
from reconciler.core.kind import Change, Kind, Options, Outputs, Part, step_id
from reconciler.core.mark import name_of
from reconciler.core.policy import (
    Policy,
    delete_problems,
    field_problems,
    mass_problems,
    replaces,
)
from reconciler.core.resource import Address, Live, Resource
from reconciler.core.step import ACTIONS, After, Draft, FieldChange, Step
from reconciler.errors import Problem


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """Something seen and not touched on purpose.

    ``why`` is ``ignored`` (a field of ``ignoreChanges``), ``orphan`` (ours, but no manifest and
    prune is off) or ``foreign`` (of another owner).
    """

    why: str
    kind: str
    name: str
    id: str = ""
    path: str = ""
    old: Any = None
    new: Any = None


@dataclass(frozen=True, slots=True)
class World:
    """Everything a plan is made from: both sides, how they pair, and the user's wishes."""

    graph: Graph
    matches: Matches
    kinds: Mapping[str, Kind]
    lives: tuple[Live, ...] = ()
    options: Options = field(default_factory=Options)
    policy: Policy = field(default_factory=Policy)
    problems: tuple[Problem, ...] = ()
    partial: bool = False
    platform: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do and why; dry run, every rendering and apply read this one value."""

    project: str
    target: str | None
    steps: tuple[Step, ...] = ()
    left_alone: tuple[LeftAlone, ...] = ()
    problems: tuple[Problem, ...] = ()
    unchanged: int = 0
    requests: Mapping[str, int] = field(default_factory=dict)

    @property
    def summary(self) -> dict[str, int]:
        """Objects by what happens to them; ``run`` and ``check`` count steps."""
        counts = dict.fromkeys(ACTIONS, 0)
        main: dict[Address, str] = {}
        for step in self.steps:
            if step.action in ("run", "check"):
                counts[step.action] += 1
            else:
                main.setdefault(step.address, step.action)
        for action in main.values():
            counts[action] += 1
        return {**counts, "unchanged": self.unchanged}

    @property
    def obstacles(self) -> tuple[Problem, ...]:
        """The problems that forbid an apply: all but the warnings."""
        return tuple(problem for problem in self.problems if not problem.warning)

    @property
    def blocked(self) -> bool:
        """Whether nothing but policy or protection stands in the way."""
        return bool(self.obstacles) and all(problem.blocked for problem in self.obstacles)


def build(world: World, project: str, target: str | None) -> Plan:
    """Decide every step; the same world always gives the same plan, byte for byte."""
    builder = _Builder(world)
    for address in world.graph.order():
        builder.add(world.graph.resources[address])
    builder.prune()
    steps = tuple(builder.steps)
    owned = len(world.matches.pairs) + len(world.matches.orphans)
    return Plan(
        project=project,
        target=target,
        steps=steps,
        left_alone=tuple(builder.left_alone),
        problems=(
            *world.problems,
            *world.matches.problems,
            *builder.problems,
            *mass_problems(steps, owned, world.policy),
        ),
        unchanged=builder.unchanged,
    )


class _Builder:
    """Collects the steps of one plan; lives only inside ``build``."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.steps: list[Step] = []
        self.left_alone: list[LeftAlone] = []
        self.problems: list[Problem] = []
        self.unchanged = 0
        self.outputs: dict[Address, Outputs] = {}
        self.of: dict[Address, tuple[str, ...]] = {}
        self.catalog = _catalog(world.lives)

    def add(self, resource: Resource) -> None:
        """Plan one object; what it depends on has been planned before."""
        kind = self.world.kinds[resource.address.kind]
        live = self.world.matches.pairs.get(resource.address)
        known = len(self.problems)
        ignore = resource.lifecycle.ignore_changes
        difference = diff(resource.spec, live.spec if live else {}, kind.rules, ignore)
        if live:
            self.problems += field_problems(resource, live, difference, kind)
            self.left_alone += _ignored(resource, live, difference)
        doomed = live if live and replaces(difference, kind) else None
        if doomed:
            self.problems += delete_problems(doomed, str(resource.address))
            live, difference = None, diff(resource.spec, {}, kind.rules, ignore)
        if live is None:
            difference = _all_new(difference)
        made = tuple(self._parts(resource, live, difference, kind))
        if doomed and kind.delete and made:
            made = (_replacing(made[0], doomed, kind.delete(doomed, resource)), *made[1:])
        self.steps += made
        self.of[resource.address] = tuple(step.id for step in made)
        faulty = any(not problem.warning for problem in self.problems[known:])
        self.unchanged += not made and not faulty

    def _parts(
        self, resource: Resource, live: Live | None, difference: Difference, kind: Kind
    ) -> Iterator[Step]:
        address = resource.address
        needs = {step for other in resource.depends_on for step in self.of.get(other, ())}
        own: dict[str, Any] = dict(kind.outputs(live))
        for part in kind.parts:
            change = Change(
                resource=resource,
                live=live,
                fields=_owned(part, kind, difference.changes),
                outputs={other: self.outputs.get(other, {}) for other in resource.depends_on},
                options=self.world.options,
                catalog=self.catalog,
                platform=self.world.platform.get(kind.provider, {}),
                own=own,
            )
            draft = part.draft(change)
            if draft is None:
                continue
            self.problems += draft.problems
            if not draft.action:
                continue
            step = _step(address, part, draft, tuple(sorted(needs)), live)
            own = {**own, **{key: After(step.id, key) for key in draft.gives}}
            needs = {step.id}
            yield step
        self.outputs[address] = own

    def prune(self) -> None:
        """Delete, or list, what is ours and has no manifest; then everyone else's objects."""
        world = self.world
        if not world.partial:
            orphans = sorted(
                world.matches.orphans,
                key=lambda live: (-world.kinds[live.kind].rank, live.kind, live.name, live.id),
            )
            for live in orphans:
                self._prune(live)
        self.left_alone += [
            LeftAlone("foreign", live.kind, live.name, live.id)
            for live in sorted(world.matches.foreign, key=lambda x: (x.kind, x.name, x.id))
        ]

    def _prune(self, live: Live) -> None:
        address = Address(live.kind, name_of(live.owner or live.name))
        kind = self.world.kinds[live.kind]
        if not self.world.policy.prune or kind.delete is None:
            self.left_alone.append(LeftAlone("orphan", live.kind, address.name, live.id))
            return
        self.problems += delete_problems(live, str(address))
        users = [
            step
            for other, pair in self._touched().items()
            if (live.kind, live.id) in pair.uses
            for step in self.of.get(other, ())
        ]
        draft = kind.delete(live, None)
        step = _step(address, Part("", lambda change: draft), draft, tuple(sorted(users)), live)
        self.steps.append(step)
        self.of[address] = (step.id,)

    def _touched(self) -> dict[Address, Live]:
        orphans = {
            Address(live.kind, name_of(live.owner or live.name)): live
            for live in self.world.matches.orphans
        }
        return {**orphans, **self.world.matches.pairs}


def _step(
    address: Address, part: Part, draft: Draft, needs: tuple[str, ...], live: Live | None
) -> Step:
    return Step(
        id=step_id(address, part.name),
        address=address,
        action=draft.action,
        reason=draft.reason,
        fields=draft.fields,
        calls=draft.calls,
        waits=draft.waits,
        depends_on=needs,
        precondition=fingerprint(live),
    )


def _catalog(lives: Iterable[Live]) -> Mapping[str, tuple[Live, ...]]:
    by_kind: dict[str, list[Live]] = {}
    for live in lives:
        by_kind.setdefault(live.kind, []).append(live)
    return {kind: tuple(found) for kind, found in by_kind.items()}


def _replacing(first: Step, doomed: Live, removal: Draft) -> Step:
    return replace(
        first,
        action="replace",
        reason=f"{removal.reason}; then made again, because a field cannot be changed in place",
        calls=(*removal.calls, *first.calls),
        waits=tuple(replace(w, after=w.after + len(removal.calls)) for w in first.waits),
        precondition=fingerprint(doomed),
    )


def _all_new(difference: Difference) -> Difference:
    changes = tuple(replace(change, reason="new object") for change in difference.changes)
    return replace(difference, changes=changes)


def _owned(part: Part, kind: Kind, changes: Iterable[FieldChange]) -> tuple[FieldChange, ...]:
    others = {key for other in kind.parts for key in other.fields}
    return tuple(
        change
        for change in changes
        if _top(change) in part.fields or (not part.name and _top(change) not in others)
    )


def _top(change: FieldChange) -> str:
    return change.path.partition(".")[0]


def _ignored(resource: Resource, live: Live, difference: Difference) -> Iterable[LeftAlone]:
    for change in difference.ignored:
        yield LeftAlone(
            "ignored",
            live.kind,
            resource.address.name,
            live.id,
            change.path,
            change.old,
            change.new,
        )
