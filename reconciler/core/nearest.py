"""The nearest valid name to a mistyped one, for messages that help."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The one of ``names`` that ``word`` most likely stands for, or None; case is ignored."""
    # Reversed, so that of names that differ in case only the first one in order wins.
    by_fold = {name.casefold(): name for name in sorted(names, reverse=True)}
    # difflib is quadratic in the length of a word, and no valid name is this long.
    found = difflib.get_close_matches(word[:100].casefold(), sorted(by_fold), n=1, cutoff=0.6)
    return by_fold[found[0]] if found else None


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """``; did you mean 'name'?``, or nothing when no valid name is near."""
    name = nearest(word, names)
    return f"; did you mean {name!r}?" if name else ""
