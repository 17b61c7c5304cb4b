"""The safety checks of a plan.

Cases: fixed, one-way and locked fields, protected and deployed objects, percentages of deleted
and changed objects at the edge, the way to let a mass change through.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.checks import (
    Policy,
    delete_problems,
    field_problems,
    mass_problems,
    replaces,
)
from reconciler.core.diff import diff
from reconciler.core.resource import Resource
from reconciler.core.step import Step
from reconciler.errors import Problem
from tests.support.fleet_kinds import SHIP, ShipFacts, address, codes, live, resource


def refused(wanted: Resource, spec: dict[str, Any], **facts: Any) -> list[Problem]:
    """The problems of a ship's fields."""
    found = live("Ship/argo", spec, facts=ShipFacts(**facts))
    difference = diff(wanted.spec, spec, SHIP.rules, wanted.lifecycle.ignore_changes)
    return list(field_problems(wanted, found, difference, SHIP))


def test_a_fixed_field_needs_leave_to_replace() -> None:
    (problem,) = refused(resource("Ship/argo", {"hull": "oak"}), {"hull": "elm"})
    assert problem.code == "needs-replace"
    assert (problem.address, problem.path) == ("Ship/argo", "spec.hull")
    assert "allowReplace" in problem.hint
    assert not problem.blocked
    assert (
        refused(resource("Ship/argo", {"hull": "oak"}, allow_replace=True), {"hull": "elm"}) == []
    )


def test_leave_to_replace_is_no_use_where_nothing_can_be_deleted() -> None:
    wanted = resource("Ship/argo", {"hull": "oak"}, allow_replace=True)
    difference = diff({"hull": "oak"}, {"hull": "elm"}, SHIP.rules)
    kind = replace(SHIP, delete=None)
    assert codes(field_problems(wanted, live("Ship/argo"), difference, kind)) == ["needs-replace"]


def test_what_needs_a_replace_is_known_by_its_rule() -> None:
    difference = diff(
        {"hull": "oak", "name": "b", "x": 1}, {"hull": "elm", "name": "a"}, SHIP.rules
    )
    assert [change.path for change in replaces(difference, SHIP)] == ["hull"]
    assert replaces(diff({"name": "b"}, {"name": "a"}, SHIP.rules), SHIP) == ()


def test_a_one_way_field_may_be_switched_on_and_never_off() -> None:
    assert codes(refused(resource("Ship/argo", {"armed": False}), {"armed": True})) == ["one-way"]
    assert codes(refused(resource("Ship/argo", {"armed": None}), {"armed": True})) == ["one-way"]
    assert refused(resource("Ship/argo", {"armed": True}), {"armed": False}) == []
    assert refused(resource("Ship/argo", {"armed": True}), {}) == []
    assert refused(resource("Ship/argo", {"armed": False}), {}) == []


def test_a_locked_field_waits_for_what_locks_it() -> None:
    wanted = resource("Ship/argo", {"flag": "red", "name": "b"})
    before = {"flag": "blue", "name": "a"}
    (problem,) = refused(wanted, before, at_sea="2 voyages")
    assert (problem.code, problem.path) == ("locked", "spec.flag")
    assert "2 voyages" in problem.message
    assert refused(wanted, before, at_sea=0) == refused(wanted, before) == []
    assert refused(resource("Ship/argo", {"flag": "blue"}), before, at_sea=2) == []


def test_an_ignored_field_is_no_problem() -> None:
    wanted = resource("Ship/argo", {"hull": "oak", "flag": "red"}, ignore_changes=("hull", "flag"))
    assert refused(wanted, {"hull": "elm", "flag": "blue"}, at_sea=1) == []


def test_protection_blocks_a_delete_and_a_deployment_makes_it_impossible() -> None:
    assert list(delete_problems(live("Ship/argo"), "Ship/argo")) == []
    (problem,) = delete_problems(live("Ship/argo", protected=True), "Ship/argo")
    assert (problem.code, problem.blocked, problem.address) == ("protected", True, "Ship/argo")
    assert "argo-id" in problem.message
    (problem,) = delete_problems(live("Ship/argo", in_use="2 deployment(s)"), "Ship/argo")
    assert (problem.code, problem.blocked) == ("deployed", False)
    assert "2 deployment" in problem.message
    both = live("Ship/argo", protected=True, in_use="1 deployment(s)")
    assert codes(delete_problems(both, "Ship/argo")) == ["protected", "deployed"]


def steps(action: str, count: int) -> list[Step]:
    """Steps of as many objects."""
    names = [address(f"Dock/{action}-{number}") for number in range(count)]
    return [Step(str(name), name, action, "because") for name in names]


@pytest.mark.parametrize(
    ("deleted", "owned", "limit", "blocked"),
    [
        (3, 10, 30, False),
        (4, 10, 30, True),
        (1, 3, 33.3, True),
        (1, 3, 33.4, False),
        (1, 1, 100, False),
        (1, 10, 0, True),
        (0, 10, 0, False),
        (7, 100, 7, False),
    ],
)
def test_a_share_of_deletes_over_the_limit_is_blocked_and_at_the_limit_is_not(
    deleted: int, owned: int, limit: float, blocked: bool
) -> None:
    found = list(mass_problems(steps("delete", deleted), owned, Policy(max_delete_percent=limit)))
    assert codes(found) == ["mass-change"] * blocked
    assert all(problem.blocked for problem in found)


def test_the_message_shows_a_share_that_is_over_the_limit() -> None:
    (problem,) = mass_problems(steps("delete", 7), 23, Policy(max_delete_percent=30))
    assert "7 of 23 owned objects (31 %) would be deleted" in problem.message
    assert "maxDeletePercent is 30" in problem.message
    assert "--allow-mass-change" in problem.hint


def test_a_replace_deletes_and_both_count_as_changes() -> None:
    policy = Policy(max_delete_percent=40, max_change_percent=50)
    made = [*steps("replace", 2), *steps("delete", 2), *steps("update", 1)]
    assert [p.message.split(" would be ")[1] for p in mass_problems(made, 9, policy)] == [
        "deleted; policy.maxDeletePercent is 40",
        "changed; policy.maxChangePercent is 50",
    ]
    assert list(mass_problems(made, 10, policy)) == []


def test_what_is_made_run_or_adopted_is_no_mass_change() -> None:
    policy = Policy(max_delete_percent=0, max_change_percent=0)
    made = [step for action in ("create", "run", "adopt", "check") for step in steps(action, 5)]
    assert list(mass_problems(made, 1, policy)) == []


def test_two_steps_of_one_object_count_once() -> None:
    policy = Policy(max_change_percent=50)
    assert list(mass_problems(steps("update", 1) * 3, 2, policy)) == []


def test_a_mass_change_can_be_let_through_and_nothing_owned_is_nothing_lost() -> None:
    gone = steps("delete", 10)
    assert list(mass_problems(gone, 10, Policy(allow_mass_change=True))) == []
    assert list(mass_problems(gone, 0, Policy())) == []


@given(st.integers(0, 40), st.integers(1, 40), st.integers(0, 100))
def test_the_limit_is_exact_whatever_the_numbers(deleted: int, owned: int, limit: int) -> None:
    found = list(mass_problems(steps("delete", deleted), owned, Policy(max_delete_percent=limit)))
    over = deleted * 100 > limit * owned
    assert [p.message for p in found if "deleted" in p.message] == [
        p.message for p in found if over and "deleted" in p.message
    ]
    assert any("deleted" in problem.message for problem in found) is over
