"""``apply``: plan again, show it, ask, and do exactly that."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any

import click

from reconciler.cli.plan import exit_code
from reconciler.cli.shared import (
    Shared,
    emit,
    format_option,
    pass_shared,
    problems_of,
    run_options,
)
from reconciler.core.plan import Plan
from reconciler.core.report import Report
from reconciler.errors import ReconcilerError
from reconciler.flow import Session
from reconciler.render.data import plan_data, report_data, to_json
from reconciler.render.text import plan_text, report_text


@click.command()
@run_options
@click.option("--auto-approve", is_flag=True, help="Do not ask; needed where nobody can answer.")
@click.option("--prune", is_flag=True, help="Delete what is ours and has no manifest any more.")
@click.option("--retry-failed", is_flag=True, help="Start failed jobs again.")
@click.option("--allow-mass-change", is_flag=True, help="Go over the policy's percentages once.")
@click.option(
    "--report", type=click.Path(path_type=Path, dir_okay=False), help="Write the result as JSON."
)
@format_option("text", "json")
@pass_shared
def apply(
    shared: Shared,
    /,
    paths: tuple[Path, ...],
    auto_approve: bool,
    report: Path | None,
    form: str,
    **wishes: Any,
) -> int:
    """Make live match the manifests; what is done is what the plan above it says."""
    try:
        with shared.session(paths, **wishes) as session:
            return _apply(shared, session, auto_approve, report, form)
    except ReconcilerError as error:
        if form == "json":
            empty = Plan("", wishes["target"], problems=problems_of(error))
            emit(to_json({"plan": plan_data(empty), "report": report_data(Report(()))}))
        raise


def _apply(
    shared: Shared, session: Session, auto_approve: bool, report: Path | None, form: str
) -> int:
    plan = session.plan()
    if form == "text":
        emit(plan_text(plan))
    done = Report(())
    code = exit_code(plan, detailed=False)
    if code == 0 and plan.steps:
        _agree(auto_approve, len(plan.steps))
        with shared.console.steps(len(plan.steps)) as listener, _interruptible() as stop:
            done = session.apply(plan, listener, stop)
        code = done.exit_code
        if form == "text":
            emit(report_text(done))
    if form == "json":
        emit(to_json({"plan": plan_data(plan), "report": report_data(done)}))
    if report:
        report.write_text(to_json(report_data(done)) + "\n", encoding="utf-8")
    return code


def _agree(auto_approve: bool, count: int) -> None:
    if auto_approve:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("nobody can be asked here: review the plan, then use --auto-approve")
    click.confirm(f"Apply these {count} steps?", abort=True, err=True)


@contextmanager
def _interruptible() -> Iterator[Event]:
    """Ctrl-C and SIGTERM stop new steps; what runs is finished and reported."""
    stop = Event()

    def handle(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
