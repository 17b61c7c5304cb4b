"""Drift for a person: what the platform holds, told against what git says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from reconciler.core.drift import DriftedObject
from reconciler.core.step import FieldChange
from reconciler.render.plain import plain, value
from reconciler.render.text import requests_line

FLIPPED = {"+": "-", "-": "+"}


def drift_text(objects: tuple[DriftedObject, ...], requests: Mapping[str, int]) -> str:
    """One line when clean; else each object with what is not as git says."""
    if not objects:
        return f"No drift. {requests_line(requests)}"
    lines = []
    for found in objects:
        lines.append(f"{found.address}: {found.state} ({plain(found.reason)})")
        lines += [line for field in found.fields for line in _field(field)]
    counts = Counter(found.state for found in objects)
    told = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    return "\n".join([*lines, "", f"Drift: {told}. {requests_line(requests)}"])


def _field(field: FieldChange) -> Iterator[str]:
    path = plain(field.path)
    if field.new is None:
        yield f"    {path}: only live, {value(field.old)}"
    elif field.old is None:
        yield f"    {path}: only in git, {value(field.new)}"
    else:
        yield f"    {path}: live {value(field.old)}, git {value(field.new)}"
    # The plan's lines say what an apply would do; here a plus is what somebody added live.
    for line in field.detail:
        if not line.startswith("@@"):
            yield f"        {FLIPPED.get(line[:1], line[:1])}{plain(line[1:])}"
