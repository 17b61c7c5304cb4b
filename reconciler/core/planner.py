"""The decisions of a plan: what happens to each object, and in which order.

How values move from a part of an object to its later parts and to its dependants::

    Kind.outputs(live) -> own_outputs -> part 1 -> step 1 -> draft.outputs, as KnownAfter(step 1)
                              |  ^                              |
                              |  '------------------------------'
                              |-> part 2 -> step 2, which depends on step 1: a gate holds the rest
                              '-> outputs[address] -> PlanContext.outputs of each dependant

    a step that tells one of Kind.durable_outputs -> changed_dependencies of each dependant
    a step of a part that is non_blocking         -> no dependant waits for it
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from reconciler.core.checks import (
    Policy,
    delete_problems,
    field_problems,
    forget_problems,
    mass_problems,
    order_problems,
    orphan_problems,
    owned,
    replaces,
    stray_problems,
    unknown_order,
    use_problems,
)
from reconciler.core.diff import Difference, diff
from reconciler.core.fingerprint import fingerprint
from reconciler.core.graph import Graph
from reconciler.core.identity import MatchResult
from reconciler.core.json_value import JsonObject
from reconciler.core.kind import Kind, Outputs, Part, PlanContext, PlanOptions, step_id
from reconciler.core.ownership import is_proven, marked_address
from reconciler.core.plan import Plan
from reconciler.core.resource import Address, Live, Prefetched, Resource
from reconciler.core.step import FieldChange, KnownAfter, Step, StepDraft, mentions
from reconciler.core.untouched import Untouched, ignored_fields, ignored_keys, without
from reconciler.errors import Problem


@dataclass(frozen=True, slots=True)
class PlanInput:
    """Everything a plan is made from: both sides, how they pair, and the options of the run."""

    graph: Graph
    matches: MatchResult
    kinds: Mapping[str, Kind]
    lives: tuple[Live, ...] = ()
    options: PlanOptions = field(default_factory=PlanOptions)
    policy: Policy = field(default_factory=Policy)
    problems: tuple[Problem, ...] = ()
    partial: bool = False
    platform: Mapping[str, Prefetched] = field(default_factory=dict)
    forget: frozenset[Address] = frozenset()
    """Objects of ours to take the marker off; with any of them nothing else is planned."""


ITSELF = Part("", lambda context: None)
"""Stands for an object as a whole, where another function than a part's draft decides."""


def build(world: PlanInput, project: str, target: str | None) -> Plan:
    """Decide every step; the same world always gives the same plan, byte for byte."""
    builder = _Builder(world)
    for address in world.graph.order():
        builder.add(world.graph.resources[address])
    builder.prune()
    steps = tuple(builder.steps)
    return Plan(
        project=project,
        target=target,
        steps=steps,
        untouched=tuple(builder.untouched),
        problems=(
            *world.problems,
            *world.matches.problems,
            *builder.problems,
            *mass_problems(steps, owned(world.matches, world.kinds), world.policy),
            *unknown_order(builder.touched, world.options),
        ),
        unchanged=builder.unchanged,
    )


