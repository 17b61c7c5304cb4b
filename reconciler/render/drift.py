"""Drift for a person: the live state compared with the desired one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from reconciler.core.drift import DriftedObject
from reconciler.core.step import FieldChange
from reconciler.render.plain import plain, value
from reconciler.render.text import requests_line

FLIPPED = {"+": "-", "-": "+"}


def drift_text(
    objects: tuple[DriftedObject, ...], requests: Mapping[str, int], *, certain: bool = True
) -> str:
    """One line when clean; else each object with what is not as git says.

    ``certain`` is False when problems kept something from being compared.
    """
    if not objects and not certain:
        return f"Nothing else was compared. {requests_line(requests)}"
    if not objects:
        return f"No drift. {requests_line(requests)}"
    lines = []
    for found in objects:
        lines.append(f"{plain(str(found.address))}: {found.state} ({plain(found.reason)})")
        lines += field_lines(found)
    counts = Counter(found.state for found in objects)
    summary = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    return "\n".join([*lines, "", f"Drift: {summary}. {requests_line(requests)}"])


def field_lines(found: DriftedObject) -> Iterator[str]:
    """Each differing field of one object, with the hand changes in a file."""
    for field in found.fields:
        yield from _field(field)


def _field(field: FieldChange) -> Iterator[str]:
    path = plain(field.path)
    if field.new is None:
        yield f"    {path}: only live, {value(field.old, field.unit)}"
    elif field.old is None:
        yield f"    {path}: only in git, {value(field.new, field.unit)}"
    else:
        yield f"    {path}: live {value(field.old, field.unit)}, git {value(field.new, field.unit)}"
    yield from (f"        {plain(line)}" for line in live_lines(field))


def live_lines(field: FieldChange) -> Iterator[str]:
    """The line diff of a file, the other way round: a plus is what was added live.

    The plan's lines say what an apply would do.
    """
    for line in field.detail:
        if not line.startswith("@@"):
            yield FLIPPED.get(line[:1], line[:1]) + line[1:]
