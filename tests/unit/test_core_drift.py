"""A plan read as a report of drift.

Cases: the state of every action, several steps of one object, failed jobs, steps that change
nothing a person could have changed.
"""

from __future__ import annotations

import pytest

from reconciler.core.drift import drifted
from reconciler.core.plan import Plan
from reconciler.core.step import Call, FieldChange, Step, Wait
from tests.support.fleet_kinds import address

CALL = Call("change", "PATCH", "Ship/{id}/")


def step(name: str, action: str, *paths: str, calls: tuple[Call, ...] = (CALL,)) -> Step:
    """A step of ``Ship/<name>`` that changes these fields."""
    ship = address(f"Ship/{name.partition('#')[0]}")
    fields = tuple(FieldChange(path, 1, 2, "differs") for path in paths)
    return Step(f"Ship/{name}", ship, action, f"to {action}", fields, calls)


def states(*steps: Step) -> list[tuple[str, str]]:
    """Name and state of each drifted object."""
    return [(each.address.name, each.state) for each in drifted(Plan("fleet", None, steps))]


def test_a_clean_plan_has_no_drift() -> None:
    assert drifted(Plan("fleet", None)) == ()


@pytest.mark.parametrize(
    ("action", "state"),
    [
        ("create", "missing"),
        ("update", "changed"),
        ("replace", "changed"),
        ("run", "changed"),
        ("delete", "extra"),
        ("check", "failed"),
    ],
)
def test_every_action_has_its_state(action: str, state: str) -> None:
    assert states(step("argo", action)) == [("argo", state)]


def test_a_mark_written_again_is_no_drift() -> None:
    assert states(step("argo", "adopt")) == []


def test_a_job_that_is_only_waited_for_is_no_drift() -> None:
    waits = (Wait("landfall"),)
    waiting = Step("Ship/argo", address("Ship/argo"), "run", "is under way", waits=waits)
    assert states(waiting) == []


def test_an_object_is_told_once_with_all_its_fields() -> None:
    made = step("argo", "update", "name"), step("argo#crew", "run", "crew"), step("b", "delete")
    changed, extra = drifted(Plan("fleet", None, made))
    assert (changed.address, changed.state) == (address("Ship/argo"), "changed")
    assert changed.fields == (*made[0].fields, *made[1].fields)
    assert (extra.address, extra.state, extra.fields) == (address("Ship/b"), "extra", ())
    assert changed.reason != extra.reason


def test_what_is_missing_has_no_fields_that_differ() -> None:
    (found,) = drifted(Plan("fleet", None, (step("argo", "create", "name"),)))
    assert (found.state, found.fields) == ("missing", ())


def test_a_failed_job_is_the_news_of_its_object() -> None:
    made = step("argo", "update", "name"), step("argo#build", "check")
    (found,) = drifted(Plan("fleet", None, made))
    assert (found.state, found.reason) == ("failed", "to check")
    assert found.fields == made[0].fields
