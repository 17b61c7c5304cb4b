"""``logs``, ``history``, ``cancel`` and ``download``: looking after one live object."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.context import CliContext, complete, emit, format_option, pass_context
from reconciler.errors import Problem
from reconciler.find import find_live
from reconciler.render.data import problem_data, to_json
from reconciler.render.plain import log_lines, plain
from reconciler.render.table import table

address = click.argument("address", metavar="ADDRESS")
target = click.option("--target", help="The target of the project to work on.")


@click.command()
@address
@target
@click.option(
    "--build", "job", flag_value="build", default=True, help="The newest build (default)."
)
@click.option("--test", "job", flag_value="test", help="The newest model test.")
@click.option("--conversion", "job", flag_value="conversion", help="The newest conversion.")
@click.option(
    "--tail",
    "lines",
    type=click.IntRange(1, 100_000),
    default=100,
    show_default=True,
    help="How many of its last lines to show.",
)
@pass_context
def logs(context: CliContext, /, address: str, target: str | None, job: str, lines: int) -> None:
    """Show the end of a job's log."""
    with context.session(context.options(target=target)) as session:
        provider, live = find_live(session, address)
        emit("\n".join(log_lines(provider.logs(live, job, lines))))


@click.command()
@address
@target
@format_option("text", "json")
@pass_context
def history(context: CliContext, /, address: str, target: str | None, form: str) -> None:
    """List the versions of an object, newest first."""

    def failed(problems: tuple[Problem, ...]) -> str:
        found = [problem_data(problem) for problem in problems]
        return to_json({"address": address, "versions": None, "problems": found})

    with complete(form, failed), context.session(context.options(target=target)) as session:
        provider, live = find_live(session, address)
        rows = provider.history(live)
    history = {"address": address, "versions": list(rows), "problems": []}
    emit(to_json(history) if form == "json" else table(rows))


@click.command()
@address
@target
@pass_context
def cancel(context: CliContext, /, address: str, target: str | None) -> None:
    """Stop the running jobs of an object."""
    with context.session(context.options(target=target)) as session:
        provider, live = find_live(session, address)
        stopped = provider.cancel(live)
    emit("\n".join(f"stopped: {plain(what)}" for what in stopped) or "nothing was running")


@click.command()
@address
@target
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="A new folder."
)
@pass_context
def download(context: CliContext, /, address: str, target: str | None, output: Path) -> None:
    """Fetch the files of an object's newest version."""
    with context.session(context.options(target=target)) as session:
        provider, live = find_live(session, address)
        paths = provider.download(live, str(output))
    emit("\n".join(plain(str(output / path)) for path in paths))
