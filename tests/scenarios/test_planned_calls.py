"""The invariant "what is sent is what the plan shows" fails when either side is broken.

Cases: a request with another method, path or body than planned; a request that no plan has; one
sent twice; a planned call that is not sent; values known later; forms.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.invariants import check_calls, plan_before
from tests.scenarios.planned_calls import differences, equal
from tests.scenarios.scenario import HERE
from tests.scenarios.stage import Done, Stage

APPLY = ("apply", "--auto-approve")
Entry = dict[str, Any]


@pytest.fixture
def applied(tmp_path: Path) -> tuple[Entry, Done]:
    """The plan of a first apply, and what it sent."""
    shutil.copytree(HERE / "bases" / "churn", tmp_path, dirs_exist_ok=True)
    stage = Stage(tmp_path)
    plan = plan_before(stage, APPLY)
    assert plan is not None
    return plan, stage.run(*APPLY)


def test_a_whole_apply_sends_what_the_plan_shows(applied: tuple[Entry, Done]) -> None:
    plan, done = applied
    assert len(done.writes) > 3
    check_calls(plan, done)


BREAKS: dict[str, Callable[[Entry], Any]] = {
    "method": lambda write: write.update(method="PUT"),
    "path": lambda write: write.update(path=write["path"].replace("/api/v2/", "/api/v2/other/")),
    "body": lambda write: write.setdefault("body", write.get("fields", {})).update(extra=1),
    "files": lambda write: write.update(
        fields=write.get("fields", {}), files=["other.py", "more.py"]
    ),
}


@pytest.mark.parametrize("what", BREAKS)
def test_a_write_that_differs_from_the_plan_is_found(
    applied: tuple[Entry, Done], what: str
) -> None:
    plan, done = applied
    for number in range(len(done.writes)):
        writes = json.loads(json.dumps(done.writes))
        BREAKS[what](writes[number])
        broken = Done(done.arguments, done.code, done.out, done.err, tuple(writes))
        with pytest.raises(AssertionError, match=r"no call of the plan is|sent twice"):
            check_calls(plan, broken)


@pytest.mark.parametrize("key", ["method", "path", "body", "pathParams"])
def test_a_plan_that_differs_from_the_writes_is_found(
    applied: tuple[Entry, Done], key: str
) -> None:
    plan, done = applied
    for step in plan["steps"]:
        for call in step["calls"]:
            if key == "pathParams" and not call[key]:
                continue
            before = call[key]
            params = dict.fromkeys(call["pathParams"], "another")
            call[key] = {"method": "PUT", "path": "no/where/", "body": {"a": 1}}.get(key, params)
            with pytest.raises(AssertionError, match="planned and not sent"):
                check_calls(plan, done)
            call[key] = before


def call(**changes: Any) -> Entry:
    """A planned PATCH of one object."""
    base = {"method": "PATCH", "path": "models/{id}/", "pathParams": {"id": "1"}, "onlyIf": None}
    return {**base, "body": {"name": "a"}, "uploads": [], **changes}


def write(**changes: Any) -> Entry:
    """The request of the same call."""
    base = {"method": "PATCH", "path": "/api/v2/models/1/", "status": 200}
    return {**base, "body": {"name": "a"}, **changes}


@pytest.mark.parametrize(
    ("calls", "writes", "expected"),
    [
        ([call()], [write()], []),
        ([call()], [], ["planned and not sent"]),
        ([call(onlyIf={"knownAfter": "a", "output": "b"})], [], []),
        ([call()], [write(), write()], ["sent twice"]),
        ([call(), call()], [write(), write()], []),
        ([call()], [write(status=None), write()], []),
        ([call()], [write(status=429), write()], []),
        ([call()], [write(status=None)], []),
        ([call()], [write(status=None, body={"name": "b"})], ["no call", "planned and not sent"]),
    ],
)
def test_differences(calls: list[Entry], writes: list[Entry], expected: list[str]) -> None:
    found = differences(calls, writes, whole=True)
    assert len(found) == len(expected)
    assert all(text.startswith(start) for text, start in zip(found, expected, strict=True))


def test_a_part_of_an_apply_may_leave_calls_out() -> None:
    assert differences([call()], [], whole=False) == []


@pytest.mark.parametrize(
    ("planned", "value", "same"),
    [
        ({"knownAfter": "a", "output": "id"}, "anything", True),
        ({"text": ["a ", {"prefix": "b=", "value": {}}]}, "a b=1", True),
        ({"text": ["a ", {"prefix": "b=", "value": {}}]}, "a ", True),
        ({"text": ["a ", {"prefix": "b=", "value": {}}]}, "a c=1", False),
        ({"literal": {"text": []}}, {"text": []}, True),
        ({"literal": {"text": []}}, {"text": [1]}, False),
        (1, 1.0, False),
        (1, True, False),
        ([1, 2], [1], False),
        ({"a": None}, {}, False),
    ],
)
def test_equal(planned: Any, value: Any, same: bool) -> None:
    assert equal(planned, value) is same
