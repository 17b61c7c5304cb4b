"""The reviewed plan against the current one.

Cases: equal plans, a step more or less, another field, call, action or order, a value of another
type, obstacles of the current plan, the number of differences in a message.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from reconciler.core.difference_text import MOST_DIFFERENCES, differences
from reconciler.core.plan import Plan
from reconciler.core.plan_compare import check_expected, check_obstacles, check_same
from reconciler.core.plan_json import plan_data, plan_digest
from reconciler.core.step import Call, FieldChange, Step
from reconciler.errors import Problem, StalePlanError
from tests.support.fleet_kinds import live, plan, resource

LIVE = [live("Ship/argo", {"flag": "blue"})]
PLAN = plan([resource("Ship/argo", {"flag": "red"}), resource("Ship/tern")], LIVE)
ARGO, TERN = PLAN.steps


def refused(reviewed: Plan, current: Plan) -> str:
    """What the message says differs."""
    with pytest.raises(StalePlanError) as caught:
        check_same(reviewed, current)
    assert caught.value.exit_code == 4
    assert "reconciler plan --out" in caught.value.hint
    return caught.value.message.removeprefix("the current plan differs from the reviewed one: ")


def changed(step: Step, **values: Any) -> Plan:
    """The plan with this step changed."""
    other = replace(step, **values)
    return replace(PLAN, steps=tuple(other if each is step else each for each in PLAN.steps))


def test_equal_plans_are_the_same() -> None:
    check_same(PLAN, PLAN)
    check_same(PLAN, replace(PLAN, requests={"GET": 9}, unchanged=3))


def test_each_plan_may_record_the_commit_of_its_own_checkout() -> None:
    def made(commit: str, **more: str) -> Plan:
        record = {"url": f"https://x/{commit}", "sha": commit, **more}
        call = replace(ARGO.calls[0], body={"commit": record, "text": f"[from={commit}]"})
        return replace(changed(ARGO, calls=(call,)), commit=commit)

    one, other = made("a" * 40), made("b" * 40, branch="main")
    check_same(one, other)
    assert plan_data(one)["digest"] == plan_data(other)["digest"]
    assert "calls[0].body" in refused(replace(one, commit="c" * 40), other)
    check_same(replace(changed(ARGO), commit=""), replace(changed(ARGO), commit="b" * 40))


def test_the_digest_is_of_the_steps_and_where_they_go() -> None:
    first = plan_data(PLAN)["digest"]
    assert first == plan_data(replace(PLAN, requests={"GET": 9}, unchanged=3))["digest"]
    others = (
        replace(PLAN, project="navy"),
        replace(PLAN, target="prod"),
        replace(PLAN, endpoint={"custom_models": "https://a.example.com"}),
        replace(PLAN, steps=(ARGO,)),
        changed(ARGO, precondition="sha256:0"),
    )
    assert len({first, *(plan_data(each)["digest"] for each in others)}) == 6


def test_a_step_that_one_plan_lacks_is_named() -> None:
    less = replace(PLAN, steps=(ARGO,))
    assert refused(less, PLAN) == "Ship/tern (create) is not in the reviewed plan"
    assert refused(PLAN, less) == "Ship/tern (create) is in the reviewed plan only"


def test_another_value_is_named_by_step_and_field() -> None:
    white = plan([resource("Ship/argo", {"flag": "white"}), resource("Ship/tern")], LIVE)
    assert 'Ship/argo: flag: new: reviewed "red", found "white"' in refused(PLAN, white)


def test_a_field_that_one_plan_lacks_is_named() -> None:
    more = changed(ARGO, fields=(*ARGO.fields, FieldChange("crew", None, ["ann"], "new")))
    assert refused(more, PLAN) == "Ship/argo: crew is a change in the reviewed plan only"
    assert refused(PLAN, more) == "Ship/argo: crew is not a change in the reviewed plan"


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"action": "delete"}, "action"),
        ({"reason": "other"}, "reason"),
        ({"precondition": "sha256:0"}, "precondition"),
        ({"depends_on": ("Ship/x",)}, "dependsOn"),
        ({"calls": (replace(ARGO.calls[0], path="other/"),)}, "calls[0].path"),
        ({"calls": (*ARGO.calls, Call("drop", "DELETE", "ships/"))}, "calls"),
    ],
)
def test_every_part_of_a_step_counts(values: dict[str, Any], path: str) -> None:
    assert refused(changed(ARGO, **values), PLAN).startswith(f"Ship/argo: {path}: reviewed ")


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAN, steps=(TERN, ARGO)),
        replace(PLAN, steps=(*PLAN.steps, TERN)),
        changed(ARGO, fields=ARGO.fields * 2),
    ],
    ids=["order", "a step twice", "a field twice"],
)
def test_order_and_number_count(other: Plan) -> None:
    assert refused(other, PLAN) == "the order or number of steps or fields"


def test_a_value_of_another_type_is_another_value() -> None:
    one, true = (changed(ARGO, calls=(replace(ARGO.calls[0], body={"a": v}),)) for v in (1, True))
    assert "calls[0].body.a: reviewed true, found 1" in refused(true, one)


def test_a_message_names_the_first_differences_only() -> None:
    many = plan([resource(f"Ship/s{number}") for number in range(9)], [])
    text = refused(many, plan([], []))
    assert text.count("reviewed plan only") == MOST_DIFFERENCES
    assert text.endswith("; and more")


def test_a_plan_with_an_obstacle_is_refused_and_its_message_shown() -> None:
    blocked = Problem("in-use", "Ship/argo is in use", "Free it.", "Ship/argo", blocked=True)
    named = Problem("a", "b", address="Ship/tern")
    with pytest.raises(StalePlanError) as caught:
        check_obstacles(replace(PLAN, problems=(blocked, named)))
    assert caught.value.exit_code == 4
    assert "Ship/argo is in use [in-use]; Ship/tern: b [a]" in caught.value.message
    assert caught.value.hint.startswith("Free it. ")


def test_many_obstacles_are_cut_and_warnings_are_no_obstacle() -> None:
    check_obstacles(replace(PLAN, problems=(Problem("a", "b", warning=True),)))
    with pytest.raises(StalePlanError, match=re.escape("b [a]; and more")):
        check_obstacles(replace(PLAN, problems=(Problem("a", "b"),) * 9))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, ["a: reviewed 1, found 2"]),
        ({"a": 1}, {}, ["a: reviewed 1, found nothing"]),
        ({"a": None}, {}, ["a: reviewed null, found nothing"]),
        ({}, {"a": {"b": 1}}, ['a: reviewed nothing, found {"b": 1}']),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, ["a.b[1]: reviewed 2, found 3"]),
        ({"a": [1]}, {"a": [1, 2]}, ["a: reviewed [1], found [1, 2]"]),
        ({"a": True}, {"a": 1}, ["a: reviewed true, found 1"]),
        (1, "x", ['it: reviewed 1, found "x"']),
    ],
)
def test_what_differs_is_named(old: Any, new: Any, expected: list[str]) -> None:
    assert differences(old, new) == expected


def test_long_values_and_many_differences_are_cut() -> None:
    old, new = dict.fromkeys("abcdefghij", 1), dict.fromkeys("abcdefghij", "x" * 999)
    found = differences(old, new)
    assert len(found) == MOST_DIFFERENCES + 1
    assert found[-1] == "and more"
    assert all(len(line) < 150 for line in found)


def test_a_plan_is_expected_by_its_digest() -> None:
    check_expected(PLAN, plan_digest(PLAN))
    with pytest.raises(StalePlanError) as caught:
        check_expected(changed(ARGO, reason="other"), plan_digest(PLAN))
    assert caught.value.exit_code == 4
    assert f"not {plan_digest(PLAN)}" in caught.value.message
    blocked = replace(PLAN, problems=(Problem("a", "b", blocked=True),))
    with pytest.raises(StalePlanError, match="cannot be applied"):
        check_expected(blocked, plan_digest(blocked))
