"""What differs between a manifest and a live object, field by field and with a reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.core.kind import FieldRule
from reconciler.core.resource import SpecPart
from reconciler.core.step import FieldChange

PLAIN = FieldRule()


@dataclass(frozen=True, slots=True)
class Difference:
    """Fields to change, and fields that differ but are ignored by `ignoreChanges`."""

    changes: tuple[FieldChange, ...] = ()
    ignored: tuple[FieldChange, ...] = ()


def diff(
    desired: SpecPart,
    live: SpecPart,
    rules: Mapping[str, FieldRule],
    ignore: tuple[str, ...] = (),
) -> Difference:
    """Compare only what the manifest says; keys that it leaves out are not managed."""
    found = list(_walk(desired, live, rules, "", bool(live)))
    return Difference(
        changes=tuple(change for change in found if not is_below(change.path, ignore)),
        ignored=tuple(change for change in found if is_below(change.path, ignore)),
    )


def is_below(path: str, prefixes: tuple[str, ...]) -> bool:
    """Whether a key path is one of these, or lies inside one of them."""
    return any(path == prefix or path.startswith(f"{prefix}.") for prefix in prefixes)


def is_written(spec: SpecPart, path: str) -> bool:
    """Whether the manifest says anything at this key path, a null included."""
    key, _, rest = path.partition(".")
    inner = spec.get(key)
    return key in spec and (not rest or (isinstance(inner, Mapping) and is_written(inner, rest)))


def same(old: Any, new: Any, rule: FieldRule = PLAIN) -> bool:
    """Equal for the platform: number forms, order and repeats of sets, and null against unset."""
    left, right = (_comparable(rule.unset if v is None else v) for v in (old, new))
    if left == right or not rule.as_set or not isinstance(left, list):
        return bool(left == right)
    # Imported late: most plans never meet two unequal sets, and the import is slow.
    from deepdiff import DeepDiff

    return not DeepDiff(left, right, ignore_order=True, ignore_numeric_type_changes=True)


def _comparable(value: Any) -> Any:
    """The value with booleans that equal no number; Python holds True equal to 1."""
    if isinstance(value, bool):
        return (value, "boolean")
    if isinstance(value, Mapping):
        return {key: _comparable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_comparable(inner) for inner in value]
    return value


def _walk(
    desired: SpecPart,
    live: SpecPart,
    rules: Mapping[str, FieldRule],
    prefix: str,
    exists: bool,
) -> Iterator[FieldChange]:
    for key, new in desired.items():
        path = f"{prefix}{key}"
        rule = rules.get(path, PLAIN)
        if rule.derived or rule.write_only:
            continue
        old = live.get(key)
        if rule.create_only and old is None and exists:
            continue  # the platform does not show it: it cannot be compared, nor changed
        if isinstance(new, Mapping) and not rule.whole:
            inner = old if isinstance(old, Mapping) else {}
            yield from _walk(new, inner, rules, f"{path}.", exists)
        elif not same(old, new, rule):
            yield FieldChange(path, old, new, _reason(old, new, rule), unit=rule.unit)


def _reason(old: Any, new: Any, rule: FieldRule) -> str:
    if rule.create_only:
        return "is fixed when the object is made"
    if new is None:
        return "unset in the manifest"
    if old is None:
        return "not set on the platform"
    return "differs from the manifest"
