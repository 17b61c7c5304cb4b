"""What a plan sees and does not touch on purpose, and a manifest without its ignored keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reconciler.core.diff import Difference, is_below, is_written
from reconciler.core.json_value import JsonObject
from reconciler.core.kind import Kind
from reconciler.core.resource import Live, Resource, SpecPart


@dataclass(frozen=True, slots=True)
class Untouched:
    """Something seen and not touched on purpose.

    ``why`` is ``ignored`` (a field of ``ignoreChanges``), ``orphan`` (ours, but no manifest and
    prune is off), ``foreign`` (of another owner) or ``maker`` (the user who made the object and
    whom an exact list does not name).  ``note`` says what to know before changing that.
    """

    why: str
    kind: str
    name: str
    id: str = ""
    path: str = ""
    old: Any = None
    new: Any = None
    note: str = ""


def without(resource: Resource, paths: tuple[str, ...]) -> Resource:
    """The resource as if these keys had not been written: what is live there stays."""
    if not paths:
        return resource
    files = {path: files for path, files in resource.files.items() if not is_below(path, paths)}
    return replace(resource, spec=pruned(resource.spec, paths), files=files)


def pruned(spec: SpecPart, paths: tuple[str, ...], prefix: str = "") -> JsonObject:
    """A mapping without these key paths, each below ``prefix``."""
    kept = {key: value for key, value in spec.items() if f"{prefix}{key}" not in paths}
    return {
        key: pruned(value, paths, f"{prefix}{key}.") if isinstance(value, Mapping) else value
        for key, value in kept.items()
    }


def ignored_fields(resource: Resource, live: Live, difference: Difference) -> Iterable[Untouched]:
    """Fields that differ and are ignored by `ignoreChanges`."""
    for change in difference.ignored:
        yield Untouched(
            "ignored",
            live.kind,
            resource.address.name,
            live.id,
            change.path,
            change.old,
            change.new,
        )


def ignored_keys(resource: Resource, live: Live, kind: Kind) -> Iterable[Untouched]:
    """Ignored keys that only the kind's own parts could have compared."""
    for path in resource.lifecycle.ignore_changes:
        rule = kind.rules.get(path)
        if rule and rule.derived and is_written(resource.spec, path):
            name = resource.address.name
            yield Untouched("ignored", live.kind, name, live.id, path, note="not compared")
