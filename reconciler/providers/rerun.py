"""When a job that ended has to be run again: what it depends on changed, or its age."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from reconciler.core.kind import PlanContext

NEVER, ALWAYS, ON_CHANGE = "never", "always", "onChange"
CHANGED = "changed"
"""The output by which an object says when it last changed."""


def rerun_of(context: PlanContext) -> str:
    """``rerun`` as the manifest has it, or its default."""
    return str(context.resource.spec.get("rerun", ON_CHANGE))


def changed_since(context: PlanContext, began: datetime | None, noun: str) -> str:
    """Why a job that began then cannot have read what it depends on; '' when nothing says so.

    ``noun`` names the job, as in "the newest run".
    """
    for address in sorted(context.changed_dependencies):
        return f"{address}, which it depends on, is changed by this plan"
    for address, outputs in sorted(context.outputs.items()):
        changed = moment(outputs.get(CHANGED))
        # Two platforms' clocks are compared; one that is ahead costs a run more, never one less.
        if began and changed and changed > began:
            return (
                f"{address}, which it depends on, changed at {shown(changed)}, after {noun} began"
            )
    return ""


def moment(value: Any) -> datetime | None:
    """The moment that an ISO 8601 text names; None for anything else."""
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def shown(at: datetime | None) -> str:
    """``2026-11-01 12:00:00 UTC``."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at else "an unknown time"


def spelled(seconds: int) -> str:
    """A duration as an author would write it: ``24h``, ``1h30m``."""
    text = ""
    for unit, size in {"d": 86_400, "h": 3_600, "m": 60, "s": 1}.items():
        # One day is written as hours: 24h.
        if unit != "d" or seconds > size:
            count, seconds = divmod(seconds, size)
            text += f"{count}{unit}" if count else ""
    return text
