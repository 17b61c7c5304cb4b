"""What decides about a model of the registry, typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.core.resource import Facts, Live


@dataclass(frozen=True, slots=True)
class NamedModel:
    """A model that a manifest may mean."""

    id: str
    fqn: str


@dataclass(frozen=True, slots=True)
class VersionName:
    """A version as it is listed for people."""

    id: str
    number: int | None
    alias: str | None

    def __str__(self) -> str:
        name = self.id if self.number is None else str(self.number)
        return f"{name} ({self.alias})" if self.alias else name


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """Everything that a requirement may ask of a version; ``by_alias`` when one selected it."""

    name: VersionName
    fqn: str
    framework: str | None
    source: str | None
    deployable: bool
    tags: tuple[str, ...]
    metrics: Mapping[str, float | None]
    python_version: str | None
    packages: Mapping[str, str]
    by_alias: bool = False


@dataclass(frozen=True, slots=True)
class RegistryFacts(Facts):
    """The models that a manifest may mean, and the versions of the one it means.

    ``near`` are names that are similar to one that the registry does not have; ``matching`` are
    the versions that the manifest selects.
    """

    models: tuple[NamedModel, ...] = ()
    near: tuple[str, ...] = ()
    versions: tuple[VersionName, ...] = ()
    matching: tuple[VersionFacts, ...] = field(default=())


def registry_facts(live: Live | None) -> RegistryFacts:
    """The facts of a registry model; empty facts without one."""
    if live is None:
        return RegistryFacts()
    assert isinstance(live.facts, RegistryFacts)
    return live.facts
