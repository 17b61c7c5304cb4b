"""A plan read as a report: what on the platform is not as git says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from reconciler.core.plan import Plan
from reconciler.core.resource import Address
from reconciler.core.step import FieldChange, Step

STATES = {
    "create": "missing",
    "update": "changed",
    "replace": "changed",
    "run": "changed",
    "delete": "extra",
    "check": "failed",
}

REASONS = {
    "missing": "git has it, the platform does not",
    "changed": "the platform differs from git",
    "extra": "is ours, and no manifest names it",
}


@dataclass(frozen=True, slots=True)
class DriftedObject:
    """One object that differs; ``state`` is changed, missing, extra or failed."""

    address: Address
    state: str
    reason: str
    fields: tuple[FieldChange, ...] = ()


def drifted(plan: Plan) -> tuple[DriftedObject, ...]:
    """Every object that the plan would touch, in plan order.

    Steps that only write a marker or only wait change nothing that a person could have changed, and
    a run that is due anyway says nothing of the platform.
    """
    return tuple(_objects(step for step in plan.steps if step.action in STATES and not _idle(step)))


def _idle(step: Step) -> bool:
    return step.action == "run" and (step.expected or not step.calls)


def _objects(steps: Iterable[Step]) -> Iterator[DriftedObject]:
    for address, group in groupby(steps, key=lambda step: step.address):
        of = list(group)
        failed = next((step for step in of if step.action == "check"), None)
        main = failed or of[0]
        state = STATES[main.action]
        fields = tuple(field for step in of for field in step.fields)
        # An object that is not there has no fields that differ.
        shown = () if state == "missing" else fields
        # What is to be run says itself what is missing; nobody need have changed anything.
        reason = main.reason if main.action == "run" else REASONS.get(state, main.reason)
        yield DriftedObject(address, state, reason, shown)
