"""``drift``: what someone changed by hand; reads only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from reconciler.cli.plan import ERROR
from reconciler.cli.shared import (
    Shared,
    emit,
    format_option,
    output_option,
    pass_shared,
    problems_of,
    run_options,
)
from reconciler.core.drift import drifted
from reconciler.errors import ReconcilerError
from reconciler.render.data import drift_data, to_json
from reconciler.render.drift import drift_text
from reconciler.render.text import problem_lines

DRIFTED = 2


@click.command()
@run_options
@format_option("text", "json")
@output_option
@pass_shared
def drift(
    shared: Shared, /, paths: tuple[Path, ...], form: str, output: Path | None, **wishes: Any
) -> int:
    """Say what is not as git says: exit 0 and one line when clean, else 2."""
    try:
        with shared.session(paths, **wishes) as session:
            plan = session.plan()
    except ReconcilerError as error:
        if form == "json":
            emit(to_json(drift_data((), problems_of(error), {})), output)
        raise
    found = drifted(plan)
    errors = tuple(problem for problem in plan.obstacles if not problem.blocked)
    if form == "json":
        emit(to_json(drift_data(found, plan.problems, plan.requests)), output)
    else:
        emit("\n".join([drift_text(found, plan.requests), *problem_lines(plan.problems)]), output)
    if errors:
        return ERROR
    return DRIFTED if found else 0
