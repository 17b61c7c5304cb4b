"""``apply``: plan again, show it, ask, and do exactly that; or do a saved plan, and only that."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from reconciler.apply import Guard
from reconciler.cli.context import (
    CliContext,
    complete,
    emit,
    format_option,
    pass_context,
    problems_of,
    run_options,
)
from reconciler.cli.interrupt import interruptible, leave
from reconciler.cli.plan import exit_code
from reconciler.cli.plan_file import is_plan_file, mark_applied, read_plan
from reconciler.core.plan import Plan
from reconciler.core.plan_compare import AGAIN, check_expected
from reconciler.core.report import Report
from reconciler.core.saved_plan import SavedPlan
from reconciler.errors import ManifestError, Problem, ReconcilerError, SettingsError, StalePlanError
from reconciler.flow import Session
from reconciler.render.data import plan_data, report_data, to_json
from reconciler.render.text import plan_text, report_text

SHOW_AGAIN = "Run `reconciler apply` again and review the plan that it shows."


@dataclass(frozen=True, slots=True)
class Wish:
    """How an apply is to be agreed on and reported.

    ``expect`` is the digest of the plan that was reviewed, '' when none was given.
    """

    auto_approve: bool
    form: str
    report: Path | None
    expect: str


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A saved plan that equals the current one, its file, and who watches over its objects."""

    saved: SavedPlan
    path: Path
    guard: Guard


def _digest_form(context: click.Context, option: click.Parameter, value: str) -> str:
    if value and not re.fullmatch(r"sha256:[0-9a-f]{64}", value):
        raise click.BadParameter("a digest is sha256: and 64 digits, as `plan` prints it.")
    return value


@click.command()
@run_options
@click.option("--auto-approve", is_flag=True, help="Do not ask; needed where nobody can answer.")
@click.option("--prune", is_flag=True, help="Delete what is ours and has no manifest any more.")
@click.option("--retry-failed", is_flag=True, help="Start failed jobs again.")
@click.option("--allow-mass-change", is_flag=True, help="Go over the policy's percentages once.")
@click.option("--allow-rollback", is_flag=True, help="Let an older commit go over a newer one.")
@click.option(
    "--expect",
    metavar="DIGEST",
    default="",
    callback=_digest_form,
    help="Apply only the plan with this digest, as `plan` printed it.",
)
@click.option(
    "--report", type=click.Path(path_type=Path, dir_okay=False), help="Write the result as JSON."
)
@format_option("text", "json")
@pass_context
def apply(
    context: CliContext,
    /,
    paths: tuple[Path, ...],
    auto_approve: bool,
    report: Path | None,
    expect: str,
    form: str,
    **wishes: Any,
) -> int:
    """Make live match the manifests, or carry out a saved plan.

    A plan saved by `plan --out` is named in the place of the paths, as PLAN.JSON.
    """
    wish = Wish(auto_approve, form, report, expect)

    def failed(problems: tuple[Problem, ...]) -> str:
        return _data(Plan("", wishes["target"], problems=problems), Report(()))

    with complete(form, failed):
        if is_plan_file(paths):
            return _apply_saved(context, paths[0], wish, wishes)
        own = (report,) if report else ()
        with context.session(paths, own_files=own, **wishes) as session, session.lock():
            return _apply(context, session, session.plan(), wish)


def _apply_saved(context: CliContext, path: Path, wish: Wish, wishes: dict[str, Any]) -> int:
    saved = read_plan(path)
    if wishes["prune"] or wishes["select"] or wishes["retry_failed"]:
        options = "--prune, --select and --retry-failed"
        raise click.UsageError(f"{options} are chosen when a plan is made, not here")
    bound = {
        "target": wishes["target"] or saved.plan.target,
        "select": saved.binding.select,
        "prune": saved.binding.prune,
        "retry_failed": saved.binding.retry_failed,
        "own_files": (path, wish.report) if wish.report else (path,),
    }
    with _bound(context, saved, {**wishes, **bound}) as session, session.lock():
        saved = read_plan(path)  # once more: who held the lock until now may have used it
        fresh, guard = session.confirm(saved)
        return _apply(context, session, fresh, wish, Reviewed(saved, path, guard))


def _bound(context: CliContext, saved: SavedPlan, wishes: dict[str, Any]) -> Session:
    """A run over the manifests that the plan names; StalePlanError when they are others now."""
    paths = tuple(context.project_dir / path for path in saved.binding.paths)
    try:
        return context.session(paths, **wishes)
    except (ManifestError, SettingsError) as error:
        problems = problems_of(error)
        first = ": ".join(filter(None, (problems[0].location, problems[0].message)))
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise StalePlanError(
            f"the manifests of this plan cannot be loaded: {first}{more}",
            f"Correct them, then: {AGAIN}",
        ) from error


def _apply(
    context: CliContext, session: Session, plan: Plan, wish: Wish, reviewed: Reviewed | None = None
) -> int:
    if wish.form == "text":
        emit(plan_text(plan))
    if wish.expect:
        check_expected(plan, wish.expect)
    done, code = Report(()), exit_code(plan, detailed=False)
    if wish.report:
        # Before the first write: afterwards it would be too late to ask for another place.
        emit(to_json(report_data(done)), wish.report)
    if code == 0 and plan.steps:
        plan, guard = _agreed(session, plan, wish, reviewed)
        if reviewed:
            # Before the first write: whatever happens from here on, it is used up.
            mark_applied(reviewed.saved, reviewed.path)
        with context.console.steps(len(plan.steps)) as listener, interruptible() as stop:
            done = session.apply(plan, listener, stop, guard)
        code = done.exit_code
        if wish.report:
            emit(to_json(report_data(done)), wish.report)
        if wish.form == "text":
            emit(report_text(done))
    if wish.form == "json":
        emit(_data(plan, done))
    if done.cut:
        leave(code)
    return code


def _data(plan: Plan, done: Report) -> str:
    return to_json({"plan": plan_data(plan), "report": report_data(done)})


def _agreed(
    session: Session, plan: Plan, wish: Wish, reviewed: Reviewed | None
) -> tuple[Plan, Guard | None]:
    """The plan to apply and its guard, once the user agrees to what was shown."""
    if wish.auto_approve:
        guard = session.guard(plan) if wish.expect else None
        return plan, reviewed.guard if reviewed else guard
    if not sys.stdin.isatty():
        raise click.UsageError("nobody can be asked here: review the plan, then use --auto-approve")
    shown = reviewed.saved if reviewed else session.save(plan)
    if not click.confirm(f"Apply these {len(plan.steps)} steps?", err=True):
        raise ReconcilerError("nothing was applied", "Answer y, or use --auto-approve.")
    try:
        # The answer may take hours: what was shown must still be what the plan is.
        return session.confirm(shown)
    except StalePlanError as error:
        hint = error.hint if reviewed else error.hint.replace(AGAIN, SHOW_AGAIN)
        raise StalePlanError(error.message, hint) from error