class _Builder:
    """Collects the steps of one plan; lives only inside ``build``."""

    def __init__(self, world: PlanInput) -> None:
        self.world = world
        self.steps: list[Step] = []
        self.untouched: list[Untouched] = []
        self.problems: list[Problem] = []
        self.unchanged = 0
        self.outputs: dict[Address, Outputs] = {}
        self.of: dict[Address, tuple[str, ...]] = {}
        self.needed: dict[Address, tuple[str, ...]] = {}
        self.changing: set[Address] = set()
        self.broken: set[Address] = set()
        self.touched: list[Live] = []
        self.catalog = _catalog(world.lives)

    def add(self, resource: Resource) -> None:
        """Plan one object; what it depends on has been planned before.

        An object that cannot be planned takes with it what depends on it: neither is guessed at.
        """
        address = resource.address
        known = len(self.problems)
        if address in self.world.matches.refused or self.broken & set(resource.depends_on):
            self.broken.add(address)
            return
        made = self._plan(resource, self.world.kinds[address.kind])
        if any(not problem.warning for problem in self.problems[known:]):
            # Half of what is wanted of an object is not wanted: nothing of it is planned.
            self.broken.add(address)
            made = ()
        self._check_order(self.world.matches.pairs.get(address), made)
        self.steps += made
        self.unchanged += not made and address not in self.broken

    def _check_order(self, live: Live | None, made: tuple[Step, ...]) -> None:
        writing = [step for step in made if step.calls]
        if live and writing:
            self.touched.append(live)
            self.problems += order_problems(writing[0], live, self.world.options)

    def _plan(self, resource: Resource, kind: Kind) -> tuple[Step, ...]:
        live = self.world.matches.pairs.get(resource.address)
        if live is None:
            return self._new(resource, kind)
        ignore = resource.lifecycle.ignore_changes
        difference = diff(resource.spec, live.spec, kind.rules, ignore)
        self.untouched += ignored_fields(resource, live, difference)
        self.untouched += ignored_keys(resource, live, kind)
        self.problems += field_problems(resource, live, difference, kind)
        forced = replaces(difference, kind)
        if not forced:
            return tuple(self._parts(without(resource, ignore), live, difference, kind))
        if not resource.lifecycle.allow_replace:
            return ()
        doomed = replace(live, protected=live.protected or resource.lifecycle.protect)
        self.problems += delete_problems(doomed, str(resource.address))
        made = self._new(resource, kind)
        if not made:
            return ()  # what would come in its place cannot be made
        assert kind.delete is not None, "field_problems refuses a replace without a delete"
        return (_replacing(made[0], live, kind.delete(live, resource), forced), *made[1:])

    def _new(self, resource: Resource, kind: Kind) -> tuple[Step, ...]:
        # Nothing of it is ignored: there is nothing yet to be left as it is.
        fresh = _all_new(diff(resource.spec, {}, kind.rules))
        return tuple(self._parts(resource, None, fresh, kind))

    def _known(self, addresses: Iterable[Address]) -> dict[Address, Resource]:
        # A partial run may leave out what an object depends on.
        graph = self.world.graph.resources
        return {each: graph[each] for each in addresses if each in graph}

    def _parts(
        self, resource: Resource, live: Live | None, difference: Difference, kind: Kind
    ) -> Iterator[Step]:
        address = resource.address
        # An object with nothing to do hands on what it would have waited for itself.
        needs = self.needed[address] = self._needs(resource)
        own_outputs: JsonObject = dict(kind.outputs(live))
        for part in kind.parts:
            change = PlanContext(
                resource=resource,
                live=live,
                fields=_owned(part, kind, difference.changes),
                outputs={other: self.outputs.get(other, {}) for other in resource.depends_on},
                options=self.world.options,
                catalog=self.catalog,
                platform=self.world.platform.get(kind.provider, Prefetched()),
                own_outputs=own_outputs,
                changed_dependencies=frozenset(self.changing & set(resource.depends_on)),
                dependencies=self._known(resource.depends_on),
            )
            draft = part.draft(change) or StepDraft()
            self.problems += draft.problems
            self.untouched += (_kept(resource, live, field) for field in draft.kept)
            if not draft.action:
                if live is None and any(not problem.warning for problem in draft.problems):
                    # It will not be made: the other parts would look for what it gives.
                    break
                continue
            step = _step(address, part, draft, needs, live)
            own_outputs = own_outputs | {key: KnownAfter(step.id, key) for key in draft.outputs}
            needs = (step.id,)
            self.of[address] = (*self.of.get(address, ()), step.id)
            if not part.non_blocking:
                self.needed[address] = self.of[address]
                if set(draft.outputs) & set(kind.durable_outputs):
                    self.changing.add(address)
            yield step
        self.outputs[address] = own_outputs

    def _needs(self, resource: Resource) -> tuple[str, ...]:
        steps = {step for other in resource.depends_on for step in self.needed.get(other, ())}
        return tuple(sorted(steps))

    def prune(self) -> None:
        """Delete, or list, what is ours and has no manifest; then everyone else's objects."""
        world = self.world
        if world.forget:
            self._forget()
        elif not world.partial:
            orphans = sorted(
                world.matches.orphans,
                key=lambda live: (-world.kinds[live.kind].rank, live.kind, live.name, live.id),
            )
            for live in orphans:
                self._prune(live)
        self.untouched += [
            Untouched("foreign", live.kind, live.name, live.id)
            for live in sorted(world.matches.foreign, key=lambda x: (x.kind, x.name, x.id))
        ]

    def _forget(self) -> None:
        for live in sorted(self.world.matches.orphans, key=lambda x: (x.kind, x.name, x.id)):
            address, kind = marked_address(live), self.world.kinds[live.kind]
            if address in self.world.forget and kind.forget is not None:
                self.problems += forget_problems(live, str(address))
                draft = kind.forget(live)
                step = _step(address, ITSELF, draft, (), live)
                self.steps.append(step)

    def _prune(self, live: Live) -> None:
        address = marked_address(live)
        kind = self.world.kinds[live.kind]
        if not is_proven(live):
            self.problems += stray_problems(live, str(address), self.world.policy.prune)
            self.untouched.append(Untouched("foreign", live.kind, live.name, live.id))
            return
        if not self.world.policy.prune or kind.delete is None:
            # Taking out the manifest of a protected object is refused even where nothing would
            # be deleted: nobody would look after it any more.
            self.problems += orphan_problems(live, str(address))
            reasons = delete_problems(live, str(address))
            note = "; ".join(dict.fromkeys(problem.code for problem in reasons))
            self.untouched.append(Untouched("orphan", live.kind, address.name, live.id, note=note))
            return
        twins = sorted(other.id for name, other in self._ours() if name == address)
        if len(twins) > 1:
            self.problems.append(_ambiguous(address, twins))
            return
        self.problems += delete_problems(live, str(address))
        self.problems += use_problems(live, str(address), self._staying(live))
        users = {
            step
            for other, pair in self._ours()
            if (live.kind, live.id) in pair.uses
            for step in self.of.get(other, ())
        }
        draft = kind.delete(live, None)
        step = _step(address, ITSELF, draft, tuple(sorted(users)), live)
        self._check_order(live, (step,))
        self.steps.append(step)
        self.of[address] = (step.id,)

    def _staying(self, doomed: Live) -> list[str]:
        """Who uses this object now and does not leave it by this plan, or comes to use it."""
        going = {step.address for step in self.steps if step.action == "delete"} | self.changing
        ours = {live.id: address for address, live in self._ours()}
        found = [
            str(ours.get(live.id) or f"{live.kind} {live.id} of another owner")
            for lives in self.catalog.values()
            for live in lives
            if (doomed.kind, doomed.id) in live.uses and ours.get(live.id) not in going
        ]
        coming = {str(step.address) for step in self.steps if mentions(step, doomed.id)}
        return sorted({*found, *coming})

    def _ours(self) -> Iterator[tuple[Address, Live]]:
        yield from self.world.matches.pairs.items()
        yield from ((marked_address(live), live) for live in self.world.matches.orphans)


