"""What differs between a manifest and a live object, field by field and with a reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.core.kind import FieldRule
from reconciler.core.step import FieldChange

PLAIN = FieldRule()


@dataclass(frozen=True, slots=True)
class Difference:
    """Fields to change, and fields that differ but are ignored on the author's wish."""

    changes: tuple[FieldChange, ...] = ()
    ignored: tuple[FieldChange, ...] = ()


def diff(
    desired: Mapping[str, Any],
    live: Mapping[str, Any],
    rules: Mapping[str, FieldRule],
    ignore: tuple[str, ...] = (),
) -> Difference:
    """Compare only what the manifest says; keys that it leaves out are not managed."""
    found = list(_walk(desired, live, rules, ""))
    return Difference(
        changes=tuple(change for change in found if not is_below(change.path, ignore)),
        ignored=tuple(change for change in found if is_below(change.path, ignore)),
    )


def is_below(path: str, prefixes: tuple[str, ...]) -> bool:
    """Whether a key path is one of these, or lies inside one of them."""
    return any(path == prefix or path.startswith(f"{prefix}.") for prefix in prefixes)


def same(old: Any, new: Any, rule: FieldRule = PLAIN) -> bool:
    """Equal for the platform: number forms, order and repeats of sets, and null against unset."""
    left, right = normal(old, rule), normal(new, rule)
    if left == right:
        # Python holds True equal to 1, a platform does not.
        return isinstance(left, bool) == isinstance(right, bool)
    if not isinstance(left, list | dict) or type(left) is not type(right):
        return False
    # Imported late: most plans never meet two unequal collections, and the import is slow.
    from deepdiff import DeepDiff

    return not DeepDiff(left, right, ignore_order=rule.as_set, ignore_numeric_type_changes=True)


def normal(value: Any, rule: FieldRule) -> Any:
    """A value as the platform would show it after it was sent."""
    if value is None:
        return rule.unset
    return list(value) if isinstance(value, tuple) else value


def _walk(
    desired: Mapping[str, Any], live: Mapping[str, Any], rules: Mapping[str, FieldRule], prefix: str
) -> Iterator[FieldChange]:
    for key, new in desired.items():
        path = f"{prefix}{key}"
        rule = rules.get(path, PLAIN)
        if rule.derived or rule.write_only:
            continue
        old = live.get(key)
        if rule.create_only and old is None and live:
            continue  # the platform does not show it: it cannot be compared, nor changed
        if isinstance(new, Mapping) and not rule.whole:
            inner = old if isinstance(old, Mapping) else {}
            yield from _walk(new, inner, rules, f"{path}.")
        elif not same(old, new, rule):
            yield FieldChange(path, old, new, _reason(old, new, rule))


def _reason(old: Any, new: Any, rule: FieldRule) -> str:
    if rule.create_only:
        return "is fixed when the object is made"
    if new is None:
        return "unset in the manifest"
    if old is None:
        return "not set on the platform"
    return "differs from the manifest"
