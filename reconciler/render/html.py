"""A plan as one HTML page for its reviewer: no scripts, nothing fetched, every string escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from reconciler.core.plan import Plan
from reconciler.core.step import FieldChange
from reconciler.render.header import header_text
from reconciler.render.objects import counts, step_lines, touched, verdict
from reconciler.render.plain import plain, value
from reconciler.render.text import (
    SIGNS,
    requests_line,
    scope,
    sentence,
    severity,
    untouched_lines,
)

if TYPE_CHECKING:
    from jinja2 import Template

LINE_CLASSES = {"+": "added", "-": "removed", "@": "place"}


def plan_html(plan: Plan) -> str:
    """The whole plan on one page."""
    return _template().render(
        # Without a project, the page shows why a plan is missing.
        title=f"Plan for {scope(plan)}" if plan.project else "No plan",
        header=header_text(plan),
        counts=counts(plan),
        unchanged=plan.unchanged,
        verdict=verdict(plan),
        objects=touched(plan),
        problems=plan.problems,
        untouched=list(untouched_lines(plan.untouched)),
        requests=requests_line(plan.requests),
    )


@cache
def _template() -> Template:
    # Imported late: only this format needs it, and the import is slow.
    from jinja2 import Environment, StrictUndefined

    made = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    helpers: dict[str, object] = {
        "lines": _lines, "sentence": sentence, "severity": severity,
        "signs": SIGNS, "step_lines": step_lines, "value": value,
    }  # fmt: skip
    made.globals.update(helpers)
    source = files("reconciler.render").joinpath("plan.html.j2").read_text(encoding="utf-8")
    return made.from_string(source)


def _shown(printed: Any) -> Any:
    """Whatever the template prints: no control or direction character reaches the page."""
    return plain(printed) if isinstance(printed, str) else printed


def _lines(fields: Iterable[FieldChange]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Per changed text file its path and its lines, each with the class that colours it."""
    for field in fields:
        if field.detail:
            classed = [(LINE_CLASSES.get(line[:1], "same"), line) for line in field.detail]
            yield field.path, classed
