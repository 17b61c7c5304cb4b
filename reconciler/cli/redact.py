"""Removes secrets from everything that leaves the process, whatever form they are written in."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterable
from typing import Final

from reconciler.settings import SHORTEST_TOKEN

REPLACEMENT: Final = "***"


class Redactor:
    """Knows the secrets of one run; safe to read from any thread."""

    def __init__(self) -> None:
        self._known: frozenset[str] = frozenset()
        self._pattern: re.Pattern[str] | None = None

    def forget(self) -> None:
        """Begin a run that knows no secret yet."""
        self._known, self._pattern = frozenset(), None

    def learn(self, secrets: Iterable[str]) -> None:
        """Remove these from now on; texts that are too short to be a token are ignored."""
        known = self._known | {
            each.strip() for each in secrets if len(each.strip()) >= SHORTEST_TOKEN
        }
        if known != self._known:
            # The longest first: one secret can be the beginning of another.
            forms = [form for each in sorted(known, key=len, reverse=True) for form in _forms(each)]
            self._pattern = re.compile("|".join(forms), re.IGNORECASE)
            self._known = known

    def clean(self, text: str) -> str:
        """The text with every form of every secret replaced by ``***``."""
        return self._pattern.sub(REPLACEMENT, text) if self._pattern else text


OUTPUT: Final = Redactor()
"""The redactor of this process: standard output, standard error, logs and files go through it."""


def _forms(secret: str) -> list[str]:
    """Patterns of one secret: as characters, however each is escaped, and in base64."""
    first = re.escape(secret[0])
    # The look-ahead is a set of characters, which the search skips to quickly.
    return [rf"(?=[{first}%\\&])" + "".join(map(_character, secret)), *_base64(secret.encode())]


def _character(char: str) -> str:
    """One character: plain, in a URL (also encoded twice), in JSON, or in HTML."""
    code = ord(char)
    entity = html.escape(char)
    # The plain form comes last: `%` also begins `%25`.
    forms = [
        rf"%(?:25)*{code:02x}",
        rf"\\+u{code:04x}",
        rf"&#0*{code};?",
        rf"&#x0*{code:x};?",
        *([re.escape(entity)] if entity != char else []),
        rf"\\*{re.escape(char)}",
    ]
    return f"(?:{'|'.join(forms)})"


def _base64(secret: bytes) -> list[str]:
    """The three ways in which base64 writes these bytes, by where they stand in a longer text.

    Characters that also hold bits of what stands before or behind are left out of the pattern.
    """
    forms = []
    for before, start in ((0, 0), (1, 2), (2, 3)):
        encoded = base64.b64encode(b"\0" * before + secret).decode()
        own = encoded[start : (before + len(secret)) * 8 // 6]
        # With a neighbour on each side, which holds the rest of the bits.
        pattern = re.escape(own).replace(r"\+", "[+-]").replace("/", "[/_]")
        forms.append(f"{'[A-Za-z0-9+/_-]' if start else ''}{pattern}[A-Za-z0-9+/_-]?=*")
    return forms
