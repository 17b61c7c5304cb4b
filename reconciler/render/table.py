"""Rows with the same keys as a table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reconciler.core.provider import Row
from reconciler.render.plain import plain


def table(rows: Sequence[Row]) -> str:
    """Columns as wide as their widest cell; empty columns are left out."""
    if not rows:
        return "(none)"
    columns = [key for key in rows[0] if any(row[key] not in ("", None) for row in rows)]
    cells = [[key.upper() for key in columns]]
    cells += [[_shown(row[key]) for key in columns] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return plain(str(value))
