"""One run: what the user requested, the manifests loaded for it, and the providers it opens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from types import TracebackType

from reconciler.core.graph import Graph
from reconciler.core.identity import MatchResult
from reconciler.core.kind import Kind
from reconciler.core.nearest import did_you_mean
from reconciler.core.ownership import marked_address
from reconciler.core.provider import Provider
from reconciler.core.resource import Address, Resource
from reconciler.desired.load import Desired, load
from reconciler.desired.provider_settings import tokens_in
from reconciler.errors import EndpointRefused, LiveStateError, Problem, SettingsError
from reconciler.lock import hold
from reconciler.provider_source import SOURCES, SettingsSource
from reconciler.settings import ProviderSettings, provider_settings


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the user requested of this run; ``env`` is the environment of the process.

    ``rate`` is in requests per second, None for no limit of ours.
    """

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
    mode: str = "apply"
    """``apply`` the manifests, ``destroy`` all that is ours, or ``forget`` some of it."""
    forget: tuple[str, ...] = ()
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
    sources: Mapping[str, SettingsSource] = field(default_factory=lambda: SOURCES)
    """Where the settings of each provider come from."""


class Session:
    """The loaded manifests and the providers opened for them; closes what it opened.

    Raises ManifestError when the manifests cannot be loaded.
    """

    def __init__(self, options: RunOptions, registry: Registry) -> None:
        self.options = options
        self.registry = registry
        self.desired: Desired = load(
            options.paths or (options.project_dir,),
            options.project_dir,
            registry.kinds,
            target=options.target,
            env=options.env,
        )
        chosen = select(self.desired.graph, options.select)
        # What is to be destroyed or forgotten is planned as if it had no manifests.
        self.graph = chosen if options.mode == "apply" else Graph.of(())
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

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep a second apply of this scope on these platforms out; LiveStateError if it is in.

        SettingsError without a Project document: everything would belong to one scope, in which
        two teams would take each other's objects for their own.
        """
        if not self.desired.project.declared:
            raise SettingsError(
                "there is no Project document, so nothing says whose the objects are",
                "Run `reconciler init`, or write a Project into reconciler.yaml.",
            )
        used = {self.registry.kinds[each.kind].provider for each in self.desired.graph.resources}
        endpoints = [self._settings(name).endpoint for name in used]
        with hold(self.desired.project.scope, endpoints, self.registry.locks):
            yield

    @property
    def partial(self) -> bool:
        """Whether the project has more manifests than this run looks at."""
        return bool(self.options.select) or not self.desired.whole

    def forgotten(self, matches: MatchResult) -> frozenset[Address]:
        """The objects of ours to forget; LiveStateError for an address that none has."""
        ours = {str(marked_address(live)): marked_address(live) for live in matches.orphans}
        for text in self.options.forget:
            if text not in ours:
                raise LiveStateError(
                    f"no live object of this project is {text}{did_you_mean(text, ours)}",
                    "`reconciler import` lists what is live, and whose it is.",
                )
        return frozenset(ours[text] for text in self.options.forget)

    def unselected(self) -> tuple[Resource, ...]:
        """The manifests that were loaded and that this run leaves out."""
        every, chosen = self.desired.graph.resources, self.graph.resources
        return tuple(each for address, each in every.items() if address not in chosen)

    def warnings(self) -> tuple[Problem, ...]:
        """What loading the selected manifests found that stops nothing."""
        selected = {str(address) for address in self.graph.resources}
        return tuple(each for each in self.desired.warnings if each.address in selected)

    def provider(self, name: str) -> Provider:
        """The provider of this name, opened when it is first needed."""
        with self._lock:
            if name not in self._providers:
                self._providers[name] = self.registry.open(name, self._settings(name))
            return self._providers[name]

    def provider_of(self, address: Address) -> Provider:
        """The provider that serves the kind of this address."""
        return self.provider(self.registry.kinds[address.kind].provider)

    def configured(self) -> tuple[str, ...]:
        """Providers that may hold objects of ours, as far as their settings are known.

        They are those that the project file names, those that manifests use, and, where a Project
        says whose the objects are, those of kinds that carry markers: the last manifest of a
        platform may be gone, and its objects be there.
        """
        project, kinds = self.desired.project, self.registry.kinds
        names = {
            *project.providers,
            *(kinds[each.address.kind].provider for each in self.desired.graph),
        }
        if project.declared:
            names |= {kind.provider for kind in kinds.values() if kind.listed and kind.delete}
        return tuple(name for name in sorted(names) if self._is_set(name))

    def endpoints(self) -> Mapping[str, str]:
        """The URL of each provider opened so far."""
        return {name: self._settings(name).endpoint for name in sorted(self._providers)}

    def secrets(self) -> tuple[str, ...]:
        """The tokens that the project file reads from the environment."""
        settings = self.desired.project.providers
        return tuple(each[key] for name, each in settings.items() for key in tokens_in(name, each))

    def requests(self) -> Mapping[str, int]:
        """All requests of this run so far, by method."""
        total: Counter[str] = Counter()
        for provider in self._providers.values():
            total.update(provider.requests())
        return dict(sorted(total.items()))

    def _settings(self, name: str) -> ProviderSettings:
        project = self.desired.project
        given, missing = project.providers.get(name, {}), project.missing.get(name, {})
        settings = provider_settings(name, given, missing, self.options.env, self.registry.sources)
        return replace(settings, rate=self.options.rate, parallel=self.options.parallelism)

    def _is_set(self, name: str) -> bool:
        try:
            self._settings(name)
        except EndpointRefused:
            # Not the same as "not configured": the run would leave this platform out unnoticed.
            raise
        except SettingsError:
            return False
        return True


def select(graph: Graph, addresses: tuple[str, ...]) -> Graph:
    """The manifests at these addresses and all that they depend on; the whole graph for none."""
    if not addresses:
        return graph
    parsed = [Address.parse(text) for text in addresses]
    for text, address in zip(addresses, parsed, strict=True):
        if address not in graph.resources:
            guess = did_you_mean(text, map(str, graph.resources))
            raise SettingsError(f"no manifest is called {text}{guess}", "Write Kind/name.")
    wanted = graph.closure(address for address in parsed if address)
    return Graph.of(graph.resources[address] for address in wanted)
