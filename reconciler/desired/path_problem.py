"""Something wrong inside a document, said by key path; a position is added by whoever knows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Keys = tuple[str | int, ...]
"""The way from a document's root to a value: mapping keys and list indexes."""


@dataclass(frozen=True, slots=True)
class PathProblem:
    """A problem without file and line; ``on_key`` points at the key, not at its value."""

    code: str
    message: str
    hint: str = ""
    keys: Keys = ()
    on_key: bool = False


Report = Callable[[PathProblem], None]


def dotted(keys: Keys) -> str:
    """``spec.sharing.users[0].role``."""
    parts = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    return "".join(parts).removeprefix(".")


def undotted(path: str) -> Keys:
    """The keys of a dotted path; the opposite of ``dotted`` for keys without dots."""
    keys: list[str | int] = []
    for part in path.split("."):
        name, *indexes = part.replace("]", "").split("[")
        keys += [name, *(int(index) for index in indexes if index.isdigit())]
    return tuple(key for key in keys if key != "")


def dig(value: object, keys: Keys) -> object:
    """The value at these keys, or None where the way ends early."""
    for key in keys:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return None
    return value


def shown(value: object) -> str:
    """A value for a message: quoted, on one line, control characters escaped, cut at 60."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
