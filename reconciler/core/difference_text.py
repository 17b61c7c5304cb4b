"""Where two JSON values differ, in words for a message."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from reconciler.core.fingerprint import canonical

MOST_DIFFERENCES = 5
ABSENT: Final = object()
"""Stands for a key that one side lacks: an explicit null is another value."""


def differences(old: Any, new: Any) -> list[str]:
    """The first fields that differ, each as ``path: reviewed X, found Y``."""
    found: list[str] = []
    for path, before, after in _walk(old, new, ""):
        if len(found) == MOST_DIFFERENCES:
            return [*found, "and more"]
        found.append(f"{path or 'it'}: reviewed {_shown(before)}, found {_shown(after)}")
    return found


def _shown(value: Any) -> str:
    text = "nothing" if value is ABSENT else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:79]}…"


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
