"""A Markdown page of objects and problems that is never longer than a comment may be.

What must go goes in this order: details of the objects at the end of the list, then their rows;
the page says how much it is and which command shows all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from reconciler.core.step import FieldChange
from reconciler.errors import Problem
from reconciler.render.markdown_text import code, fenced, hidden, html_code, linked, prose, row
from reconciler.render.plain import value
from reconciler.render.text import requests_line, sentence, severity

LIMIT = 65_000
"""GitHub refuses a comment of more than 65,536 characters as a whole."""
# What the notice of the cuts and the frames around lists take at most.
FRAME_ROOM = 2_500
PROBLEM_ROOM, ASIDE_ROOM = 15_000, 4_000
MOST_FIELDS, MOST_LINES, BRIEF_FIELDS = 100, 200, 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One object: in one word and one sentence what is with it, then in notes and fields.

    ``notes`` are (part of the object, sentence).
    """

    word: str
    address: str
    what: str
    notes: tuple[tuple[str, str], ...] = ()
    fields: tuple[FieldChange, ...] = ()
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """All there is to show.  ``title``, ``news`` and ``columns`` are Markdown of our own making."""

    marker: str
    title: str
    command: str
    columns: tuple[str, str]
    news: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    entries: tuple[Entry, ...] = ()
    untouched: tuple[str, ...] = ()
    requests: Mapping[str, int] | None = None
    link: str = ""


class _Room:
    """How many characters are left."""

    def __init__(self, size: int) -> None:
        self.left = size

    def take(self, texts: Iterable[str], most: int = LIMIT) -> list[str]:
        """The texts from the first one on that fit, and into ``most`` characters."""
        taken: list[str] = []
        end = max(0, self.left - most)
        for text in texts:
            # Two for the line breaks around it.
            if self.left - len(text) - 2 < end:
                break
            self.left -= len(text) + 2
            taken.append(text)
        return taken


def render(page: Page) -> str:
    """The page, cut where it must be."""
    head = "\n\n".join([hidden(page.marker), f"## {page.title}", *page.news])
    foot = requests_line(page.requests or {}) + (
        f" {linked('The whole run.', page.link)}" if page.link else ""
    )
    room = _Room(LIMIT - len(head) - len(foot) - FRAME_ROOM)
    problems = room.take(map(_problem, page.problems), PROBLEM_ROOM)
    untouched = room.take((f"- {prose(line)}" for line in page.untouched), ASIDE_ROOM)
    rows = room.take(map(_row, page.entries))
    telling = tuple(each for each in page.entries if each.notes or each.fields)
    details, brief = _details(page, telling, room)
    cut = {
        "problems": len(page.problems) - len(problems),
        "rows of objects": len(page.entries) - len(rows),
        "details of objects": len(telling) - len(details),
        "objects shown in brief": brief,
        "lines on untouched objects": len(page.untouched) - len(untouched),
    }
    parts = [head, *_notice(cut, page.command), *_listed(problems), *_table(rows), *details]
    return "\n\n".join([*parts, *_aside(untouched, len(page.untouched)), foot])


def _notice(cut: Mapping[str, int], command: str) -> Iterator[str]:
    summary = ", ".join(f"{count} {what}" for what, count in cut.items() if count)
    if summary:
        yield f"**Cut to fit in here:** {summary}. {code(command)} shows all."


def _problem(problem: Problem) -> str:
    place = problem.location or problem.address
    summary = f"{code(place)}: {prose(sentence(problem))}" if place else prose(sentence(problem))
    hint = f"\n  - {prose(problem.hint)}" if problem.hint else ""
    return f"- **{severity(problem)}** {summary} ({code(problem.code)}){hint}"


def _listed(lines: list[str]) -> Iterator[str]:
    if lines:
        yield "\n".join(lines)


def _row(entry: Entry) -> str:
    word = f"**{entry.word}**" if entry.bold else entry.word
    return row(word, code(entry.address), prose(entry.what))


def _table(rows: list[str]) -> Iterator[str]:
    if rows:
        yield "\n".join(["| | Object | What |", "|---|---|---|", *rows])


def _aside(lines: list[str], count: int) -> Iterator[str]:
    if count:
        inside = "\n".join(lines)
        yield f"<details><summary>Untouched: {count}</summary>\n\n{inside}\n\n</details>"


def _details(page: Page, entries: tuple[Entry, ...], room: _Room) -> tuple[list[str], int]:
    """One block per object while there is room, and how many of them had to be brief."""
    blocks: list[str] = []
    brief = 0
    for entry in entries:
        block = room.take([_block(entry, page.columns)])
        if not block:
            block = room.take([_block(entry, page.columns, brief=True)])
            brief += len(block)
        if not block:
            break
        blocks += block
    return blocks, brief


def _block(entry: Entry, columns: tuple[str, str], *, brief: bool = False) -> str:
    shown = entry.fields[: BRIEF_FIELDS if brief else MOST_FIELDS]
    diffs = () if brief else shown
    parts = [
        f"<details><summary>{entry.word} {html_code(entry.address)}</summary>",
        *_listed([f"- {code(part)}: {prose(note)}" for part, note in entry.notes]),
        *_fields(shown, columns),
        *_more(len(entry.fields) - len(shown), "fields"),
        *(part for field in diffs if field.detail for part in _diff(field)),
        *_more(sum(bool(field.detail) for field in entry.fields) if brief else 0, "line diffs"),
        "</details>",
    ]
    return "\n\n".join(parts)


def _fields(fields: Iterable[FieldChange], columns: tuple[str, str]) -> Iterator[str]:
    rows = [
        row(code(f.path), code(value(f.old, f.unit)), code(value(f.new, f.unit)), prose(f.reason))
        for f in fields
    ]
    if rows:
        yield "\n".join([row("Field", *columns, "Why"), "|---|---|---|---|", *rows])


def _diff(field: FieldChange) -> Iterator[str]:
    yield code(field.path)
    yield fenced(islice(field.detail, MOST_LINES), "diff")
    yield from _more(len(field.detail) - MOST_LINES, "lines")


def _more(count: int, what: str) -> Iterator[str]:
    if count > 0:
        yield f"… and {count} more {what}."
