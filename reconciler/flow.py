"""The whole tool on one screen: load, read, diff, order; then apply."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Lock
from types import TracebackType
from typing import Any

from reconciler.apply import Guard, Listen, Run
from reconciler.core.checks import Policy
from reconciler.core.graph import Graph
from reconciler.core.identity import MatchResult, match
from reconciler.core.kind import Kind, Options
from reconciler.core.marker import name_of
from reconciler.core.nearest import did_you_mean
from reconciler.core.plan import Plan
from reconciler.core.plan_compare import check_obstacles, check_same
from reconciler.core.planner import PlanInput, build
from reconciler.core.provider import Provider
from reconciler.core.report import Report
from reconciler.core.resource import Address, Live, Resource
from reconciler.core.saved_plan import (
    Binding,
    SavedPlan,
    check_binding,
    check_object,
    check_touched,
)
from reconciler.core.untouched import without
from reconciler.desired.load import Desired, load
from reconciler.errors import LiveStateError, Problem, SettingsError
from reconciler.git.commit import CommitFacts, CommitOrder, commit_facts, unreadable
from reconciler.guard import LiveGuard
from reconciler.live import read
from reconciler.lock import hold
from reconciler.settings import ProviderSettings, provider_settings

LOOK = "`reconciler plan` shows what is there and what is not."


@dataclass(frozen=True, slots=True)
class Ask:
    """What the user wants of this run; ``env`` is the process environment."""

    project_dir: Path
    paths: tuple[Path, ...] = ()
    target: str | None = None
    select: tuple[str, ...] = ()
    parallelism: int = 8
    prune: bool = False
    allow_mass_change: bool = False
    retry_failed: bool = False
    allow_rollback: bool = False
    rate: float | None = None
    own_files: tuple[Path, ...] = ()
    """Plans and reports of this tool: a checkout that differs in them only is clean."""
    env: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Registry:
    """The kinds there are and how a provider is opened; chosen by the command line or a test."""

    kinds: Mapping[str, Kind]
    open: Callable[[str, ProviderSettings], Provider]
    locks: Path | None = None
    """Where locks lie; the user's folder for temporary files unless a test says else."""


