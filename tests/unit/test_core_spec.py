"""What manifest models share.

Cases: strictness, only what was written, sizes, durations, one of several keys.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from reconciler.core.spec import Bytes, Duration, Spec, absent, at_most_one, exactly_one

UNITS = {"": 1, "B": 1, "kB": 1000, "MB": 1000**2, "GB": 1000**3}
UNITS |= {"Ki": 1024, "Mi": 1024**2, "Gi": 1024**3}


class Engine(Spec):
    """A part of a ship."""

    fuel_type: str | None = None
    max_power: int = absent()


class Ship(Spec):
    """A ship, with a nested mapping."""

    engine: Engine | None = None
    sail_area: float | None = None
    crew: list[str] | None = None


class Store(Spec):
    """What a ship can hold, and for how long."""

    room: Bytes = absent()
    time: Duration = absent()


def size(value: object) -> int:
    """The bytes that an author means."""
    return Store.model_validate({"room": value}).room


def seconds(value: object) -> int:
    """The duration that an author means."""
    return Store.model_validate({"time": value}).time


def test_only_written_keys_are_kept_in_their_own_spelling() -> None:
    written = {"engine": {"fuelType": None}, "sailArea": 0.0, "crew": []}
    assert Ship.model_validate(written).written() == written
    assert Ship.model_validate({}).written() == {}
    assert Ship.model_validate({"engine": {}}).written() == {"engine": {}}


@pytest.mark.parametrize(
    "wrong",
    [
        {"rudder": 1},
        {"sail_area": 1.0},
        {"sailArea": "1.0"},
        {"sailArea": True},
        {"crew": "ann"},
        {"crew": [1]},
        {"engine": {"maxPower": None}},
        {"engine": {"maxPower": 1.0}},
        {"engine": {"maxPower": True}},
    ],
)
def test_nothing_unknown_and_nothing_converted(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Ship.model_validate(wrong)


def test_a_manifest_is_not_changed_after_it_was_read() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Ship().sail_area = 1.0


@given(st.integers(0, 10**15), st.sampled_from(sorted(UNITS)), st.sampled_from(["", " ", "  "]))
def test_a_size_is_a_number_and_a_unit(number: int, unit: str, blank: str) -> None:
    assert size(f" {number}{blank}{unit} ") == number * UNITS[unit]
    assert size(number) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2Gi", 2 * 1024**3),
        ("2.5Gi", 5 * 1024**3 // 2),
        ("0.1GB", 100_000_000),
        ("1.1kB", 1100),
        ("4.35kB", 4350),
        ("9007199254740993", 9007199254740993),
        ("1.5B", 1),
    ],
)
def test_fractions_of_a_unit_are_exact(text: str, number: int) -> None:
    assert size(text) == number


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "Gi",
        "2 gi",
        "2G",
        "2Ti",
        "-1Gi",
        "1e3",
        ".5Gi",
        "5.Gi",
        "1_000",
        "2Gi\n3",
        1.5,
        True,
        [],
    ],
)
def test_what_is_no_size_is_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        size(wrong)


def test_a_size_beyond_all_measure_is_still_a_number() -> None:
    assert size("9" * 400) > 10**399


@given(*[st.none() | st.integers(0, 99)] * 4)
def test_a_duration_is_the_sum_of_its_parts(
    days: int | None, hours: int | None, minutes: int | None, rest: int | None
) -> None:
    parts = [(days, "d", 86400), (hours, "h", 3600), (minutes, "m", 60), (rest, "s", 1)]
    text = "".join(f"{number}{unit}" for number, unit, _ in parts if number is not None)
    total = sum((number or 0) * worth for number, _, worth in parts)
    if total:
        assert seconds(text) == total
    else:
        with pytest.raises(ValidationError):
            seconds(text)


@pytest.mark.parametrize(
    "wrong",
    ["", "30", 30, 1.5, None, True, "30m1h", "1h 30m", "-5m", "1.5h", "5M", "5ms", "m", "5m\n"],
)
def test_what_is_no_duration_is_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        seconds(wrong)


def test_the_schema_says_what_an_author_may_write() -> None:
    held = Store.model_json_schema()["properties"]
    assert [each["type"] for each in held["room"]["anyOf"]] == ["integer", "string"]
    assert held["time"]["type"] == "string"


def test_exactly_one_key_names_the_keys_as_authors_write_them() -> None:
    exactly_one(Engine(fuelType="coal"), "fuel_type", "max_power")
    for wrong in (Engine(), Engine(fuelType="coal", maxPower=1)):
        with pytest.raises(Exception, match="needs exactly one of: fuelType, maxPower"):
            exactly_one(wrong, "fuel_type", "max_power")


def test_at_most_one_key_names_those_that_are_there() -> None:
    at_most_one(Engine(), "fuel_type", "max_power")
    at_most_one(Engine(maxPower=1), "fuel_type", "max_power")
    with pytest.raises(Exception, match="cannot be together: fuelType, maxPower"):
        at_most_one(Engine(fuelType="coal", maxPower=1), "fuel_type", "max_power")
