"""What a plan is for, and the digest that names it: the lines at the top of every format."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.core.plan import Plan
from reconciler.core.plan_json import plan_digest


def header(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """Label, value and a word on it; the digest only where there is something to apply."""
    for name, url in plan.endpoint.items():
        yield "Endpoint", url, name
    if plan.commit:
        yield "Commit", plan.commit, ""
    if plan.steps:
        yield "Digest", plan_digest(plan), ""


def header_text(plan: Plan) -> list[str]:
    """``Endpoint: https://host/api/v2 (custom_models)``, one line for each."""
    return [
        f"{label}: {value}{f' ({word})' if word else ''}" for label, value, word in header(plan)
    ]
