"""A new object of which one part cannot be planned: no other part looks for what it would give."""

from __future__ import annotations

from dataclasses import replace

from reconciler.core.kind import Part, PlanContext
from reconciler.core.planner import build
from reconciler.core.step import Call, StepDraft
from reconciler.errors import Problem
from tests.support.fleet_kinds import KINDS, codes, live, resource, world


def refused(change: PlanContext) -> StepDraft:
    """Nothing can be done."""
    return StepDraft(problems=(Problem("no-way", "no"),))


def needy(change: PlanContext) -> StepDraft:
    """Cannot be planned without the id that the part before gives."""
    call = Call("x", "POST", "x/", {"id": change.own_outputs["id"]})
    return StepDraft("update", "needs the id", (), (call,))


def test_the_problem_is_told_and_the_rest_is_not_asked() -> None:
    dock = replace(KINDS["Dock"], parts=(Part("", refused), Part("more", needy)))
    kinds = {**KINDS, "Dock": dock}
    made = build(replace(world([resource("Dock/pier")]), kinds=kinds), "fleet", None)
    assert (codes(made.problems), made.steps) == (["no-way"], ())


def test_one_that_is_there_is_planned_to_the_end() -> None:
    seen: list[str] = []

    def watching(change: PlanContext) -> None:
        seen.append(change.own_outputs["id"])

    dock = replace(KINDS["Dock"], parts=(Part("", refused), Part("more", watching)))
    found = world([resource("Dock/pier")], [live("Dock/pier")])
    made = build(replace(found, kinds={**KINDS, "Dock": dock}), "fleet", None)
    assert (codes(made.problems), seen) == (["no-way"], ["pier-id"])
