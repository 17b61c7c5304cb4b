"""The ownership marker: the last line of a description, where the platform has no better field.

``[reconciler owner=fraud/py311 content=sha256:... protect=true]``
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.core.step import KnownAfter, KnownText

_MARK = re.compile(r"(?:^|\n)\[reconciler((?: [a-z]+=[^\s\]]+)+)\]\s*$")

LONGEST = 512
"""Room that a manifest's description must leave for the marker, in characters."""


@dataclass(frozen=True, slots=True)
class Marker:
    """Who made the object, what it holds, and whether it may be deleted.

    ``notes`` are further ``key=value`` facts that no field of the platform keeps.
    """

    owner: str
    content: str = ""
    protect: bool = False
    notes: Mapping[str, str | KnownAfter] = field(default_factory=dict)

    def pieces(self) -> tuple[str | tuple[str, KnownAfter], ...]:
        """The line in pieces, because a note may be known only after an earlier step."""
        pairs = {"owner": self.owner, "content": self.content}
        pairs["protect"] = "true" if self.protect else ""
        notes = (_pair(key, value) for key, value in sorted(self.notes.items()))
        fixed = "".join(f" {key}={value}" for key, value in pairs.items() if value)
        return (f"[reconciler{fixed}", *notes, "]")

    def note(self, key: str) -> str:
        """A note of a live marker; '' when it has none."""
        return str(self.notes.get(key, ""))

    def __str__(self) -> str:
        return str(KnownText(self.pieces()))


def _pair(key: str, value: str | KnownAfter) -> str | tuple[str, KnownAfter]:
    if isinstance(value, KnownAfter):
        return f" {key}=", value
    return f" {key}={value}" if value else ""


def join(text: str | None, marker: Marker | None) -> str | KnownText:
    """The description to send: the text, then the marker on a line of its own."""
    if marker is None:
        return text or ""
    pieces = (f"{text}\n" if text else "", *marker.pieces())
    whole = KnownText(pieces)
    return whole if any(not isinstance(piece, str) for piece in pieces) else str(whole)


def split(description: str | None) -> tuple[str, Marker | None]:
    """The author's text and the marker of a live description; inverse of ``join``."""
    text = description or ""
    found = _MARK.search(text)
    if not found:
        return text, None
    pairs = dict(pair.split("=", 1) for pair in found[1].split())
    if "owner" not in pairs:
        return text, None
    owner, content = pairs.pop("owner"), pairs.pop("content", "")
    marker = Marker(owner, content, pairs.pop("protect", "") == "true", pairs)
    return text[: found.start()], marker


def scope_of(owner: str | None) -> str:
    """The scope part of ``<scope>/<name>``; '' without one."""
    return (owner or "").rpartition("/")[0]


def name_of(owner: str) -> str:
    """The name part of ``<scope>/<name>``."""
    return owner.rpartition("/")[2]
