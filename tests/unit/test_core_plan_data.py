"""A plan as plain data and back.

Cases: plans of many worlds, values known later, mappings that look like ours, uploads and details,
data that is no plan.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.plan import Plan
from reconciler.core.plan_json import plain_data, plan_data
from reconciler.core.plan_read import plan_from
from reconciler.core.resource import Live, Resource
from reconciler.core.step import Call, FieldChange, KnownAfter, KnownText, Step, Upload, Wait
from reconciler.core.untouched import Untouched
from reconciler.errors import Problem
from tests.support.fleet_kinds import address, plan, resource
from tests.unit.test_core_plan_repeats import LIVES, MANIFESTS

ARGO = address("Ship/argo")
KNOWN = KnownAfter("Dock/pier", "id")
WORDS = st.sampled_from(["knownAfter", "output", "literal", "other", ""])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS | st.just(KNOWN),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)


def back(made: Plan) -> Plan:
    """The plan after it was written to a file and read again."""
    return plan_from(json.loads(json.dumps(plan_data(made))))


@given(MANIFESTS, LIVES, st.booleans())
def test_a_plan_comes_back_as_it_was(
    resources: list[Resource], lives: list[Live], prune: bool
) -> None:
    made = plan(resources, lives, prune=prune)
    assert back(made) == made


@given(VALUES)
def test_any_value_comes_back_as_it_was(value: Any) -> None:
    call = Call("change", "PATCH", "x", {"a": value}, {"b": [value]})
    field = FieldChange("a", value, value, "differs")
    left = Untouched("ignored", "Ship", "argo", "1", "a", value, value, "note")
    wait = Wait("build", {"a": value})
    step = Step("Ship/argo", ARGO, "update", "", (field,), (call,), (wait,))
    made = Plan("fleet", None, (step,), (left,))
    assert back(made) == made


def test_every_part_of_a_plan_comes_back() -> None:
    upload = Upload("file", "a/b.py", "0" * 64, 12, "version.files")
    text = KnownText(("made from ", ("#", KNOWN)))
    body = {"n": 1.5, "text": text}
    call = Call("make", "POST", "Ship/", {"id": KNOWN}, body, (upload,), ("id",))
    wait = Wait("build", {}, 12.5, 1, ("log",))
    field = FieldChange("files", None, "x", "differs", ("-a", "+b"), "bytes")
    words = ("Ship/argo#v", ARGO, "run", "why")
    step = Step(*words, (field,), (call,), (wait,), ("Dock/pier",), "sha256:0")
    place = ("Ship/argo", "spec", "a.yaml", 3, 5)
    problem = Problem("c", "m", "h", *place, blocked=True, warning=True)
    left = Untouched("orphan", "Ship", "old", "1", note="hm")
    made = Plan("fleet", "prod", (step,), (left,), (problem,), 7, {"GET": 3})
    assert back(made) == made


def test_a_mapping_of_an_author_is_never_taken_for_a_value_known_later() -> None:
    lookalike = {"knownAfter": "Dock/pier", "output": "id"}
    assert plain_data(KNOWN) == lookalike
    assert plain_data(lookalike) != lookalike
    field = FieldChange("a", lookalike, KNOWN, "")
    made = Plan("fleet", None, (Step("a", ARGO, "update", "", (field,)),))
    (found,) = back(made).steps[0].fields
    assert (found.old, found.new) == (lookalike, KNOWN)


@pytest.mark.parametrize("key", ["project", "target", "summary", "steps", "untouched", "problems"])
def test_a_plan_that_lacks_something_is_none(key: str) -> None:
    data = plan_data(plan([]))
    del data[key]
    with pytest.raises(KeyError):
        plan_from(data)


def test_a_step_without_an_address_is_refused() -> None:
    step = Step("x", ARGO, "update", "")
    data = plan_data(Plan("fleet", None, (step,)))
    data["steps"][0]["address"] = "no address"
    with pytest.raises(ValueError, match="not an address"):
        plan_from(data)


@pytest.mark.parametrize(
    "wrong",
    [
        {"knownAfter": 1, "output": "id"},
        {"knownAfter": "Dock/pier", "output": None},
        {"literal": 1},
        {"literal": ["a"]},
        {"text": 1},
        {"text": [{"prefix": 1, "value": {"knownAfter": "Dock/pier", "output": "id"}}]},
        {"text": [{"prefix": "a", "value": 1}]},
        {"text": [{"prefix": "a", "value": None}]},
    ],
)
def test_a_value_that_nobody_writes_is_refused(wrong: Any) -> None:
    data = plan_data(plan([resource("Ship/argo", {"flag": "red"})]))
    data["steps"][0]["calls"][0]["body"]["flag"] = wrong
    with pytest.raises(ValueError, match=r"known later|literal holds a mapping"):
        plan_from(data)


@pytest.mark.parametrize("key", ["pathParams", "body", "recovery"])
def test_a_call_has_mappings_and_no_value_known_later(key: str) -> None:
    data = plan_data(plan([resource("Ship/argo", {"flag": "red"})]))
    data["steps"][0]["calls"][0][key] = plain_data(KNOWN)
    with pytest.raises(ValueError, match="are mappings"):
        plan_from(data)
