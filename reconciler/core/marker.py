"""The ownership marker: a line of a description, where the platform has no better field.

``[reconciler owner=fraud/py311 project=7f3a9c21 id=65f0... content=sha256:... protect=true]``
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.core.step import KnownAfter, KnownText

_PAIRS = r"\[reconciler((?: [a-z]+=[^\s\]]+)+)"
_WHOLE = re.compile(_PAIRS + r"\s*\]")
# A platform that cuts a long text leaves the first pairs whole; the last one may be half.
_CUT = re.compile(_PAIRS + r" [^\]]*\Z")
_LINE_END = re.compile(r"\r?\n\Z")

LONGEST = 512
"""Room that a manifest's description must leave for the marker, in characters."""

WAS = "was"
"""Note: the name that the object had before ``metadata.formerly`` gave it another one."""

NOBODY = "nobody"
"""Owner in the marker of an object that was forgotten, and whose identity field still names us."""


@dataclass(frozen=True, slots=True)
class Marker:
    """Who manages the object, what it holds, and whether it may be deleted.

    ``project`` is the uid of the owner's project, ``id`` the id of the object that the marker was
    written for: one that names another object was copied.  ``notes`` are further ``key=value``
    facts that no field of the platform keeps.  ``in_place`` is False for a marker that stands
    somewhere else than ``join`` puts it.
    """

    owner: str
    content: str = ""
    protect: bool = False
    notes: Mapping[str, str | KnownAfter] = field(default_factory=dict)
    project: str = ""
    id: str | KnownAfter = ""
    in_place: bool = field(default=True, compare=False)

    def pieces(self) -> tuple[str | tuple[str, KnownAfter], ...]:
        """The line in pieces, because an id or a note may be known only after an earlier step."""
        pairs: dict[str, str | KnownAfter] = {
            "owner": self.owner,
            "project": self.project,
            "id": self.id,
            "content": self.content,
            "protect": "true" if self.protect else "",
            **dict(sorted(self.notes.items())),
        }
        pieces: list[str | tuple[str, KnownAfter]] = ["[reconciler"]
        for key, value in pairs.items():
            if isinstance(value, KnownAfter):
                pieces.append((f" {key}=", value))
            elif value:
                pieces.append(f" {key}={value}")
        return (*pieces, "]")

    def note(self, key: str) -> str:
        """A note of a live marker; '' when it has none."""
        return str(self.notes.get(key, ""))

    def names(self, identity: str) -> bool:
        """Whether the marker says that it was written for this very object."""
        return self.id == identity

    def __str__(self) -> str:
        return str(KnownText(self.pieces()))


def join(text: str | None, marker: Marker | None) -> str | KnownText:
    """The description to send: the text, then the marker on a line of its own."""
    if marker is None:
        return text or ""
    pieces = (f"{text}\n" if text else "", *marker.pieces())
    whole = KnownText(pieces)
    return whole if any(not isinstance(piece, str) for piece in pieces) else str(whole)


def split(description: str | None) -> tuple[str, Marker | None]:
    """The author's text and the marker of a live description; inverse of ``join``.

    A marker is found wherever it stands: people write below it and on its line, forms add line
    ends, and platforms cut long texts.  The last of several counts.
    """
    text = description or ""
    found = _last(text)
    if found is None:
        return text, None
    pairs = dict(pair.split("=", 1) for pair in found[1].split())
    if "owner" not in pairs:
        return text, None
    before, after = text[: found.start()], text[found.end() :].rstrip()
    whole = found[0].endswith("]")
    marker = Marker(
        owner=pairs.pop("owner"),
        content=pairs.pop("content", ""),
        protect=pairs.pop("protect", "") == "true",
        project=pairs.pop("project", ""),
        id=pairs.pop("id", ""),
        notes=pairs,
        in_place=whole and not after and (not before or before.endswith("\n")),
    )
    before = _LINE_END.sub("", before)
    return (before + after if before else after.lstrip("\r\n")), marker


def _last(text: str) -> re.Match[str] | None:
    whole = [*_WHOLE.finditer(text)]
    return whole[-1] if whole else _CUT.search(text)


def of_object(marker: Marker | None, identity: str) -> Marker | None:
    """The marker of an object, or None where it names another object: such a one was copied."""
    return marker if marker and marker.id in ("", identity) else None


def scope_of(owner: str | None) -> str:
    """The scope part of ``<scope>/<name>``; '' without one."""
    return (owner or "").rpartition("/")[0]


def name_of(owner: str) -> str:
    """The name part of ``<scope>/<name>``."""
    return owner.rpartition("/")[2]
