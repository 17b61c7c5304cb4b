"""``plan``: what a merge would do, and why; reads only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from reconciler.cli.context import (
    CliContext,
    complete,
    emit,
    format_option,
    output_option,
    run_options,
)
from reconciler.cli.plan_file import write_plan
from reconciler.core.plan import Plan
from reconciler.errors import Problem
from reconciler.flow import make_plan
from reconciler.render.data import plan_data, to_json
from reconciler.render.github import run_link
from reconciler.render.html import plan_html
from reconciler.render.markdown import plan_markdown
from reconciler.render.text import plan_text
from reconciler.review import save_plan
from reconciler.session import RunOptions

CHANGES, BLOCKED, ERROR = 2, 3, 1
FORMATS = ("text", "json", "markdown", "html")


@click.command()
@run_options
@format_option(*FORMATS)
@output_option
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Save it for `apply FILE`."
)
@click.option("--prune", is_flag=True, help="Show what an apply with --prune would delete.")
@click.option("--allow-mass-change", is_flag=True, help="As an apply with it would.")
@click.option("--allow-rollback", is_flag=True, help="As an apply with it would.")
@click.option("--retry-failed", is_flag=True, help="Start failed jobs again.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes.")
def plan(
    context: CliContext,
    options: RunOptions,
    /,
    form: str,
    output: Path | None,
    out: Path | None,
    detailed_exitcode: bool,
) -> int:
    """Show what an apply would do, field by field.  Sends only GET and HEAD."""

    def failed(problems: tuple[Problem, ...]) -> str:
        return render(Plan("", options.target, problems=problems), form, link)

    link = run_link(context.environment.env)
    own = tuple(path for path in (out, output) if path)
    with (
        complete(form, failed, output),
        context.session(replace(options, own_files=own)) as session,
    ):
        current = make_plan(session)
        if out:
            write_plan(save_plan(session, current), out)
    emit(render(current.plan, form, link), output)
    return exit_code(current.plan, detailed_exitcode)


def render(made: Plan, form: str, link: str = "") -> str:
    """The plan in one of the formats; ``link`` leads to the whole run."""
    if form == "markdown":
        return plan_markdown(made, link)
    if form == "html":
        return plan_html(made)
    return to_json(plan_data(made)) if form == "json" else plan_text(made)


def exit_code(made: Plan, detailed: bool) -> int:
    """0, 1 with problems, 3 when only policy or protection stands in the way, 2 on demand."""
    if made.obstacles:
        return BLOCKED if made.blocked else ERROR
    return CHANGES if detailed and made.steps else 0
