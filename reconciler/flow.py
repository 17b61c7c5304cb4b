"""The whole tool on one screen: load, read, diff, order; then apply."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Lock
from types import TracebackType

from reconciler.apply import Listen, Run
from reconciler.core.graph import Graph
from reconciler.core.identity import match
from reconciler.core.kind import Kind, Options
from reconciler.core.plan import Plan, World, build
from reconciler.core.policy import Policy
from reconciler.core.provider import Provider
from reconciler.core.report import Report
from reconciler.core.resource import Address, Live
from reconciler.desired.commit import read_commit
from reconciler.desired.load import Desired, load
from reconciler.errors import LiveStateError, ManifestError, Problem
from reconciler.live import read
from reconciler.settings import ProviderSettings, provider_settings


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
    rate: float | None = None
    env: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Tools:
    """The kinds there are and how a provider is opened; chosen by the command line or a test."""

    kinds: Mapping[str, Kind]
    open: Callable[[str, ProviderSettings], Provider]


class Session:
    """One run: the loaded manifests and the providers opened for them."""

    def __init__(self, ask: Ask, tools: Tools) -> None:
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

    def plan(self) -> Plan:
        """What a run would do now.  Reads only."""
        project, ask = self.desired.project, self.ask
        snapshot = read(self.graph, self.tools.kinds, self.provider, project.scope, ask.parallelism)
        world = World(
            graph=self.graph,
            matches=snapshot.matches,
            kinds=self.tools.kinds,
            lives=snapshot.lives,
            options=Options(project.scope, ask.retry_failed, self._commit()),
            policy=Policy(
                prune=project.policy.prune or ask.prune,
                max_delete_percent=project.policy.max_delete_percent,
                max_change_percent=project.policy.max_change_percent,
                allow_mass_change=ask.allow_mass_change,
            ),
            platform=snapshot.platform,
            partial=bool(ask.select) or not self.desired.whole,
        )
        return replace(build(world, project.name, project.target), requests=self.requests())

    def apply(self, plan: Plan, listen: Listen, stop: Event | None = None) -> Report:
        """Do exactly what the plan says."""
        run = Run(plan, self._serving, self.graph.resources, listen, stop)
        return replace(run.execute(self.ask.parallelism), requests=self.requests())

    def find(self, text: str) -> tuple[Provider, Live]:
        """The live object of one manifest, and who serves it."""
        graph = _selected(self.desired.graph, (text,))
        address = Address(*text.split("/", 1))
        provider = self._serving(address)
        scope = self.desired.project.scope
        found = match([graph.resources[address]], provider.list(address.kind), scope)
        if address not in found.pairs:
            reason = found.problems[0].message if found.problems else f"{text} is not live yet"
            raise LiveStateError(reason, "`reconciler plan` shows what is there and what is not.")
        return provider, found.pairs[address]

    def provider(self, name: str) -> Provider:
        """The provider of this name, opened when it is first needed."""
        with self._lock:
            if name not in self._providers:
                project = self.desired.project
                given, missing = project.providers.get(name, {}), project.missing.get(name, {})
                settings = provider_settings(name, given, missing, self.ask.env)
                settings = replace(settings, rate=self.ask.rate)
                self._providers[name] = self.tools.open(name, settings)
            return self._providers[name]

    def requests(self) -> Mapping[str, int]:
        """All requests of this run so far, by method."""
        total: Counter[str] = Counter()
        for provider in self._providers.values():
            total.update(provider.requests())
        return dict(sorted(total.items()))

    def _serving(self, address: Address) -> Provider:
        return self.provider(self.tools.kinds[address.kind].provider)

    def _commit(self) -> Mapping[str, str | None] | None:
        commit = read_commit(self.ask.project_dir)
        if commit is None or commit.dirty:
            # A dirty tree is no commit: naming one would be a lie in the platform's records.
            return None
        return {
            "commitUrl": commit.url,
            "mainBranchCommitSha": commit.sha,
            "pullRequestCommitSha": None,
            "refName": commit.ref,
        }


def _selected(graph: Graph, select: tuple[str, ...]) -> Graph:
    if not select:
        return graph
    addresses = [Address.parse(text) for text in select]
    unknown = [
        Problem("unknown-address", f"no manifest is called {text}", "Write Kind/name.")
        for text, address in zip(select, addresses, strict=True)
        if address not in graph.resources
    ]
    if unknown:
        raise ManifestError(unknown)
    wanted = graph.closure(address for address in addresses if address)
    return Graph.of(graph.resources[address] for address in wanted)
