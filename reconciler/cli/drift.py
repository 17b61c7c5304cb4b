"""``drift``: what someone changed by hand; reads only."""

from __future__ import annotations

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
from reconciler.cli.plan import BLOCKED, ERROR
from reconciler.core.drift import drifted
from reconciler.core.graph import Graph
from reconciler.core.plan import Plan
from reconciler.drift_write import write_drift
from reconciler.errors import Problem, SettingsError
from reconciler.flow import make_plan
from reconciler.live import CurrentPlan
from reconciler.render.data import drift_data, to_json
from reconciler.render.drift import drift_text
from reconciler.render.github import run_link
from reconciler.render.junit import drift_junit
from reconciler.render.markdown import drift_markdown
from reconciler.render.text import NOTHING, problem_lines
from reconciler.session import RunOptions, Session

DRIFTED = 2


@click.command()
@run_options
@format_option("text", "json", "markdown", "junit")
@output_option
@click.option("--write", is_flag=True, help="Put live values into the manifests and files.")
@click.option(
    "--accept",
    multiple=True,
    metavar="ADDRESS[.PATH]",
    help="With --write: only these differences.",
)
def drift(
    context: CliContext,
    options: RunOptions,
    /,
    form: str,
    output: Path | None,
    write: bool,
    accept: tuple[str, ...],
) -> int:
    """Report what differs from git.  Exit 0 and one line when clean, else 2."""
    if accept and not write:
        raise click.UsageError("--accept goes with --write")

    def failed(problems: tuple[Problem, ...]) -> str:
        return render(Plan("", options.target, problems=problems), Graph.of(()), form, link)

    link = run_link(context.environment.env)
    with complete(form, failed, output), context.session(options) as session:
        if not session.graph.resources and not session.desired.project.providers:
            raise SettingsError(
                "no manifest was found, so nothing was compared",
                "Check the path; a job that watches for drift must not be green for that.",
            )
        current = make_plan(session)
        if write:
            _write(context, session, current, accept)
        plan, graph = current.plan, session.graph
    if write:
        # The files were changed: what differs now is another question.
        with context.session(options) as session:
            plan, graph = make_plan(session).plan, session.graph
    emit(render(plan, graph, form, link), output)
    if any(not problem.blocked for problem in plan.obstacles):
        return ERROR
    if drifted(plan):
        return DRIFTED
    return BLOCKED if plan.obstacles else 0


def _write(
    context: CliContext, session: Session, current: CurrentPlan, accept: tuple[str, ...]
) -> None:
    for each in write_drift(session, current, accept):
        context.console.say(f"{each.path}: {each.file or f'not written, {each.why}'}")


def render(plan: Plan, graph: Graph, form: str, link: str) -> str:
    """The plan, read as drift, in one of the formats; ``graph`` tells what was compared."""
    if form == "markdown":
        return drift_markdown(plan, link)
    if form == "junit":
        return drift_junit(plan, graph)
    found = drifted(plan)
    if form == "json":
        return to_json(drift_data(found, plan.problems, plan.requests))
    if not graph.resources and not plan.obstacles:
        return NOTHING
    text = drift_text(found, plan.requests, certain=not plan.obstacles)
    return "\n".join([text, *problem_lines(plan.problems)])
