"""``apply``: plan again, show it, ask, and do exactly that; or do a saved plan, and only that."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import click

from reconciler.apply import Guard
from reconciler.cli.context import (
    CliContext,
    complete,
    emit,
    format_option,
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
from reconciler.flow import apply_plan, make_plan
from reconciler.live import CurrentPlan
from reconciler.render.data import plan_data, report_data, to_json
from reconciler.render.text import plan_text, report_text
from reconciler.review import confirm_plan, guard_plan, save_plan
from reconciler.session import RunOptions, Session

SHOW_AGAIN = "Run `reconciler apply` again and review the plan that it shows."


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """How an apply is approved and reported.

    ``expect`` is the digest of the plan that was reviewed, '' when none was given.  ``confirm`` is
    the name of the project that is to be destroyed.
    """

    auto_approve: bool
    form: str
    report: Path | None
    expect: str = ""
    confirm: str = ""


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


confirm_option = click.option(
    "--confirm", metavar="NAME", default="", help="The project to destroy, with --auto-approve."
)


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
@confirm_option
@format_option("text", "json")
def apply(
    context: CliContext,
    options: RunOptions,
    /,
    auto_approve: bool,
    report: Path | None,
    expect: str,
    confirm: str,
    form: str,
) -> int:
    """Make live match the manifests, or carry out a saved plan.

    A plan saved by `plan --out` is named in the place of the paths, as PLAN.JSON.
    """
    how = ApplyOptions(auto_approve, form, report, expect, confirm)

    def failed(problems: tuple[Problem, ...]) -> str:
        return _data(Plan("", options.target, problems=problems), Report(()))

    with complete(form, failed):
        if is_plan_file(options.paths):
            return _apply_saved(context, options, how)
        options = replace(options, own_files=(report,) if report else ())
        with context.session(options) as session, session.lock():
            return run_plan(context, session, make_plan(session), how)


def _apply_saved(context: CliContext, options: RunOptions, how: ApplyOptions) -> int:
    (path,) = options.paths
    saved = read_plan(path)
    if options.prune or options.select or options.retry_failed:
        refused = "--prune, --select and --retry-failed"
        raise click.UsageError(f"{refused} are chosen when a plan is made, not here")
    options = replace(
        options,
        paths=context.options(tuple(options.project_dir / p for p in saved.binding.paths)).paths,
        target=options.target or saved.plan.target,
        select=saved.binding.select,
        prune=saved.binding.prune,
        retry_failed=saved.binding.retry_failed,
        mode=saved.binding.mode,
        forget=saved.binding.forget,
        own_files=(path, how.report) if how.report else (path,),
    )
    with _bound(context, options) as session, session.lock():
        saved = read_plan(path)  # once more: who held the lock until now may have used it
        current = make_plan(session)
        guard = confirm_plan(session, saved, current)
        return run_plan(context, session, current, how, Reviewed(saved, path, guard))


def _bound(context: CliContext, options: RunOptions) -> Session:
    """A run over the manifests of a saved plan; StalePlanError when they cannot be loaded now."""
    try:
        return context.session(options)
    except (ManifestError, SettingsError) as error:
        problems = problems_of(error)
        first = ": ".join(filter(None, (problems[0].location, problems[0].message)))
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise StalePlanError(
            f"the manifests of this plan cannot be loaded: {first}{more}",
            f"Correct them, then: {AGAIN}",
        ) from error


def run_plan(
    context: CliContext,
    session: Session,
    current: CurrentPlan,
    how: ApplyOptions,
    reviewed: Reviewed | None = None,
) -> int:
    """Show the plan, have it approved, carry it out and report; the exit code."""
    plan = current.plan
    if how.form == "text":
        emit(plan_text(plan))
    if how.expect:
        check_expected(plan, how.expect)
    done, code = Report(()), exit_code(plan, detailed=False)
    if how.report:
        # Before the first write: afterwards it would be too late to ask for another place.
        emit(to_json(report_data(done)), how.report)
    if code == 0 and plan.steps:
        current, guard = _agreed(session, current, how, reviewed)
        if reviewed:
            # Before the first write: whatever happens from here on, it is used up.
            mark_applied(reviewed.saved, reviewed.path)
        steps = len(current.plan.steps)
        with context.console.steps(steps) as listener, interruptible() as stop:
            done = apply_plan(session, current, listener, stop, guard)
        context.environment.applied(current.plan, done)
        code = done.exit_code
        if how.report:
            emit(to_json(report_data(done)), how.report)
        if how.form == "text":
            emit(report_text(done))
    if how.form == "json":
        emit(_data(current.plan, done))
    if done.cut:
        leave(code)
    return code


def _data(plan: Plan, done: Report) -> str:
    return to_json({"plan": plan_data(plan), "report": report_data(done)})


def _answered(steps: int, destroyed: str) -> bool:
    """Whether the user agrees; to destroy a project takes its name."""
    if not destroyed:
        return click.confirm(f"Apply these {steps} steps?", err=True)
    question = f"This destroys all that {destroyed} owns. Type the project's name to go on"
    return str(click.prompt(question, err=True)) == destroyed


def _agreed(
    session: Session, current: CurrentPlan, how: ApplyOptions, reviewed: Reviewed | None
) -> tuple[CurrentPlan, Guard | None]:
    """The plan to apply and its guard, once the user agrees to what was shown."""
    destroyed = session.desired.project.name if session.options.mode == "destroy" else ""
    if how.auto_approve:
        if destroyed and how.confirm != destroyed:
            raise click.UsageError(
                f"this destroys all that {destroyed} owns: add --confirm {destroyed}"
            )
        if reviewed:
            return current, reviewed.guard
        return current, guard_plan(session, current) if how.expect else None
    if not sys.stdin.isatty():
        raise click.UsageError("nobody can be asked here: review the plan, then use --auto-approve")
    shown = reviewed.saved if reviewed else save_plan(session, current)
    if not _answered(len(current.plan.steps), destroyed):
        answer = f"Type {destroyed}" if destroyed else "Answer y"
        raise ReconcilerError("nothing was applied", f"{answer}, or use --auto-approve.")
    try:
        # The answer may take hours: what was shown must still be what the plan is.
        current = make_plan(session)
        return current, confirm_plan(session, shown, current)
    except StalePlanError as error:
        hint = error.hint if reviewed else error.hint.replace(AGAIN, SHOW_AGAIN)
        raise StalePlanError(error.message, hint) from error
