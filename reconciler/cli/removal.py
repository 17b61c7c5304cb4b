"""``destroy`` and ``forget``: plans that end what a project has to do with live objects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from reconciler.cli.apply import ApplyOptions, confirm_option, run_plan
from reconciler.cli.context import CliContext, complete, emit, format_option, pass_context
from reconciler.cli.plan import exit_code, render
from reconciler.cli.plan_file import write_plan
from reconciler.core.plan import Plan
from reconciler.core.report import Report
from reconciler.errors import Problem
from reconciler.flow import make_plan
from reconciler.render.data import plan_data, report_data, to_json
from reconciler.review import save_plan
from reconciler.session import RunOptions

F = TypeVar("F", bound=Callable[..., Any])


def _options(command: F) -> F:
    """What both commands take."""
    parameters = (
        click.option("--target", help="The target of the project to work on."),
        click.option(
            "--out",
            type=click.Path(path_type=Path, dir_okay=False),
            help="Save the plan for `apply FILE`, and do nothing else.",
        ),
        click.option("--auto-approve", is_flag=True, help="Do not ask."),
        click.option(
            "--allow-mass-change", is_flag=True, help="Go over the policy's percentages once."
        ),
        click.option(
            "--allow-rollback", is_flag=True, help="Let an older commit go over a newer one."
        ),
        click.option(
            "--report",
            type=click.Path(path_type=Path, dir_okay=False),
            help="Write the result as JSON.",
        ),
        format_option("text", "json"),
        pass_context,
    )
    for parameter in reversed(parameters):
        command = parameter(command)
    return command


@click.command()
@confirm_option
@_options
def destroy(
    context: CliContext,
    /,
    target: str | None,
    out: Path | None,
    confirm: str,
    auto_approve: bool,
    report: Path | None,
    form: str,
    **policy: Any,
) -> int:
    """Delete all live objects that this project owns.

    The same policy, protection and limits hold as for any other plan.
    """
    options = replace(context.options((), target), mode="destroy", **policy)
    how = ApplyOptions(auto_approve, form, report, confirm=confirm)
    return _run(context, options, how, out)


@click.command()
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@_options
def forget(
    context: CliContext,
    /,
    addresses: tuple[str, ...],
    target: str | None,
    out: Path | None,
    auto_approve: bool,
    report: Path | None,
    form: str,
    **policy: Any,
) -> int:
    """Take the marker off live objects, which stay.

    They are nobody's then, and another project may adopt them.
    """
    options = replace(context.options((), target), mode="forget", forget=addresses, **policy)
    return _run(context, options, ApplyOptions(auto_approve, form, report), out)


def _run(context: CliContext, options: RunOptions, how: ApplyOptions, out: Path | None) -> int:
    def failed(problems: tuple[Problem, ...]) -> str:
        plan = Plan("", options.target, problems=problems)
        return to_json({"plan": plan_data(plan), "report": report_data(Report(()))})

    own = tuple(path for path in (out, how.report) if path)
    with (
        complete(how.form, failed),
        context.session(replace(options, own_files=own)) as session,
        session.lock(),
    ):
        current = make_plan(session)
        if out is None:
            return run_plan(context, session, current, how)
        write_plan(save_plan(session, current), out)
        emit(render(current.plan, how.form))
        return exit_code(current.plan, detailed=False)