def _ambiguous(address: Address, ids: Iterable[str]) -> Problem:
    return Problem(
        "ambiguous-identity",
        f"{address} would be pruned, but its name stands for more than one: {', '.join(ids)}",
        "Take the marker off all but the one to delete, or delete them by hand.",
        address=str(address),
    )


def _step(
    address: Address, part: Part, draft: StepDraft, needs: tuple[str, ...], live: Live | None
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
        expected=draft.expected,
    )


def _catalog(lives: Iterable[Live]) -> Mapping[str, tuple[Live, ...]]:
    by_kind: dict[str, list[Live]] = {}
    # In an order of its own: a platform's order may change from one page to the next.
    for live in sorted(lives, key=lambda each: (each.kind, each.name, each.id)):
        by_kind.setdefault(live.kind, []).append(live)
    return {kind: tuple(found) for kind, found in by_kind.items()}


def _replacing(
    first: Step, doomed: Live, removal: StepDraft, forced: tuple[FieldChange, ...]
) -> Step:
    paths = {change.path for change in forced}
    rest = tuple(change for change in first.fields if change.path not in paths)
    return replace(
        first,
        action="replace",
        reason="is deleted and made again; what its manifest does not say is lost",
        fields=(*(replace(change, reason="forces the replace") for change in forced), *rest),
        calls=(*removal.calls, *first.calls),
        waits=(
            *removal.waits,
            *(replace(wait, after=wait.after + len(removal.calls)) for wait in first.waits),
        ),
        precondition=fingerprint(doomed),
    )


def _kept(resource: Resource, live: Live | None, field: FieldChange) -> Untouched:
    return Untouched(
        field.reason,
        resource.address.kind,
        resource.address.name,
        live.id if live else "",
        field.path,
        field.old,
        field.new,
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
