"""Where two JSON values differ, in words for a message."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from reconciler.core.fingerprint import canonical

MOST_DIFFERENCES = 5
SHOWN, CONTEXT = 80, 16
"""Characters of a value in a message, and of what both values share before they differ."""
ABSENT: Final = object()
"""Stands for a key that one side lacks: an explicit null is another value."""


def differences(old: Any, new: Any) -> list[str]:
    """The first fields that differ, each as ``path: reviewed X, found Y``."""
    found: list[str] = []
    for path, before, after in _walk(old, new, ""):
        if len(found) == MOST_DIFFERENCES:
            return [*found, "and more"]
        old_text, new_text = _spelled(before), _spelled(after)
        start = _start(old_text, new_text)
        reviewed, current = (_cut(text, start) for text in (old_text, new_text))
        found.append(f"{path or 'it'}: reviewed {reviewed}, found {current}")
    return found


def _spelled(value: Any) -> str:
    return "nothing" if value is ABSENT else json.dumps(value, ensure_ascii=False)


def _start(old: str, new: str) -> int:
    """Where to begin to show two texts: at the front, or shortly before a late difference."""
    pairs = enumerate(zip(old, new, strict=False))
    same = next((place for place, (a, b) in pairs if a != b), min(len(old), len(new)))
    return 0 if max(len(old), len(new)) <= SHOWN else max(0, same - CONTEXT)


def _cut(text: str, start: int) -> str:
    head, rest = ("…" if start else ""), text[start:]
    return head + (rest if len(rest) <= SHOWN else f"{rest[: SHOWN - 1]}…")


def _walk(old: Any, new: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            inner = f"{path}.{key}" if path else str(key)
            yield from _walk(old.get(key, ABSENT), new.get(key, ABSENT), inner)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _walk(before, after, f"{path}[{index}]")
    elif ABSENT in (old, new) or canonical(old) != canonical(new):
        yield path, old, new
