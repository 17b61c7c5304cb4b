"""A plan and its drift as Markdown for a pull request, the riskiest objects first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from reconciler.core.drift import DriftedObject, drifted
from reconciler.core.plan import Plan
from reconciler.errors import Problem
from reconciler.render.drift import live_lines
from reconciler.render.header import header
from reconciler.render.markdown_page import Entry, Page, render
from reconciler.render.markdown_text import code, prose
from reconciler.render.objects import DESTRUCTIVE, Touched, counts, step_lines, touched, verdict
from reconciler.render.text import scope, untouched_lines

MOST_NAMES = 5
STATES = ("failed", "missing", "extra", "changed")


def plan_markdown(plan: Plan, link: str = "") -> str:
    """The plan for its reviewer; ``link`` leads to the whole run."""
    objects = touched(plan)
    page = Page(
        marker=_marker(plan, "plan"),
        title=_plan_title(plan),
        command=_command(plan, "plan"),
        columns=("Old", "New"),
        news=tuple(_news(plan, objects)),
        problems=_riskiest(plan),
        entries=tuple(_planned(each) for each in objects),
        untouched=tuple(untouched_lines(plan.untouched)),
        requests=plan.requests,
        link=link,
    )
    return render(page)


def drift_markdown(plan: Plan, link: str = "") -> str:
    """The plan read as drift: what is live against what git says."""
    found = sorted(drifted(plan), key=lambda each: STATES.index(each.state))
    page = Page(
        marker=_marker(plan, "drift"),
        title=_drift_title(plan, Counter(each.state for each in found)),
        command=_command(plan, "drift"),
        columns=("Live", "Git"),
        problems=_riskiest(plan),
        entries=tuple(_drifted(each) for each in found),
        requests=plan.requests,
        link=link,
    )
    return render(page)


def _marker(plan: Plan, command: str) -> str:
    """What a bot looks for to find its own comment again."""
    project = plan.project or "unknown"
    return f"reconciler:{command} scope={project}{f'/{plan.target}' if plan.target else ''}"


def _command(plan: Plan, command: str) -> str:
    target = f" --target {plan.target}" if plan.target else ""
    return f"reconciler {command}{target} --format json"


def _riskiest(plan: Plan) -> tuple[Problem, ...]:
    return tuple(sorted(plan.problems, key=lambda each: (each.warning, not each.blocked)))


def _plan_title(plan: Plan) -> str:
    where = f" for {prose(scope(plan))}" if plan.project else ""
    summary = _told(counts(plan))
    if summary:
        return f"Plan{where}: {summary}; {plan.unchanged} unchanged"
    if plan.obstacles:
        return f"No plan{where}: {_problems(plan)}"
    return f"Plan{where}: no changes"


def _drift_title(plan: Plan, states: Counter[str]) -> str:
    where = f" in {prose(scope(plan))}" if plan.project else ""
    if states:
        return f"Drift{where}: {_told({state: states[state] for state in STATES})}"
    return f"Drift{where} is not known: {_problems(plan)}" if plan.obstacles else f"No drift{where}"


def _told(numbers: dict[str, int]) -> str:
    return ", ".join(f"{count} {what}" for what, count in numbers.items() if count)


def _problems(plan: Plan) -> str:
    count = len(plan.obstacles)
    return f"{count} problem{'' if count == 1 else 's'}"


def _news(plan: Plan, objects: tuple[Touched, ...]) -> Iterator[str]:
    """Where the plan goes and its digest, then what nobody may overlook."""
    shown = [
        f"{label} {code(value)}{f' ({word})' if word else ''}"
        for label, value, word in header(plan)
    ]
    if shown:
        yield " · ".join(shown)
    doomed = [each for each in objects if each.action in DESTRUCTIVE]
    if doomed:
        names = ", ".join(code(each.address, 80) for each in doomed[:MOST_NAMES])
        more = f" and {len(doomed) - MOST_NAMES} more" if len(doomed) > MOST_NAMES else ""
        yield f"**Live objects would be deleted:** {names}{more}."
    if verdict(plan):
        yield f"**{verdict(plan)}**"


def _planned(each: Touched) -> Entry:
    return Entry(
        word=each.action,
        address=each.address,
        what=each.reason,
        notes=tuple(step_lines(each)),
        fields=each.fields,
        bold=each.action in DESTRUCTIVE,
    )


def _drifted(found: DriftedObject) -> Entry:
    fields = tuple(replace(field, detail=tuple(live_lines(field))) for field in found.fields)
    return Entry(found.state, str(found.address), found.reason, fields=fields)
