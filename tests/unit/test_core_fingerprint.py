"""The short name of a live object's state.

Cases: an object that is not there, order of keys and of sets, a change in any content, what a
download adds, texts that are no Unicode, canonical JSON.
"""

from __future__ import annotations

import json
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.fileset import FileEntry, file_set
from reconciler.core.fingerprint import canonical, fingerprint
from reconciler.core.resource import Live
from tests.support.fleet_kinds import live

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2)
    ),
    max_leaves=4,
)
SPECS = st.dictionaries(st.text(max_size=2), VALUES, max_size=3)


def test_nothing_has_no_fingerprint() -> None:
    assert fingerprint(None) == ""
    assert fingerprint(live("Ship/argo")).startswith("sha256:")


@given(SPECS)
def test_it_is_the_same_whatever_order_the_keys_came_in(spec: dict[str, Any]) -> None:
    turned = dict(reversed(spec.items()))
    one = live("Ship/argo", spec, facts=turned, contents={"a": "1", "b": "2"})
    other = live("Ship/argo", turned, facts=spec, contents={"b": "2", "a": "1"})
    assert fingerprint(one) == fingerprint(other)


@given(SPECS, SPECS)
def test_it_changes_with_what_is_in_the_spec(one: dict[str, Any], other: dict[str, Any]) -> None:
    same = canonical(one) == canonical(other)
    assert (fingerprint(live("Ship/a", one)) == fingerprint(live("Ship/a", other))) is same


@pytest.mark.parametrize(
    "change",
    [
        {"id": "other"},
        {"name": "other"},
        {"owner": "fleet/other"},
        {"owner": None},
        {"protected": True},
        {"spec": {"hull": "oak", "size": 2}},
        {"spec": {"hull": None}},
        {"facts": {"version": 1}},
        {"in_use": "1 deployment"},
        {"external_id": "an-id"},
        {"contents": {"files": "sha256:1"}},
    ],
)
def test_it_changes_with_every_part_that_a_plan_is_decided_on(change: dict[str, Any]) -> None:
    before = live("Ship/argo", {"hull": "oak"})
    assert fingerprint(replace(before, **change)) != fingerprint(before)


def test_what_a_download_shows_is_no_change_of_the_object() -> None:
    before = live("Ship/argo")
    files = {"files": file_set([FileEntry("a", "0" * 64, 1)])}
    after = replace(before, files=files, line_diffs={"files/a": ("+x",)})
    assert fingerprint(after) == fingerprint(before)


def test_collections_of_any_type_count_with_all_that_is_in_them() -> None:
    def of(facts: Any) -> str:
        return fingerprint(Live("Ship", "1", "argo", facts=facts))

    assert of({"a": (1, 2)}) == of({"a": [1, 2]}) != of({"a": [2, 1]})
    assert of({"a": frozenset("xyz")}) == of({"a": frozenset("zyx")}) == of({"a": ["x", "y", "z"]})
    assert of({"a": MappingProxyType({"k": 1})}) == of({"a": {"k": 1}}) != of({"a": {"k": 2}})
    assert of(MappingProxyType({"k": 1})) != of(MappingProxyType({"k": 2}))


def test_half_a_character_from_a_platform_is_no_obstacle() -> None:
    half = json.loads('"\\ud800"')
    assert fingerprint(live("Ship/argo", {"name": half})) != fingerprint(live("Ship/argo"))


@given(SPECS)
def test_canonical_is_json_with_one_spelling(spec: dict[str, Any]) -> None:
    text = canonical(spec)
    assert json.loads(text) == spec
    assert canonical(json.loads(text)) == text


def test_canonical_has_no_blanks_and_plain_letters() -> None:
    assert canonical({"b": [1, True], "a": "é"}) == '{"a":"é","b":[1,true]}'
