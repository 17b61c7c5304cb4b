"""A plan by object, the riskiest first, as its reviewer reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from reconciler.core.plan import Plan
from reconciler.core.step import FieldChange, Step
from reconciler.render.text import NO_CHANGES, wait_lines

RISK = ("delete", "replace", "check", "update", "run", "create", "adopt")
DESTRUCTIVE = ("delete", "replace")


@dataclass(frozen=True, slots=True)
class Touched:
    """One object and all its steps; ``action`` is what happens to the object as a whole."""

    address: str
    action: str
    steps: tuple[Step, ...]

    @property
    def fields(self) -> tuple[FieldChange, ...]:
        """What differs, over all steps."""
        return tuple(field for step in self.steps for field in step.fields)

    @property
    def reason(self) -> str:
        """Why, in the words of its steps."""
        return "; ".join(dict.fromkeys(step.reason for step in self.steps))


def touched(plan: Plan) -> tuple[Touched, ...]:
    """Every object that the plan touches: deletes and replaces first, then in plan order."""
    return tuple(sorted(_objects(plan), key=lambda each: RISK.index(each.action)))


def counts(plan: Plan) -> dict[str, int]:
    """Objects by action, the riskiest first, without those that are not there."""
    summary = plan.summary
    return {action: summary[action] for action in RISK if summary[action]}


def verdict(plan: Plan) -> str:
    """Whether an apply would do this, in one sentence; nothing when it simply would."""
    if plan.blocked:
        return "Blocked by policy or protection: an apply refuses this plan."
    if plan.obstacles:
        return "There are problems to solve first: nothing of this can be applied."
    return "" if plan.steps else NO_CHANGES


def step_lines(each: Touched) -> Iterator[tuple[str, str]]:
    """For every step the part of the object it is about, and what it does and waits for."""
    for step in each.steps:
        part = step.id.partition("#")[2] or "itself"
        yield part, "; ".join([f"{step.action}, {step.reason}", *wait_lines(step)])


def _objects(plan: Plan) -> Iterator[Touched]:
    for address, group in groupby(plan.steps, key=lambda step: step.address):
        steps = tuple(group)
        yield Touched(str(address), steps[0].action, steps)
