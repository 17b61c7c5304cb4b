"""``import``: a table of what is live, or manifests for what is chosen of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from reconciler.cli.context import CliContext, emit, pass_context
from reconciler.core.plan import Plan
from reconciler.flow import make_plan
from reconciler.importing import Candidate, Choice, Taken, candidates, choose, take
from reconciler.render.table import table

PARTLY, ERROR = 2, 1


@click.command("import")
@click.argument("objects", nargs=-1, metavar="[KIND[/ID]]...")
@click.option("--target", help="The target of the project to work on.")
@click.option("--all", "every", is_flag=True, help="All that nobody else manages.")
@click.option("--name", default="", metavar="GLOB", help="Objects whose name is like this.")
@click.option("--created-by", "maker", default="", metavar="USER", help="Objects of this user.")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the folders go; the project directory unless given.",
)
@pass_context
def import_(
    context: CliContext,
    /,
    objects: tuple[str, ...],
    target: str | None,
    every: bool,
    name: str,
    maker: str,
    into: Path | None,
) -> int:
    """Write manifests for live objects, or list them.

    Ends with a plan as its proof: an object that was taken whole only gets its marker.
    """
    choice = Choice(objects, every, name, maker)
    options = context.options((), target)
    with context.session(options) as session:
        rows = candidates(session)
        if not choice.given:
            emit(table([_row(row) for row in rows]))
            return 0
        place = into or context.project_dir
        taken = take(session, rows, choose(rows, choice), place, context.console.say)
    with context.session(options) as session:
        plan = make_plan(session).plan
    emit(table([_result(each, plan) for each in taken]))
    others = [problem for problem in plan.obstacles if not problem.address]
    for problem in others:
        context.console.say(f"{problem.message} [{problem.code}]")
    if others:
        return ERROR
    whole = all(_whole(each, plan) for each in taken if not each.candidate.refused)
    return 0 if whole else PARTLY


def _row(row: Candidate) -> dict[str, Any]:
    live = row.live
    return {
        "kind": live.kind,
        "id": live.id,
        "name": live.name,
        "owner": row.owner,
        "in use": live.in_use,
        "made by": row.maker,
        "manifest": row.name,
        "note": row.refused,
    }


def _result(taken: Taken, plan: Plan) -> dict[str, Any]:
    row = taken.candidate
    result = taken.problem or _difference(row.address, plan) or "taken: empty plan but its marker"
    return {
        "kind": row.live.kind,
        "name": row.live.name,
        "manifest": str(taken.manifest or ""),
        "result": "; ".join((result, *taken.lost)),
    }


def _whole(taken: Taken, plan: Plan) -> bool:
    return taken.manifest is not None and not _difference(taken.candidate.address, plan)


def _difference(address: str, plan: Plan) -> str:
    """What the plan would do to an object beside writing its marker; '' for nothing."""
    problems = [each.message for each in plan.obstacles if each.address == address]
    if problems:
        return problems[0]
    steps = [each for each in plan.steps if str(each.address) == address and each.action != "adopt"]
    paths = [field.path for step in steps for field in step.fields]
    if not steps:
        return ""
    return f"differs: {', '.join(paths) or '; '.join(step.reason for step in steps)}"
