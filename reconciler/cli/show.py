"""``show``: a saved plan, in any format."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.context import complete, emit, format_option, output_option
from reconciler.cli.plan import FORMATS, render
from reconciler.cli.plan_file import read_plan
from reconciler.core.plan import Plan
from reconciler.errors import Problem


@click.command()
@click.argument("plan", type=click.Path(path_type=Path, dir_okay=False), metavar="PLAN.JSON")
@format_option(*FORMATS)
@output_option
def show(plan: Path, form: str, output: Path | None) -> None:
    """Show a saved plan; one with errors can be shown, too."""

    def failed(problems: tuple[Problem, ...]) -> str:
        return render(Plan("", None, problems=problems), form)

    with complete(form, failed, output):
        saved = read_plan(plan)
    emit(render(saved.plan, form), output)
