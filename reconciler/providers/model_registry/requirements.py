"""What a version is, held against what ``require`` says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.core.nearest import did_you_mean
from reconciler.providers.model_registry.bounds import (
    is_number_inside,
    is_release_inside,
    is_whole_inside,
)
from reconciler.providers.model_registry.choice import spelled
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


def unmet(version: Mapping[str, Any], require: Mapping[str, Any]) -> Iterator[Unmet]:
    """Every requirement that this version (``choice.version_facts``) does not meet."""
    for key, wanted in require.items():
        yield from CHECKS[key](version, wanted)


def _version(version: Mapping[str, Any], wanted: str) -> Iterator[Unmet]:
    if not is_whole_inside(version["number"], wanted):
        yield Unmet("version", "version", str(version["number"]), wanted)


def _alias(version: Mapping[str, Any], wanted: str) -> Iterator[Unmet]:
    yield from ()  # it is what the version was chosen by


def _framework(version: Mapping[str, Any], wanted: str) -> Iterator[Unmet]:
    held = version["framework"]
    if held != wanted:
        more = "" if wanted in FRAMEWORKS else did_you_mean(wanted, FRAMEWORKS)
        yield Unmet("framework", "framework", held or "not recorded", wanted, more)


def _deployable(version: Mapping[str, Any], wanted: bool) -> Iterator[Unmet]:
    if version["deployable"] != wanted:
        held = str(version["deployable"]).lower()
        yield Unmet("deployable", "deployable", held, str(wanted).lower())


def _tags(version: Mapping[str, Any], wanted: list[str]) -> Iterator[Unmet]:
    for tag in wanted:
        if tag not in version["tags"]:
            held = ", ".join(version["tags"])
            more = f"; its tags: {held}" if held else "; it has no tags"
            yield Unmet("tags", f"tag {tag}", "not there", "it", more)


def _metrics(version: Mapping[str, Any], wanted: Mapping[str, str]) -> Iterator[Unmet]:
    held = version["metrics"]
    for key, text in wanted.items():
        value = held.get(key)
        if is_number_inside(value, text):
            continue
        measured = "not measured" if value is None else f"{value:.15g}"
        more = did_you_mean(key, held) if key not in held else ""
        yield Unmet(f"metrics.{key}", key, measured, text, more)


def _python(version: Mapping[str, Any], wanted: str) -> Iterator[Unmet]:
    held = version["pythonVersion"]
    if held is None or not is_release_inside(held, wanted):
        yield Unmet("pythonVersion", "Python", held or "not recorded", wanted)


def _packages(version: Mapping[str, Any], wanted: Mapping[str, str]) -> Iterator[Unmet]:
    held = version["packages"]
    for name, text in wanted.items():
        bound = held.get(spelled(name))
        # Only an exact version is known to lie inside; what a range comes to is up to pip.
        exact = bound is not None and bound.startswith("==") and "*" not in bound
        if exact and is_release_inside(bound.lstrip("="), text):
            continue
        measured = "not listed" if bound is None else bound.lstrip("=") if exact else "not pinned"
        yield Unmet(f"packages.{name}", name, measured, text)


CHECKS: Mapping[str, Callable[[Mapping[str, Any], Any], Iterator[Unmet]]] = {
    "version": _version,
    "alias": _alias,
    "framework": _framework,
    "deployable": _deployable,
    "tags": _tags,
    "metrics": _metrics,
    "pythonVersion": _python,
    "packages": _packages,
}
