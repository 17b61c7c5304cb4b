"""The steps of a run as lines: a tree of what reads what, with states, times and errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from reconciler.providers.model_runs.responses import SKIPPED, SUCCESS, Run, RunStep, TestResult

MOST_LINES = 60
"""Lines of a failed run's tree; more of it is in ``logs``."""


def step_lines(steps: Sequence[RunStep]) -> Iterator[tuple[RunStep, str]]:
    """Each step with its line, below the step that it waits for.

    A step that reads several is shown below the last of them, because it starts after that one.
    """
    places = {step.model_name: place for place, step in enumerate(steps)}
    below: dict[str, list[RunStep]] = {}
    for step in steps:
        reads = [name for name in step.depends_on if name in places and name != step.model_name]
        above = max(reads, key=lambda name: places[name], default="")
        # Only what comes earlier in the list, so that a circle in the answer cannot loop.
        known = above and places[above] < places[step.model_name]
        below.setdefault(above if known else "", []).append(step)
    # Not by recursion: a chain of models may be longer than Python's stack.
    stack = [(step, 0) for step in reversed(below.get("", []))]
    while stack:
        step, depth = stack.pop()
        yield step, f"{'  ' * depth}{step_line(step)}"
        stack += [(child, depth + 1) for child in reversed(below.pop(step.model_name, []))]


def step_line(step: RunStep) -> str:
    """``fct_churn: SUCCESS, 1.5 s, 1,203 rows``."""
    parts = [step.status, duration(step.started_at, step.finished_at)]
    if step.rows_affected is not None:
        parts.append(_rows(step.rows_affected))
    line = f"{step.model_name}: {', '.join(part for part in parts if part)}"
    if not step.error_message:
        return line
    # The platform says of a skipped step that it was, once more.
    error = step.error_message.removeprefix("skipped: ")
    return f"{line} ({error})" if step.status == SKIPPED else f"{line}: {error}"


def run_log(run: Run, steps: Sequence[RunStep]) -> str:
    """What compiling said, then the whole tree."""
    lines = [line for _, line in step_lines(steps)]
    return "\n".join([*diagnostic_lines(run), *lines])


def failure_log(run: Run, steps: Sequence[RunStep]) -> str:
    """The tree of a failed run; of a long one only what did not succeed, with the error's text."""
    found = list(step_lines(steps))
    kept = [line for step, line in found if step.status != SUCCESS]
    lines = [*diagnostic_lines(run), *(line for _, line in found)]
    if len(lines) > MOST_LINES:
        shown = [line.lstrip() for line in kept[:MOST_LINES]]
        rest = f"and {len(found) - len(shown)} more steps; `reconciler logs` shows them all"
        lines = [*diagnostic_lines(run)[:MOST_LINES], *shown, rest]
    return "\n".join(lines)


def diagnostic_lines(run: Run) -> list[str]:
    """Errors and warnings of the compilation."""
    parts = run.compile_diagnostics
    errors = [f"error: {text}" for text in parts.errors]
    return [*errors, *(f"warning: {text}" for text in parts.warnings)]


def test_line(step: RunStep, test: TestResult) -> str:
    """``unique_fct_churn_id on fct_churn: FAIL, 5 rows: got 5 rows, expected 0``."""
    rows = "" if test.rows_returned is None else f", {_rows(test.rows_returned)}"
    error = f": {test.error_message}" if test.error_message else ""
    return f"{test.test_name} on {step.model_name}: {test.status}{rows}{error}"


def duration(start: datetime | None, end: datetime | None) -> str:
    """``1.5 s`` or ``3m05s``; '' while either end is not known."""
    if start is None or end is None:
        return ""
    seconds = max((end - start).total_seconds(), 0.0)
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest:02}s"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