class Session:
    """One run: the loaded manifests and the providers opened for them."""

    def __init__(self, ask: Ask, tools: Registry) -> None:
        self.ask = ask
        self.tools = tools
        self.desired: Desired = load(
            ask.paths or (ask.project_dir,),
            ask.project_dir,
            tools.kinds,
            target=ask.target,
            env=ask.env,
        )
        self.graph = _selected(self.desired.graph, ask.select)
        self._providers: dict[str, Provider] = {}
        self._lives: Mapping[Address, Live] = {}
        self._lock = Lock()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for provider in self._providers.values():
            provider.close()

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep a second apply of this scope on these platforms out; LiveStateError if it is in."""
        used = {self.tools.kinds[address.kind].provider for address in self.graph.resources}
        endpoints = [self._settings(name).endpoint for name in used]
        with hold(self.desired.project.scope, endpoints, self.tools.locks):
            yield

    def plan(self) -> Plan:
        """What a run would do now.  Reads only."""
        project, ask = self.desired.project, self.ask
        partial = bool(ask.select) or not self.desired.whole
        named = () if partial else self._named()
        snapshot = read(
            self.graph, self.tools.kinds, self.provider, project.scope, ask.parallelism, named
        )
        commits = self._commits(snapshot.matches)
        world = PlanInput(
            graph=self.graph,
            matches=snapshot.matches,
            kinds=self.tools.kinds,
            lives=snapshot.lives,
            options=self._options(commits),
            policy=Policy(
                prune=project.policy.prune or ask.prune,
                max_delete_percent=project.policy.max_delete_percent,
                max_change_percent=project.policy.max_change_percent,
                allow_mass_change=ask.allow_mass_change,
            ),
            platform=snapshot.platform,
            partial=partial,
        )
        self._lives = _by_address(snapshot.matches)
        made = build(world, project.name, project.target)
        problems = (
            *(self.desired.locate(problem) for problem in made.problems),
            *self.warnings(),
        )
        if commits.error:
            problems = (*problems, unreadable(commits.error, bool(world.options.unknown)))
        return replace(
            made,
            problems=problems,
            requests=self.requests(),
            endpoint={name: self._settings(name).endpoint for name in sorted(self._providers)},
            commit=commits.commit.sha if commits.commit else "",
        )

    def warnings(self) -> tuple[Problem, ...]:
        """What loading the selected manifests found that stops nothing."""
        selected = {str(address) for address in self.graph.resources}
        return tuple(each for each in self.desired.warnings if each.address in selected)

    def apply(
        self,
        plan: Plan,
        listen: Listen,
        stop: Event | None = None,
        guard: Guard | None = None,
    ) -> Report:
        """Do exactly what the plan says."""
        run = Run(plan, self._serving, self._planned(plan), listen, stop, guard)
        return replace(run.execute(self.ask.parallelism), requests=self.requests())

    def _planned(self, plan: Plan) -> dict[Address, Resource]:
        """The manifests as their steps were planned: what is there keeps what is ignored."""
        own = [step for step in plan.steps if step.id == str(step.address)]
        made = {step.address for step in own if step.action in ("create", "replace")}
        return {
            address: resource
            if address in made or address not in self._lives
            else without(resource, resource.lifecycle.ignore_changes)
            for address, resource in self.graph.resources.items()
        }

    def save(self, plan: Plan) -> SavedPlan:
        """The plan with all that it is bound to; every object it touches is read once more."""
        return SavedPlan(plan, self._binding(), self._observed(plan))

    def confirm(self, saved: SavedPlan) -> tuple[Plan, Guard]:
        """The current plan, which is all that may be applied, and who watches over its objects.

        StalePlanError unless the reviewed plan is the same, step for step and field for field.
        """
        fresh = self.plan()
        check_binding(saved, fresh, self._binding())
        for address, reviewed in saved.observed.items():
            live = self._lives.get(Address(*address.split("/", 1)))
            found = self._snapshot(Address(*address.split("/", 1)), live) if live else None
            check_object(address, reviewed, found)
        check_obstacles(fresh)
        check_same(saved.plan, fresh)
        check_touched(saved, map(str, self._touched(fresh)))
        return fresh, LiveGuard(saved.observed, self._lives, self._snapshot)

    def guard(self, plan: Plan) -> Guard:
        """Watches over the objects of the current plan from now on."""
        return LiveGuard(self._observed(plan), self._lives, self._snapshot)

    def _observed(self, plan: Plan) -> dict[str, Any]:
        touched = self._touched(plan)
        with ThreadPoolExecutor(self.ask.parallelism) as pool:
            states = pool.map(lambda each: self._snapshot(each, self._lives[each]), touched)
            return {str(address): state for address, state in zip(touched, states, strict=True)}

    def _touched(self, plan: Plan) -> list[Address]:
        """The live objects that the plan has a step for."""
        return sorted({step.address for step in plan.steps if step.address in self._lives})

    def _snapshot(self, address: Address, live: Live) -> Any:
        return self._serving(address).snapshot(live)

    def _binding(self) -> Binding:
        return Binding(
            manifests=self.desired.digest,
            prune=self.ask.prune,
            retry_failed=self.ask.retry_failed,
            select=self.ask.select,
            paths=tuple(os.path.relpath(path, self.ask.project_dir) for path in self.ask.paths),
        )

    def find(self, text: str) -> tuple[Provider, Live]:
        """The live object of one manifest, and who serves it."""
        graph = _selected(self.desired.graph, (text,))
        address = Address(*text.split("/", 1))
        provider = self._serving(address)
        if not self.tools.kinds[address.kind].listed:
            live = provider.find(graph.resources[address])
            if live is None:
                raise LiveStateError(f"{text} is not live yet", LOOK)
            return provider, live
        scope = self.desired.project.scope
        found = match([graph.resources[address]], provider.list(address.kind), scope)
        if address not in found.pairs:
            reason = found.problems[0].message if found.problems else f"{text} is not live yet"
            raise LiveStateError(reason, LOOK)
        return provider, found.pairs[address]

    def provider(self, name: str) -> Provider:
        """The provider of this name, opened when it is first needed."""
        with self._lock:
            if name not in self._providers:
                self._providers[name] = self.tools.open(name, self._settings(name))
            return self._providers[name]

    def _settings(self, name: str) -> ProviderSettings:
        project = self.desired.project
        given, missing = project.providers.get(name, {}), project.missing.get(name, {})
        found = provider_settings(name, given, missing, self.ask.env)
        return replace(found, rate=self.ask.rate, parallel=self.ask.parallelism)

    def requests(self) -> Mapping[str, int]:
        """All requests of this run so far, by method."""
        total: Counter[str] = Counter()
        for provider in self._providers.values():
            total.update(provider.requests())
        return dict(sorted(total.items()))

    def _named(self) -> tuple[str, ...]:
        """Providers that the project file has settings for, as far as this environment has them."""
        return tuple(name for name in sorted(self.desired.project.providers) if self._is_set(name))

    def _is_set(self, name: str) -> bool:
        try:
            self._settings(name)
        except SettingsError:
            return False
        return True

    def _serving(self, address: Address) -> Provider:
        return self.provider(self.tools.kinds[address.kind].provider)

    def _commits(self, matches: MatchResult) -> CommitFacts:
        ours = (*matches.pairs.values(), *matches.orphans)
        recorded = {sha for live in ours for sha in live.commits}
        return commit_facts(self.ask.project_dir, self.ask.env, self.ask.own_files, recorded)

    def _options(self, commits: CommitFacts) -> Options:
        order = CommitOrder() if self.ask.allow_rollback else commits.order
        return Options(
            scope=self.desired.project.scope,
            retry_failed=self.ask.retry_failed,
            commit=commits.commit,
            newer=order.newer,
            unknown=order.unknown,
        )


def _by_address(matches: MatchResult) -> dict[Address, Live]:
    orphans = {Address(o.kind, name_of(o.owner or o.name)): o for o in matches.orphans}
    return {**orphans, **matches.pairs}


def _selected(graph: Graph, select: tuple[str, ...]) -> Graph:
    if not select:
        return graph
    addresses = [Address.parse(text) for text in select]
    for text, address in zip(select, addresses, strict=True):
        if address not in graph.resources:
            guess = did_you_mean(text, map(str, graph.resources))
            raise SettingsError(f"no manifest is called {text}{guess}", "Write Kind/name.")
    wanted = graph.closure(address for address in addresses if address)
    return Graph.of(graph.resources[address] for address in wanted)
