"""``plan``: what a merge would do, and why; reads only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from reconciler.cli.shared import (
    Shared,
    emit,
    format_option,
    output_option,
    pass_shared,
    problems_of,
    run_options,
)
from reconciler.core.plan import Plan
from reconciler.errors import ReconcilerError
from reconciler.render.data import plan_data, to_json
from reconciler.render.text import plan_text

CHANGES, BLOCKED, ERROR = 2, 3, 1


@click.command()
@run_options
@format_option("text", "json")
@output_option
@click.option("--prune", is_flag=True, help="Show what an apply with --prune would delete.")
@click.option("--allow-mass-change", is_flag=True, help="As an apply with it would.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes.")
@pass_shared
def plan(
    shared: Shared,
    /,
    paths: tuple[Path, ...],
    form: str,
    output: Path | None,
    detailed_exitcode: bool,
    **wishes: Any,
) -> int:
    """Show what an apply would do, field by field.  Sends only GET and HEAD."""
    try:
        with shared.session(paths, **wishes) as session:
            made = session.plan()
    except ReconcilerError as error:
        if form == "json":
            empty = Plan("", wishes["target"], problems=problems_of(error))
            emit(to_json(plan_data(empty)), output)
        raise
    emit(render(made, form), output)
    return exit_code(made, detailed_exitcode)


def render(made: Plan, form: str) -> str:
    """The plan in one of the formats."""
    return to_json(plan_data(made)) if form == "json" else plan_text(made)


def exit_code(made: Plan, detailed: bool) -> int:
    """0, 1 with problems, 3 when only policy or protection stands in the way, 2 on demand."""
    if made.obstacles:
        return BLOCKED if made.blocked else ERROR
    return CHANGES if detailed and made.steps else 0
