"""The difference of a manifest and a live object.

Cases: a key that is left out, null and unset, falsy values, number forms, booleans, sets, whole
and nested mappings, fields that the platform does not show, fields never compared, ignored
fields, the reason given for each change.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.diff import diff, is_below, is_written, same
from reconciler.core.kind import FieldRule

SCALARS = st.sampled_from([None, True, False, 0, 1, 1.0, 0.5, "", "a"])
FLAT = SCALARS | st.lists(SCALARS, max_size=2)
INNER = st.dictionaries(st.sampled_from("ab"), FLAT | st.fixed_dictionaries({"c": FLAT}))
SPECS = st.dictionaries(st.sampled_from("abcd"), FLAT | INNER, max_size=3)
SET = FieldRule(as_set=True)
WHOLE = FieldRule(whole=True)


def changed(desired: Any, live: Any, **rules: FieldRule) -> list[str]:
    """Paths that differ."""
    return [change.path for change in diff(desired, live, rules).changes]


@given(SPECS, SPECS)
def test_only_what_is_written_is_compared_and_both_sides_are_shown(
    desired: dict, live: dict
) -> None:
    for change in diff(desired, live, {}).changes:
        assert change.path.partition(".")[0] in desired
        assert change.new == _at(desired, change.path)
        assert change.old == _at(live, change.path)
        assert change.reason
    assert changed({}, live) == []
    assert changed(live, live) == []


def _at(mapping: Any, path: str) -> Any:
    for key in path.split("."):
        mapping = mapping.get(key) if isinstance(mapping, dict) else None
    return mapping


@given(SPECS, SPECS)
def test_once_the_changes_are_made_nothing_is_left_to_change(desired: dict, live: dict) -> None:
    assert changed(desired, _patched(live, desired)) == []


def _patched(live: Any, desired: dict) -> dict:
    """The live mapping after every written key was set; keys left out stay."""
    after = dict(live) if isinstance(live, dict) else {}
    for key, new in desired.items():
        after[key] = _patched(after.get(key), new) if isinstance(new, dict) else new
    return after


@pytest.mark.parametrize("falsy", [0.0, 0, "", False, []])
def test_falsy_values_are_values(falsy: Any) -> None:
    (change,) = diff({"key": falsy}, {"key": "set"}, {}).changes
    assert (change.old, change.new) == ("set", falsy)
    assert type(change.new) is type(falsy)
    (change,) = diff({"key": falsy}, {}, {}).changes
    assert (change.old, change.reason) == (None, "not set on the platform")


def test_null_is_what_the_platform_holds_after_an_unset() -> None:
    rule = FieldRule(unset="")
    assert changed({"text": None}, {"text": ""}, text=rule) == []
    assert changed({"text": ""}, {"text": None}, text=rule) == []
    assert changed({"text": None}, {}, text=rule) == []
    assert changed({"text": None}, {"text": None}) == []
    (change,) = diff({"text": None}, {"text": "old"}, {"text": rule}).changes
    assert (change.old, change.new, change.reason) == ("old", None, "unset in the manifest")


def test_null_unsets_a_whole_section() -> None:
    assert changed({"engine": None}, {"engine": {"power": 3}}) == ["engine"]


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (1, 1.0, True),
        (True, 1, False),
        (0, False, False),
        (0.0, False, False),
        ("1", 1, False),
        (None, 0, False),
        (None, "", False),
        ([1, 2], [1.0, 2], True),
        ([1, 2], [2, 1], False),
        ([1], [True], False),
        ([[0]], [[False]], False),
        ((1, 2), [1, 2], True),
        ([], None, False),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": [1]}, {"a": [True]}, False),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ([], {}, False),
    ],
)
def test_same_is_what_a_platform_holds_for_the_same(left: Any, right: Any, equal: bool) -> None:
    assert same(left, right) is equal
    assert same(right, left) is equal


@given(st.lists(st.sampled_from(["a", "b", 1, 2]), max_size=5), st.integers(0, 5))
def test_order_and_repeats_mean_nothing_in_a_set(items: list, cut: int) -> None:
    shuffled = items[cut:] + items[::-1] + items[:cut]
    assert same(items, shuffled, SET)
    assert changed({"tags": items}, {"tags": shuffled}, tags=SET) == []


@given(st.sets(st.sampled_from("abcd")), st.sets(st.sampled_from("abcd")))
def test_sets_differ_by_what_is_in_them(left: set, right: set) -> None:
    assert same(sorted(left), sorted(right, reverse=True), SET) is (left == right)


def test_sets_of_mappings_are_sets_too() -> None:
    ann, ben = {"name": "ann", "level": 1}, {"name": "ben", "level": 2}
    assert same([ann, ben], [ben, {**ann, "level": 1.0}], SET)
    assert not same([ann, ben], [ben, {**ann, "level": 3}], SET)


def test_a_nested_mapping_is_compared_key_by_key() -> None:
    desired = {"engine": {"power": 3, "pump": {"size": 1}}}
    live = {"engine": {"power": 2, "sound": "loud", "pump": {"size": 2, "colour": "red"}}}
    assert changed(desired, live) == ["engine.power", "engine.pump.size"]
    assert changed(desired, {}) == ["engine.power", "engine.pump.size"]
    assert changed(desired, {"engine": "none"}) == ["engine.power", "engine.pump.size"]


def test_a_whole_mapping_is_one_value() -> None:
    rules = {"cargo": WHOLE}
    (change,) = diff({"cargo": {"tea": 1}}, {"cargo": {"tea": 1, "salt": 2}}, rules).changes
    assert (change.path, change.old, change.new) == ("cargo", {"tea": 1, "salt": 2}, {"tea": 1})
    assert changed({"cargo": {"tea": 1}}, {"cargo": {"tea": 1.0}}, cargo=WHOLE) == []
    assert changed({"cargo": {}}, {"cargo": {"tea": 1}}, cargo=WHOLE) == ["cargo"]


def test_rules_hold_at_their_key_path_only() -> None:
    rules = {"engine.fuels": SET}
    assert diff(
        {"engine": {"fuels": ["a", "b"]}}, {"engine": {"fuels": ["b", "a"]}}, rules
    ) == diff({}, {}, {})
    assert [c.path for c in diff({"fuels": ["a", "b"]}, {"fuels": ["b", "a"]}, rules).changes] == [
        "fuels"
    ]


@pytest.mark.parametrize("rule", [FieldRule(derived=True), FieldRule(write_only=True)])
def test_what_is_never_read_back_is_never_compared(rule: FieldRule) -> None:
    assert changed({"code": "new"}, {"code": "old"}, code=rule) == []
    assert changed({"code": None}, {"code": {"a": 1}}, code=rule) == []


def test_a_fixed_field_that_the_platform_does_not_show_is_no_change() -> None:
    rules = {"hull": FieldRule(create_only=True), "engine.maker": FieldRule(create_only=True)}
    desired = {"hull": "oak", "engine": {"maker": "b"}}
    for engine in ({}, {"engine": None}, {"engine": {}}, {"engine": {"power": 1}}):
        assert diff(desired, {"name": "argo", **engine}, rules).changes == ()
    shown = diff(desired, {"hull": "elm", "engine": {"maker": "a"}}, rules).changes
    assert [(c.path, c.reason) for c in shown] == [
        ("hull", "is fixed when the object is made"),
        ("engine.maker", "is fixed when the object is made"),
    ]


def test_a_fixed_field_counts_for_an_object_that_is_to_be_made() -> None:
    rules = {"hull": FieldRule(create_only=True)}
    assert [c.path for c in diff({"hull": "oak"}, {}, rules).changes] == ["hull"]


def test_ignored_fields_are_told_apart_and_not_changed() -> None:
    desired, live = {"engine": {"power": 1, "fuel": "x"}, "engineer": "a"}, {"engineer": "b"}
    found = diff(desired, live, {}, ("engine",))
    assert [change.path for change in found.changes] == ["engineer"]
    assert [change.path for change in found.ignored] == ["engine.power", "engine.fuel"]
    found = diff(desired, live, {}, ("engine.power",))
    assert [change.path for change in found.changes] == ["engine.fuel", "engineer"]


@given(SPECS, SPECS, st.lists(st.sampled_from(["a", "b", "a.b", "c.d"]), max_size=3))
def test_ignoring_moves_changes_and_loses_none(desired: dict, live: dict, ignore: list) -> None:
    every = diff(desired, live, {}).changes
    found = diff(desired, live, {}, tuple(ignore))
    assert sorted([*found.changes, *found.ignored], key=repr) == sorted(every, key=repr)
    assert all(is_below(change.path, tuple(ignore)) for change in found.ignored)
    assert not any(is_below(change.path, tuple(ignore)) for change in found.changes)


def test_what_is_written_is_known_by_its_key_path() -> None:
    spec = {"a": {"b": None, "c": 1}, "d": [1]}
    assert is_written(spec, "a")
    assert is_written(spec, "a.b")
    assert not is_written(spec, "a.x")
    assert not is_written(spec, "b")
    assert not is_written(spec, "d.0")
    assert not is_written(spec, "a.c.x")


def test_a_prefix_is_a_key_path_and_not_a_text() -> None:
    assert is_below("a.b.c", ("x", "a.b"))
    assert is_below("a", ("a",))
    assert not is_below("ab", ("a",))
    assert not is_below("a", ("a.b",))
