"""``validate``: everything that can be known without a platform."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.context import (
    EVERY_PATH,
    CliContext,
    complete,
    emit,
    format_option,
    pass_context,
)
from reconciler.errors import ManifestError, Problem
from reconciler.render.data import problem_data, to_json
from reconciler.render.github import github
from reconciler.render.sarif import sarif
from reconciler.render.text import problem_lines


@click.command()
@click.argument("paths", nargs=-1, type=EVERY_PATH, metavar="[PATH]...")
@click.option("--target", help="The target whose variables and patches are used.")
@format_option("text", "json", "github", "sarif")
@pass_context
def validate(context: CliContext, /, paths: tuple[Path, ...], target: str | None, form: str) -> int:
    """Check the manifests and their files offline.  All problems at once."""

    def shown(problems: tuple[Problem, ...], count: int = 0) -> str:
        return render(problems, count, form)

    with complete(form, shown):
        problems, count = _checked(context, paths, target)
    emit(shown(problems, count), commands=form == "github")
    return 1 if errors(problems) else 0


def errors(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """The problems that are more than warnings."""
    return tuple(problem for problem in problems if not problem.warning)


def _checked(
    context: CliContext, paths: tuple[Path, ...], target: str | None
) -> tuple[tuple[Problem, ...], int]:
    """The problems, and where they are only warnings the number of resources."""
    try:
        with context.session(context.options(paths, target)) as session:
            return session.warnings(), len(session.graph)
    except ManifestError as error:
        return error.problems, 0


def render(problems: tuple[Problem, ...], count: int, form: str) -> str:
    """The problems in one of the formats; ``count`` is of the resources."""
    if form == "json":
        found = [problem_data(problem) for problem in problems]
        return to_json({"valid": not errors(problems), "resources": count, "problems": found})
    if form == "sarif":
        return sarif(problems)
    total = f"{count} resource{'' if count == 1 else 's'}, no problem"
    if form == "github" and problems:
        return github(problems)
    if wrong := len(errors(problems)):
        total = f"{wrong} problem{'' if wrong == 1 else 's'}"
    return "\n".join([*problem_lines(problems), total])
