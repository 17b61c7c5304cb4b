"""Durations as options write them: ``20ms``, ``1.5s``, ``2m`` or plain seconds."""

from __future__ import annotations

import re

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "": 1.0}


def seconds(text: str) -> float:
    """The duration in seconds.  Raises ValueError for any other text."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|)", text, re.ASCII)
    if not found:
        raise ValueError(f"{text!r} is not a duration: write it like 20ms, 1.5s or 2m")
    return float(found[1]) * _UNITS[found[2]]
