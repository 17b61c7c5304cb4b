"""A problem in user input, by key path, and the one exception that carries such problems."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

Keys = tuple[str | int, ...]
"""The way from a document's root to a value: mapping keys and list indexes."""


@dataclass(frozen=True, slots=True)
class PathProblem:
    """A problem at a key path of a document; ``ManifestFile.locate`` adds file and line.

    ``keys`` start at the root of whatever was read: a document, a file set, a list of patterns.
    ``on_key`` points at the key, not at its value.  Only the YAML reader sets ``line`` and
    ``column`` (from 1): it stops before there is a document in which keys could be looked up.
    A ``warning`` stops nothing.
    """

    code: str
    message: str
    hint: str = ""
    keys: Keys = ()
    on_key: bool = False
    line: int = 0
    column: int = 0
    warning: bool = False

    def under(self, *keys: str | int) -> PathProblem:
        """The same problem with these keys in front of its own."""
        return replace(self, keys=(*keys, *self.keys))


class InputError(Exception):
    """A part of the input cannot be used; ``problems`` holds at least one reason.

    Caught inside ``desired``: users see the problems in a ``ManifestError``, with their places.
    """

    def __init__(self, *problems: PathProblem) -> None:
        super().__init__(problems[0].message)
        self.problems = problems


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
