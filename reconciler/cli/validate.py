"""``validate``: everything that can be known without a platform."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.shared import EVERY_PATH, Shared, emit, format_option, pass_shared
from reconciler.errors import ManifestError, Problem
from reconciler.render.data import problem_data, to_json
from reconciler.render.text import problem_lines


@click.command()
@click.argument("paths", nargs=-1, type=EVERY_PATH, metavar="[PATH]...")
@click.option("--target", help="The target whose variables and patches are used.")
@format_option("text", "json")
@pass_shared
def validate(shared: Shared, /, paths: tuple[Path, ...], target: str | None, form: str) -> int:
    """Check the manifests and their files offline; all problems at once."""
    problems: tuple[Problem, ...] = ()
    count = 0
    try:
        with shared.session(paths, target=target) as session:
            count = len(session.graph)
    except ManifestError as error:
        problems = error.problems
    if form == "json":
        found = [problem_data(problem) for problem in problems]
        emit(to_json({"valid": not problems, "resources": count, "problems": found}))
    elif problems:
        noun = "problem" if len(problems) == 1 else "problems"
        emit("\n".join([*problem_lines(problems), f"{len(problems)} {noun}"]))
    else:
        emit(f"{count} resource{'' if count == 1 else 's'}, no problem")
    return 1 if problems else 0
