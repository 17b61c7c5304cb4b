"""Plans, drift and reports for a person at a terminal or in a log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from reconciler.core.plan import Plan
from reconciler.core.report import Report, StepResult
from reconciler.core.resource import Address
from reconciler.core.step import FieldChange, Step
from reconciler.core.untouched import Untouched
from reconciler.errors import Problem
from reconciler.render.header import header_text
from reconciler.render.plain import log_lines, plain, value
from reconciler.render.table import table

SIGNS = {
    "create": "+",
    "update": "~",
    "replace": "±",
    "delete": "-",
    "run": ">",
    "adopt": "=",
    "check": "?",
}
NOTHING = "No manifests, so nothing was compared."
NO_CHANGES = "No changes. What is live is what the manifests say."


def plan_text(plan: Plan) -> str:
    """The whole plan: each object with its fields, then counts, what is left alone, problems."""
    lines = [f"Plan for {scope(plan)}", *map(plain, header_text(plan)), ""]
    for address, steps in groupby(plan.steps, key=lambda step: step.address):
        lines += [*_object(address, list(steps)), ""]
    if plan.steps:
        lines.append(summary_line(plan))
    elif not plan.obstacles:
        lines.append(NO_CHANGES if plan.unchanged else NOTHING)
    if plan.untouched:
        lines += ["Untouched:", *(f"  {line}" for line in untouched_lines(plan.untouched))]
    lines += problem_lines(plan.problems)
    lines.append(requests_line(plan.requests))
    return "\n".join(lines)


def scope(plan: Plan) -> str:
    """``fraud``, or ``fraud, target prod``."""
    return plain(f"{plan.project}, target {plan.target}" if plan.target else plan.project)


def summary_line(plan: Plan) -> str:
    """``Plan: 2 create, 1 update; 3 unchanged.``"""
    counts = {action: count for action, count in plan.summary.items() if count}
    unchanged = counts.pop("unchanged", 0)
    summary = ", ".join(f"{count} {action}" for action, count in counts.items())
    return f"Plan: {summary}; {unchanged} unchanged."


def _object(address: Address, steps: list[Step]) -> Iterator[str]:
    first = steps[0]
    yield f"  {SIGNS[first.action]} {plain(str(address))}: {first.action}"
    for step in steps:
        part = step.id.partition("#")[2]
        yield f"      {part or 'itself'}: {step.action}, {plain(step.reason)}"
        for field in step.fields:
            # That everything about a new object is new needs no saying, line by line.
            yield from _field(field, summary=step.action != "create")
        yield from (f"        {line}" for line in wait_lines(step))


def wait_lines(step: Step) -> Iterator[str]:
    """What an apply of the step waits for, and how long."""
    for wait in step.waits if step.action != "check" else ():
        yield f"waits for {wait.operation.replace('_', ' ')}, {wait.timeout:g} s at most"


def _field(field: FieldChange, *, summary: bool = True) -> Iterator[str]:
    why = f"  ({plain(field.reason)})" if summary else ""
    if field.old is None:
        yield f"        + {plain(field.path)}: {value(field.new, field.unit)}{why}"
    elif field.new is None:
        yield f"        - {plain(field.path)}: {value(field.old, field.unit)}{why}"
    else:
        change = f"{value(field.old, field.unit)} -> {value(field.new, field.unit)}"
        yield f"        ~ {plain(field.path)}: {change}{why}"
    yield from (f"            {plain(line)}" for line in field.detail)


def untouched_lines(entries: tuple[Untouched, ...]) -> Iterator[str]:
    """What is seen and not touched, one sentence each; other owners' objects only counted."""
    foreign = Counter(entry.kind for entry in entries if entry.why == "foreign")
    for kind, count in sorted(foreign.items()):
        yield f"{count} {kind} of other owners"
    for entry in entries:
        name = f"{entry.kind}/{plain(entry.name)}"
        if entry.why == "orphan":
            advice = f"it is {plain(entry.note)}" if entry.note else "--prune deletes it"
            yield f"{name} ({plain(entry.id)}) is ours and has no manifest; {advice}"
        if entry.why == "maker":
            role = plain(str(entry.old))
            yield f"{name} {plain(entry.path)}: {role}, not on the list, but made the object"
        if entry.why == "ignored" and entry.note:
            yield f"{name} {plain(entry.path)}: {entry.note}, ignored as the manifest says"
        elif entry.why == "ignored":
            yield (
                f"{name} {plain(entry.path)}: {value(entry.old)} instead of {value(entry.new)}, "
                "ignored as the manifest says"
            )


def problem_lines(problems: Iterable[Problem]) -> Iterator[str]:
    """Each problem with its place and, below it, what to do."""
    for problem in problems:
        place = problem.location or problem.address
        parts = (severity(problem), place, f"{sentence(problem)} [{problem.code}]")
        yield plain(": ".join(part for part in parts if part))
        if problem.hint:
            yield f"  -> {plain(problem.hint)}"


def severity(problem: Problem) -> str:
    """``blocked`` for policy and protection, ``warning`` or ``error``."""
    return "blocked" if problem.blocked else "warning" if problem.warning else "error"


def sentence(problem: Problem) -> str:
    """The message, led by the key path where it does not name it itself."""
    key = problem.path.removeprefix("spec.")
    named = not key or problem.path in problem.message or problem.message.startswith(f"{key} ")
    return problem.message if named else f"{problem.path}: {problem.message}"


def requests_line(requests: Mapping[str, int]) -> str:
    """``Requests: 4 GET, 1 PATCH.``"""
    summary = ", ".join(f"{count} {method}" for method, count in requests.items())
    return f"Requests: {summary or 'none'}."


def report_text(report: Report) -> str:
    """What was done and, for whatever was not, why and what to type next."""
    lines = [line for result in report.results for line in _result(result)]
    counts = {state: count for state, count in report.summary.items() if count}
    summary = ", ".join(f"{count} {_state(state)}" for state, count in counts.items())
    return "\n".join(
        [*lines, f"Applied: {summary or 'nothing to do'}. {requests_line(report.requests)}"]
    )


def _state(state: str) -> str:
    return "not reached" if state == "notReached" else state


def _result(result: StepResult) -> Iterator[str]:
    because = f" because {plain(result.cause)} failed" if result.cause else ""
    yield f"  {_state(result.state):<11} {plain(result.id)} ({result.action}){because}"
    if result.error:
        yield f"      {plain(result.error)}"
    for line in log_lines(result.log):
        yield f"      | {line}"
    if result.hint:
        yield f"      -> {plain(result.hint)}"
    rows = result.outputs.get("table")
    if rows:
        yield from (f"      {line}" for line in table(rows).splitlines())
    if result.state == "failed" and result.done_calls:
        yield f"      {result.done_calls} write(s) of this step took effect before it failed"
