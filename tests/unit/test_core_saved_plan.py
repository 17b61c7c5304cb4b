"""A plan on file: what it is bound to, and what refuses it.

Cases: there and back, any change of the file, files that are none, another project, target,
endpoint or state of the manifests, plans with errors, used plans, objects and steps that are not
the same any more, what differs is named.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.plan import Plan
from reconciler.core.saved_plan import (
    Binding,
    SavedPlan,
    after_wait,
    check_binding,
    check_object,
    check_touched,
    dump,
    load_plan,
)
from reconciler.errors import Problem, StalePlanError
from tests.support.fleet_kinds import live, plan, resource
from tests.support.sealing import seal

PLAN = replace(
    plan([resource("Ship/argo", {"flag": "red"})], [live("Ship/argo", {"flag": "blue"})]),
    requests={"GET": 3},
    endpoint={"custom_models": "https://a.example.com"},
    commit="c0ffee" + 34 * "0",
)
BINDING = Binding("sha256:1", True, False, ("Ship/argo",), ("ships",))
SAVED = SavedPlan(PLAN, BINDING, {"Ship/argo": {"flag": "blue", "crew": ["ann"]}})
TEXT = dump(SAVED)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value inside."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    if isinstance(value, list):
        inner = list(enumerate(value))
    return [path, *(found for key, each in inner for found in paths(each, (*path, key)))]


PATHS = [path for path in paths(json.loads(TEXT)) if path and path[0] != "applied"]


def test_a_saved_plan_comes_back_as_it_was() -> None:
    assert load_plan(TEXT) == SAVED
    used = replace(SAVED, applied="yesterday")
    assert load_plan(dump(used)) == used


def test_the_same_plan_gives_the_same_bytes() -> None:
    turned = replace(SAVED, observed=json.loads(json.dumps(SAVED.observed)))
    assert dump(turned) == TEXT
    assert TEXT.endswith("\n")


def test_a_plan_of_any_text_can_be_written_to_a_file() -> None:
    half = json.loads('"\\ud800"')
    odd = replace(SAVED, observed={"Ship/argo": {"name": half, "other": "é\u202e"}})
    dump(odd).encode()
    assert load_plan(dump(odd)) == odd


@given(st.sampled_from(PATHS), st.sampled_from([None, 1, "x", [], {}, [1], {"a": 1}, True]))
def test_any_change_of_the_file_is_found_out(path: tuple[Any, ...], value: Any) -> None:
    data = json.loads(TEXT)
    *above, last = path
    place = data
    for key in above:
        place = place[key]
    if place[last] == value and isinstance(place[last], bool) == isinstance(value, bool):
        return
    place[last] = value
    with pytest.raises(StalePlanError):
        load_plan(json.dumps(data))


@pytest.mark.parametrize(
    "wrong",
    [
        TEXT.rstrip("\n"),
        TEXT + " ",
        json.dumps(json.loads(TEXT)),
    ],
    ids=["cut", "longer", "other spelling"],
)
def test_the_file_has_one_spelling_only(wrong: str) -> None:
    with pytest.raises(StalePlanError, match="changed after it was made"):
        load_plan(wrong)


@pytest.mark.parametrize("path", PATHS, ids=str)
def test_nothing_can_be_taken_out_of_the_file(path: tuple[Any, ...]) -> None:
    data = json.loads(TEXT)
    *above, last = path
    place = data
    for key in above:
        place = place[key]
    del place[last]
    with pytest.raises(StalePlanError):
        load_plan(json.dumps(data))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("steps",), 1, "steps must be of type array, not 1"),
        (("steps",), [1], "steps[0] must be of type object, not 1"),
        (("steps", 0, "address"), "x", "steps[0].address must match"),
        (("steps", 0, "action"), "erase", "steps[0].action must be one of"),
        (("steps", 0, "calls", 0, "method"), "GET", "steps[0].calls[0].method must be one of"),
        (("steps", 0, "extra"), 1, "steps[0].extra is not a known key"),
        (("steps", 0, "calls", 0, "body"), {"literal": 1}, "a literal holds a mapping"),
        (("summary",), [], "summary must be of type object, not []"),
        (("summary", "unchanged"), True, "summary.unchanged must be of type integer, not true"),
        (("summary", "unchanged"), -1, "summary.unchanged must be at least 0, not -1"),
        (("binding",), None, "binding must be of type object, not null"),
        (("binding", "paths"), [1], "binding.paths[0] must be of type string, not 1"),
        (("observed",), {"nothing": 1}, 'observed: "nothing" is not an address'),
        (("problems",), [{"code": 1}], "problems[0].message is missing"),
        (("requests",), {"GET": "3"}, "requests.GET must be of type integer"),
        (("formatVersion",), 2, "its formatVersion is 2; this release reads 1"),
        (("formatVersion",), True, "its formatVersion is true; this release reads 1"),
        (("formatVersion",), 1.0, "its formatVersion is 1.0; this release reads 1"),
    ],
)
def test_a_sealed_file_that_is_malformed_is_refused(
    path: tuple[Any, ...], value: Any, message: str
) -> None:
    data = json.loads(TEXT)
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(StalePlanError, match=r"^malformed saved plan: ") as caught:
        load_plan(seal(data))
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TEXT.replace('"project":', '"project": "",\n "project":'), '"project" is there twice'),
        (TEXT.replace('"GET": 3', '"GET": NaN'), "NaN is not a JSON number"),
        (TEXT.replace('"GET": 3', '"GET": -Infinity'), "-Infinity is not a JSON number"),
        (TEXT.replace('"GET": 3', '"GET": 1e999'), "the number 1e999 is too large"),
        (TEXT.replace('"GET": 3', f'"GET": {"9" * 5000}'), "malformed"),
        (TEXT.replace('"GET": 3', '"GET": ' + "[" * 201 + "]" * 201), "nested deeper than 200"),
        (TEXT.replace('"GET": 3', '"GET": ' + "[" * 10**5), "nested deeper than 200"),
        ("x", "it is not JSON: Expecting value at line 1, column 1"),
        ("[]", "has no formatVersion"),
    ],
    ids=["twice", "nan", "infinity", "overflow", "digits", "deep", "deeper", "text", "list"],
)  # fmt: skip
def test_what_json_does_not_define_is_malformed(text: str, message: str) -> None:
    with pytest.raises(StalePlanError, match=r"^malformed saved plan: ") as caught:
        load_plan(text)
    assert message in caught.value.message


@pytest.mark.parametrize(
    "text", ["", "x", "[]", "null", "1", "{}", '{"formatVersion": 2}', "[" * 10**6, "\ufeff{}"]
)
def test_what_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(StalePlanError) as caught:
        load_plan(text)
    assert caught.value.exit_code == 4
    assert caught.value.hint


def refused(saved: SavedPlan = SAVED, fresh: Plan = PLAN, binding: Binding = BINDING) -> str:
    """Why the plan does not belong here."""
    with pytest.raises(StalePlanError) as caught:
        check_binding(saved, fresh, binding)
    return caught.value.message


def test_a_plan_fits_where_it_was_made() -> None:
    check_binding(SAVED, PLAN, BINDING)
    check_touched(SAVED, ["Ship/argo"])


def test_another_commit_with_the_same_manifests_is_no_obstacle() -> None:
    check_binding(SAVED, replace(PLAN, commit="0" * 40), BINDING)


def test_a_plan_is_used_once() -> None:
    assert "applied before, at noon" in refused(replace(SAVED, applied="at noon"))


def test_a_plan_with_errors_is_never_applied() -> None:
    wrong = replace(PLAN, problems=(Problem("a", "b"),))
    assert "errors" in refused(replace(SAVED, plan=wrong))
    warned = replace(PLAN, problems=(Problem("a", "b", warning=True),))
    check_binding(replace(SAVED, plan=warned), PLAN, BINDING)


@pytest.mark.parametrize("touched", [[], ["Ship/tern"], ["Ship/argo", "Ship/tern"]])
def test_states_of_other_objects_than_those_touched_are_refused(touched: list[str]) -> None:
    with pytest.raises(StalePlanError, match="touches other objects: Ship/"):
        check_touched(SAVED, touched)


@pytest.mark.parametrize(
    ("fresh", "binding", "word"),
    [
        (replace(PLAN, project="navy"), BINDING, "navy"),
        (replace(PLAN, target="prod"), BINDING, "prod"),
        (replace(PLAN, endpoint={"custom_models": "https://b.example.com"}), BINDING, "endpoints"),
        (replace(PLAN, endpoint={}), BINDING, "endpoints"),
        (PLAN, replace(BINDING, manifests="sha256:2"), "manifests"),
    ],
)
def test_a_plan_made_for_another_is_refused(fresh: Plan, binding: Binding, word: str) -> None:
    assert word in refused(SAVED, fresh, binding)


def test_an_object_that_is_as_it_was_is_no_obstacle() -> None:
    check_object("Ship/argo", {"a": 1, "b": [2]}, {"b": [2], "a": 1})
    check_object("Ship/argo", None, None)


def test_an_object_that_moved_is_named_with_both_values() -> None:
    with pytest.raises(StalePlanError, match=r"Ship/argo was changed .* a: reviewed 1, found 2"):
        check_object("Ship/argo", {"a": 1, "b": 1}, {"a": 2, "b": 1})
    with pytest.raises(StalePlanError, match="was deleted"):
        check_object("Ship/argo", {"a": 1}, None)


def test_a_wait_accounts_for_what_jobs_change_and_for_nothing_else() -> None:
    before = {"object": {"flag": "red"}, "jobs": {"build": "running"}}
    after = {"object": {"flag": "blue"}, "jobs": {"build": "success"}}
    expected = {"object": {"flag": "red"}, "jobs": {"build": "success"}}
    assert after_wait(before, after) == expected
    assert after_wait(before, {"object": {"flag": "red"}}) == before
    assert after_wait(before, None) == before
