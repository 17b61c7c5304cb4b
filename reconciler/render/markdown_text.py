"""Strings that came from outside, made safe inside Markdown, whatever they hold.

Anything that is not a plain word goes into a code span or a code block.  There GitHub links no
address, mentions nobody and closes no issue; escapes would not hold it back, because it looks for
those in what the Markdown has become.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from itertools import groupby
from urllib.parse import quote

from reconciler.render.plain import plain

WIDEST_CODE, WIDEST_PROSE, WIDEST_LINE, LONGEST_LINK = 200, 600, 300, 500
# Letters, or a short number: nothing that a list, a link, a mention, an emoji, a formula or a
# reference could be made of.
_WORD = re.compile(r"\(?(?:[^\W\d_]+(?:['-][^\W\d_]+)*[.,;:!?)]*|\d{1,6}(?:\.\d+)?[,;)]*|%\)?)")
_URL = re.compile(r"https?://[\w.-]+(?::\d+)?(?:/[!-;=?-~]*)?", re.ASCII)


def code(text: str, widest: int = WIDEST_CODE) -> str:
    """A code span, cut at a width; its ticks outnumber any inside."""
    shown = cut(plain(text), widest) or '""'
    ticks = "`" * (_longest_run(shown) + 1)
    # A space at both ends is taken off by whoever reads Markdown, so one more is given then.
    touching = shown.startswith("`") or shown.endswith("`")
    spaced = shown.startswith(" ") and shown.endswith(" ") and shown.strip(" ")
    pad = " " if touching or spaced else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def prose(text: str) -> str:
    """A sentence: plain words as they are, all others in code spans."""
    words = cut(plain(text), WIDEST_PROSE).split()
    parts = groupby(words, key=lambda word: bool(_WORD.fullmatch(word)))
    joined = ((tame, " ".join(group)) for tame, group in parts)
    return " ".join(text if tame else _wild(text) for tame, text in joined)


def _wild(text: str) -> str:
    """A code span; a mark at its end belongs to the sentence."""
    body, mark = (text[:-1], text[-1]) if text[-1] in ".,;:" and len(text) > 1 else (text, "")
    return f"{code(body, WIDEST_PROSE)}{mark}"


def cell(markdown: str) -> str:
    """What ``code`` and ``prose`` made, for one cell of a table.

    Readers disagree on a pipe behind a backslash that is itself escaped, so that one is spelled.
    """
    return re.sub(r"(\\*)\|", lambda pipe: f"{pipe[1]}\\u007c" if pipe[1] else r"\|", markdown)


def row(*cells: str) -> str:
    """One line of a table."""
    return f"| {' | '.join(cell(each) for each in cells)} |"


def fenced(lines: Iterable[str], language: str) -> str:
    """A code block whose fence is longer than any run of ticks inside."""
    shown = [cut(plain(line), WIDEST_LINE) for line in lines]
    ticks = "`" * max(3, *(_longest_run(line) + 1 for line in shown))
    return "\n".join([f"{ticks}{language}", *shown, ticks])


def html_code(text: str) -> str:
    """The same as ``code`` where only HTML is understood."""
    return f"<code>{html.escape(cut(plain(text), WIDEST_CODE))}</code>"


def hidden(text: str) -> str:
    """A comment that nobody sees and a program finds; what could end it is replaced."""
    return f"<!-- {re.sub(r'[^A-Za-z0-9 :=._/-]', '_', cut(text, WIDEST_CODE))} -->"


def linked(words: str, url: str) -> str:
    """A link with these words of ours, or only the words when the URL is not one of the web."""
    if len(url) > LONGEST_LINK or not _URL.fullmatch(url):
        return words
    return f"[{words}]({quote(url, safe='/:?=&#%~.,+@-')})"


def cut(text: str, widest: int) -> str:
    """The text, its end replaced by an ellipsis when it is too wide."""
    return text if len(text) <= widest else f"{text[: widest - 1]}…"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
