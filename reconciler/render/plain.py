"""Strings that came from outside, made safe to show on one line of a terminal."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

from reconciler.core.step import KnownAfter

WIDEST = 120


def plain(text: str) -> str:
    """The text with control, format, separator and look-alike characters spelled out as escapes.

    Look-alikes are letters of another script in a name that has Latin ones, too: the name of a user
    can be written so that it reads like that of another one (Unicode Technical Standard 39).
    """
    if text.isascii() and text.isprintable():
        return text
    return _NAME.sub(_unmixed, "".join(_spelled(char) for char in text))


# GitHub's runner takes `::name::` at the start of a line, after any blanks; its older parser, like
# those of Azure and TeamCity, takes `##[name]` or `##name[` anywhere in a line.
COMMAND = re.compile(r"^([^\S\n]*):(?=:)|#(?=#\w*\[)", re.MULTILINE)


def log_lines(log: str) -> list[str]:
    """The lines of a log, each made plain; tabs become blanks, as a terminal would show them."""
    return [plain(line.expandtabs()) for line in log.splitlines()]


def inert(text: str) -> str:
    """Lines that no workflow's runner takes for a command; valid JSON stays equal JSON."""
    return COMMAND.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    sign = found[0][-1]
    return f"{found[0][:-1]}\\u{ord(sign):04x}"


# Scripts with letters that look like Latin ones; the first word of a letter's Unicode name.
_LOOK_ALIKE = frozenset(
    ("ARMENIAN", "CHEROKEE", "COPTIC", "CYRILLIC", "FULLWIDTH", "GREEK", "LISU", "MATHEMATICAL")
)
# One name: an address of mail is Latin behind its @, so that one look-alike before it is mixed.
_NAME = re.compile(r"[\w.@+-]+")


def _unmixed(found: re.Match[str]) -> str:
    name = found[0]
    if not re.search(r"[A-Za-z]", name):
        return name
    return "".join(json.dumps(char)[1:-1] if _looks_latin(char) else char for char in name)


def _looks_latin(char: str) -> bool:
    return not char.isascii() and unicodedata.name(char, "").split(" ")[0] in _LOOK_ALIKE


def _spelled(char: str) -> str:
    # Cf holds the bidirectional overrides that let a line read differently from what it is.
    if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
        return json.dumps(char)[1:-1]
    return char


SIZES = (("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10))


def value(held: Any, unit: str = "") -> str:
    """A field's value for a reader: JSON, cut at a width, ``(none)`` for nothing.

    Bytes are shown in the manifest's unit where that is exact.
    """
    if held is None:
        return "(none)"
    if unit == "bytes" and isinstance(held, int):
        return next((f"{held // n}{name}" for name, n in SIZES if held % n == 0), str(held))
    if isinstance(held, KnownAfter):
        return plain(str(held))
    text = plain(json.dumps(held, ensure_ascii=False, default=str))
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
