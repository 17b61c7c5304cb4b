"""Ranges such as ``>=3,<5``: how they are written, and whether a value lies inside."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}

NUMBER = r"[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,3})?"
WHOLE = r"[0-9]{1,18}"
RELEASE = r"v?[0-9]+(?:\.[0-9]+)*[0-9A-Za-z.+!_-]*"

_COMPARISON = r"(?:>=|<=|==|!=|>|<)"
_RELEASE = re.compile(r"v?([0-9]+(?:\.[0-9]+)*)(.*)", re.DOTALL)
_BEFORE_FINAL = re.compile(r"[._-]?(?:a|b|c|rc|alpha|beta|pre|preview|dev)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Bound:
    """One side of a range; without a comparison it names a value."""

    comparison: str
    value: str

    def holds(self, measured: Any, limit: Any) -> bool:
        """Whether a value lies on the right side of the limit."""
        return COMPARISONS[self.comparison or "=="](measured, limit)


def pattern(value: str, *, bare: bool) -> str:
    """What an author may write: values with a comparison, commas for "and"; ``bare``: or none."""
    one = rf"\s*{_COMPARISON}{'?' if bare else ''}\s*{value}\s*"
    return rf"^{one}(?:,{one})*$"


def bounds(text: str) -> tuple[Bound, ...]:
    """The sides of a range that fits its pattern; all of them must hold."""
    found = []
    for part in text.split(","):
        side = part.strip()
        comparison = next((c for c in COMPARISONS if side.startswith(c)), "")
        found.append(Bound(comparison, side.removeprefix(comparison).strip()))
    return tuple(found)


def is_number_inside(measured: float | None, text: str) -> bool:
    """Whether a measured number lies inside; one that is none at all (NaN) never does."""
    if measured is None or measured != measured:
        return False
    return all(bound.holds(measured, float(bound.value)) for bound in bounds(text))


def is_whole_inside(number: int | None, text: str) -> bool:
    """Whether a version's number lies inside; compared as whole numbers, whatever their size."""
    return number is not None and all(b.holds(number, int(b.value)) for b in bounds(text))


def is_release_inside(release: str, text: str) -> bool:
    """Whether a release (``3.11.4``, ``1.5.0rc1``) lies inside.

    Without a comparison ``3.11`` stands for all that begins with it.
    """
    held = _key(release)
    return held is not None and all(_is_release_inside(held, bound) for bound in bounds(text))


_Key = tuple[tuple[int, ...], bool]
"""The numbers of a release, and whether it is final: ``1.5rc1`` comes before ``1.5``."""


def _is_release_inside(held: _Key, bound: Bound) -> bool:
    limit = _key(bound.value)
    if limit is None:
        return False
    if not bound.comparison:
        return held[0][: len(limit[0])] == limit[0] and held[1] >= limit[1]
    width = max(len(held[0]), len(limit[0]))
    return bound.holds(_filled(held, width), _filled(limit, width))


def _filled(key: _Key, width: int) -> _Key:
    # 1.5 and 1.5.0 are the same release.
    return (*key[0], *(0,) * (width - len(key[0]))), key[1]


def _key(release: str) -> _Key | None:
    found = _RELEASE.fullmatch(release.strip())
    # Numbers of thousands of digits are no releases, and Python refuses to read them.
    if found is None or len(found[1]) > 100:
        return None
    return tuple(map(int, found[1].split("."))), not _BEFORE_FINAL.match(found[2])
