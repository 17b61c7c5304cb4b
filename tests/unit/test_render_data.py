"""Plans, drift and reports as JSON.

Cases: keys and their order, values known later, optional keys, JSON read back, hostile strings,
drift and report.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.drift import DriftedObject
from reconciler.core.plan import Plan
from reconciler.core.report import Report, StepResult
from reconciler.core.step import ACTIONS, FieldChange, KnownAfter
from reconciler.core.untouched import Untouched
from reconciler.errors import Problem
from reconciler.render.data import drift_data, plain_data, plan_data, report_data, to_json
from tests.support.fleet_kinds import address, live, plan, resource
from tests.support.untrusted_text import STRINGS
from tests.unit.test_render_plain import harmless

ANY = st.text(st.characters(exclude_categories=[]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | ANY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY, inner, max_size=3),
    max_leaves=6,
)
STEP_KEYS = [
    "id", "address", "action", "reason", "fields", "calls", "waits", "dependsOn", "precondition",
]  # fmt: skip


def test_the_keys_of_a_plan_and_their_order_are_a_promise() -> None:
    data = plan_data(plan([resource("Dock/pier", {"berths": 3})], [live("Ship/old")]))
    assert list(data) == [
        "formatVersion", "project", "target", "endpoint", "commit", "digest", "summary", "steps",
        "untouched", "problems", "requests",
    ]  # fmt: skip
    assert list(data["summary"]) == [*ACTIONS, "unchanged"]
    (step,) = data["steps"]
    assert list(step) == STEP_KEYS
    assert step["address"] == "Dock/pier"
    assert step["fields"] == [{"path": "berths", "old": None, "new": 3, "reason": "new object"}]
    assert list(step["calls"][0]) == [
        "operation", "method", "path", "pathParams", "body", "uploads",
        "outputs", "recovery", "onlyIf",
    ]  # fmt: skip
    assert step["waits"] == [
        {
            "operation": "drying",
            "params": {"id": {"knownAfter": "Dock/pier", "output": "id"}},
            "timeout": 90,
            "after": 1,
            "outputs": [],
        }
    ]
    assert data["untouched"] == [{"why": "orphan", "kind": "Ship", "name": "old", "id": "old-id"}]


def test_what_is_left_alone_shows_its_field_and_its_note() -> None:
    left = Untouched(
        "ignored", "Ship", "argo", "1", "flag", "red", KnownAfter("Ship/b", "id"), "hm"
    )
    (data,) = plan_data(Plan("fleet", None, untouched=(left,)))["untouched"]
    assert data == {
        "why": "ignored", "kind": "Ship", "name": "argo", "id": "1", "note": "hm", "path": "flag",
        "old": "red", "new": {"knownAfter": "Ship/b", "output": "id"},
    }  # fmt: skip


def test_the_lines_of_a_file_are_there_only_where_there_are_some() -> None:
    drifted = DriftedObject(address("Ship/a"), "changed", "differs", (
        FieldChange("a", 1, 2, "differs", ("-1", "+2")), FieldChange("b", 1, 2, "differs"),
    ))  # fmt: skip
    one, other = drift_data((drifted,), (), {})["objects"][0]["fields"]
    assert one["detail"] == ["-1", "+2"]
    assert "detail" not in other


def test_a_problem_shows_every_part() -> None:
    problem = Problem("a", "b", "c", "Ship/x", "spec.flag", "a.yaml", 3, 5, blocked=True)
    (data,) = plan_data(Plan("fleet", "prod", problems=(problem,)))["problems"]
    assert data == {
        "code": "a", "message": "b", "hint": "c", "address": "Ship/x", "path": "spec.flag",
        "file": "a.yaml", "line": 3, "column": 5, "blocked": True, "warning": False,
    }  # fmt: skip


def test_drift_says_yes_or_no_first() -> None:
    clean = drift_data((), (), {"GET": 3})
    assert clean == {"drifted": False, "objects": [], "problems": [], "requests": {"GET": 3}}
    found = DriftedObject(address("Ship/a"), "missing", "is not there")
    data = drift_data((found,), (Problem("a", "b"),), {})
    assert data["drifted"] is True
    assert data["objects"] == [
        {"address": "Ship/a", "state": "missing", "reason": "is not there", "fields": []}
    ]
    assert data["problems"][0]["code"] == "a"


def test_a_report_has_every_step_with_every_key() -> None:
    failed = StepResult(
        "Ship/a", address("Ship/a"), "create", "failed", "e", "h", "l", "", 1, {"id": 1}
    )
    data = report_data(Report((failed,), {"POST": 1}))
    assert list(data) == ["summary", "steps", "requests"]
    assert data["summary"] == {"done": 0, "failed": 1, "skipped": 0, "notReached": 0}
    assert data["steps"] == [{
        "id": "Ship/a", "address": "Ship/a", "action": "create", "state": "failed", "error": "e",
        "hint": "h", "log": "l", "cause": "", "doneCalls": 1, "outputs": {"id": 1},
    }]  # fmt: skip


@given(VALUES)
def test_json_says_exactly_what_was_put_in(value: Any) -> None:
    assert json.loads(to_json(value)) == value


@given(VALUES)
def test_json_can_be_printed_on_any_terminal(value: Any) -> None:
    text = to_json(value)
    text.encode()
    assert all(harmless(line) for line in text.split("\n"))


@pytest.mark.parametrize("text", [*STRINGS, "\x9b31m", "\x7f"], ids=repr)
def test_hostile_strings_come_through_json_whole(text: str) -> None:
    shown = to_json({"a": text})
    assert json.loads(shown) == {"a": text}
    assert shown.count("\n") == 2
    assert all(harmless(line) for line in shown.split("\n"))


def test_collections_of_any_type_are_lists_and_objects() -> None:
    after = KnownAfter("Ship/a", "id")
    assert plain_data({1: (after, [after]), "b": None}) == {
        "1": [{"knownAfter": "Ship/a", "output": "id"}, [{"knownAfter": "Ship/a", "output": "id"}]],
        "b": None,
    }  # fmt: skip
