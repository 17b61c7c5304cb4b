"""Measured groups as a table: aligned for a terminal, and the same as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.groups import Group
from bench.measure import Case, Spread

HEAD = (
    "command", "runs", "seconds", "CPU s", "MB", "requests", "per model", "ratio", "CPU ratio",
)  # fmt: skip


def table(group: Group) -> list[str]:
    """The group for a terminal."""
    rows = [HEAD, *_rows(group)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return [group.title, *(_aligned(row, widths) for row in rows), ""]


def markdown(groups: Iterable[Group]) -> list[str]:
    """All groups as one page's worth of Markdown tables."""
    lines = []
    for group in groups:
        ruler = ("---", *("---:" for _ in HEAD[1:]))
        rows = (HEAD, ruler, *_rows(group))
        lines += [f"## {group.title}", "", *(f"| {' | '.join(row)} |" for row in rows), ""]
    return lines


def _rows(group: Group) -> list[tuple[str, ...]]:
    return [_row(case, group.base) for case in group.cases]


def _row(case: Case, base: Case | None) -> tuple[str, ...]:
    requests = round(case.spread("requests").median)
    return (
        case.name,
        str(len(case.samples)),
        _shown(case.spread("seconds")),
        _shown(case.spread("cpu")),
        f"{case.spread('megabytes').median:.0f}",
        str(requests) if requests else "",
        f"{requests / case.models:.2f}" if requests and case.models > 1 else "",
        _ratio(case, base, "seconds"),
        _ratio(case, base, "cpu"),
    )


def _shown(spread: Spread) -> str:
    return f"{spread.median:.2f} ({spread.least:.2f}-{spread.most:.2f})"


def _ratio(case: Case, base: Case | None, what: str) -> str:
    if base is None or not case.compared:
        return ""
    if case is base:
        return "= 1"
    return f"{case.spread(what).median / base.spread(what).median:.2f}"


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = (
        cell.ljust(width) if place == 0 else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join(["  " + first, *rest]).rstrip()
