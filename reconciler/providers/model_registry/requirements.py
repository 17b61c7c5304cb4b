"""What a version is, compared with what ``require`` says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.core.nearest import did_you_mean
from reconciler.core.resource import SpecPart
from reconciler.providers.model_registry.bounds import (
    is_number_inside,
    is_release_inside,
    is_whole_inside,
)
from reconciler.providers.model_registry.facts import VersionFacts
from reconciler.providers.model_registry.matching import spelled
from reconciler.providers.model_registry.responses import FRAMEWORKS


@dataclass(frozen=True, slots=True)
class Unmet:
    """One requirement that a version does not meet: ``auc is 0.79, and >=0.80 is required``."""

    path: str
    noun: str
    measured: str
    required: str
    more: str = ""

    def __str__(self) -> str:
        return f"{self.noun} is {self.measured}, and {self.required} is required{self.more}"


def unmet(version: VersionFacts, require: SpecPart) -> Iterator[Unmet]:
    """Every requirement that this version does not meet."""
    for key, wanted in require.items():
        yield from CHECKS[key](version, wanted)


def _version(version: VersionFacts, wanted: str) -> Iterator[Unmet]:
    if not is_whole_inside(version.name.number, wanted):
        yield Unmet("version", "version", str(version.name.number), wanted)


def _alias(version: VersionFacts, wanted: str) -> Iterator[Unmet]:
    yield from ()  # it is what the version was chosen by


def _framework(version: VersionFacts, wanted: str) -> Iterator[Unmet]:
    current = version.framework
    if current != wanted:
        more = "" if wanted in FRAMEWORKS else did_you_mean(wanted, FRAMEWORKS)
        yield Unmet("framework", "framework", current or "not recorded", wanted, more)


def _deployable(version: VersionFacts, wanted: bool) -> Iterator[Unmet]:
    if version.deployable != wanted:
        current = str(version.deployable).lower()
        yield Unmet("deployable", "deployable", current, str(wanted).lower())


def _tags(version: VersionFacts, wanted: list[str]) -> Iterator[Unmet]:
    for tag in wanted:
        if tag not in version.tags:
            current = ", ".join(version.tags)
            more = f"; its tags: {current}" if current else "; it has no tags"
            yield Unmet("tags", f"tag {tag}", "not there", "it", more)


def _metrics(version: VersionFacts, wanted: Mapping[str, str]) -> Iterator[Unmet]:
    current = version.metrics
    for key, text in wanted.items():
        value = current.get(key)
        if is_number_inside(value, text):
            continue
        measured = "not measured" if value is None else f"{value:.15g}"
        more = did_you_mean(key, current) if key not in current else ""
        yield Unmet(f"metrics.{key}", key, measured, text, more)


def _python(version: VersionFacts, wanted: str) -> Iterator[Unmet]:
    current = version.python_version
    if current is None or not is_release_inside(current, wanted):
        yield Unmet("pythonVersion", "Python", current or "not recorded", wanted)


def _packages(version: VersionFacts, wanted: Mapping[str, str]) -> Iterator[Unmet]:
    current = version.packages
    for name, text in wanted.items():
        bound = current.get(spelled(name))
        # Only an exact version is known to lie inside; what a range comes to is up to pip.
        if bound is None:
            yield Unmet(f"packages.{name}", name, "not listed", text)
            continue
        exact, release = bound.startswith("==") and "*" not in bound, bound.lstrip("=")
        if exact and is_release_inside(release, text):
            continue
        measured = release if exact else "not pinned"
        yield Unmet(f"packages.{name}", name, measured, text)


CHECKS: Mapping[str, Callable[[VersionFacts, Any], Iterator[Unmet]]] = {
    "version": _version,
    "alias": _alias,
    "framework": _framework,
    "deployable": _deployable,
    "tags": _tags,
    "metrics": _metrics,
    "pythonVersion": _python,
    "packages": _packages,
}
