"""Addresses, names and errors as values.

Cases: addresses there and back, what is no address, display names, the nearest valid name.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.kind import step_id
from reconciler.core.nearest import did_you_mean, nearest
from reconciler.core.resource import Address
from reconciler.core.step import KnownAfter
from tests.support.fleet_kinds import address, resource

WORDS = st.text(st.characters(blacklist_characters="/"), min_size=1)


@given(WORDS, WORDS)
def test_an_address_is_read_as_it_is_written(kind: str, name: str) -> None:
    assert Address.parse(str(Address(kind, name))) == Address(kind, name)


@pytest.mark.parametrize("text", ["", "/", "Ship", "Ship/", "/argo", "Ship/a/b", "Ship//a"])
def test_what_is_no_address_gives_none(text: str) -> None:
    assert Address.parse(text) is None


def test_a_step_is_named_for_its_object_and_part() -> None:
    assert step_id(address("Ship/argo"), "") == "Ship/argo"
    assert step_id(address("Ship/argo"), "crew") == "Ship/argo#crew"


def test_a_value_known_later_says_after_which_step() -> None:
    assert str(KnownAfter("Ship/argo#crew", "id")) == "(known after Ship/argo#crew)"


def test_the_display_name_falls_back_to_the_name_in_git() -> None:
    assert resource("Ship/argo", {"name": "The Argo"}).display_name == "The Argo"
    assert resource("Ship/argo").display_name == "argo"
    assert resource("Ship/argo", {"name": None}).display_name == "argo"


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("berth", "berths"),
        ("BERTHS", "berths"),
        ("berths", "berths"),
        ("naem", "name"),
        ("rudder", None),
        ("", None),
        ("x" * 10_000, None),
    ],
)
def test_the_nearest_name_helps_with_slips(word: str, found: str | None) -> None:
    assert nearest(word, ["name", "berths", "tags"]) == found
    assert did_you_mean(word, ["berths", "tags", "name"]) == (
        f"; did you mean {found!r}?" if found else ""
    )


def test_of_names_that_differ_in_case_the_first_in_order_wins() -> None:
    assert nearest("NAMES", ["name", "Name"]) == nearest("NAMES", ["Name", "name"]) == "Name"


def test_nothing_is_near_where_there_are_no_names() -> None:
    assert nearest("name", []) is None
