"""Ranges: how they are written, what lies inside, and what is no range."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.providers.model_registry.bounds import (
    COMPARISONS,
    NUMBER,
    RELEASE,
    WHOLE,
    is_number_inside,
    is_release_inside,
    is_whole_inside,
    pattern,
)


@pytest.mark.parametrize(
    ("value", "text", "inside"),
    [
        (0.8, ">=0.80", True),
        (0.7999, ">=0.80", False),
        (0.8, ">0.8", False),
        (1, "==1.0", True),
        (-3, "<-2.5", True),
        (0.15, ">0, <=0.2", True),
        (0.25, ">0, <=0.2", False),
        (5e-3, "<1e-2", True),
        (1, "!=1", False),
        (None, "!=1", False),
        (float("nan"), "!=1", False),
        (float("inf"), ">=0.8", True),
    ],
)
def test_numbers(value: float | None, text: str, inside: bool) -> None:
    assert is_number_inside(value, text) is inside


@pytest.mark.parametrize(
    ("number", "text", "inside"),
    [
        (3, "3", True),
        (30, "3", False),
        (3, ">=3", True),
        (7, ">=3,<5", False),
        (4, ">=3,<5,!=4", False),
        (10, ">9", True),
        (2**60, ">=999999999999999999", True),
        (None, ">=1", False),
    ],
)
def test_version_numbers(number: int | None, text: str, inside: bool) -> None:
    assert is_whole_inside(number, text) is inside


@pytest.mark.parametrize(
    ("release", "text", "inside"),
    [
        ("3.11.4", "3.11", True),
        ("3.11", "3.11.4", False),
        ("3.1", "3.11", False),
        ("3.110", "3.11", False),
        ("3.9", ">=3.10", False),
        ("3.10", ">=3.10,<3.13", True),
        ("3.13.0", "<3.13", False),
        ("1.5", "==1.5.0", True),
        ("1.5rc1", ">=1.5", False),
        ("1.5rc1", "1.5", False),
        ("1.5rc1", "<1.5", True),
        ("1.5.post1", ">=1.5", True),
        ("2.2.1+cpu", ">=2.2,<3", True),
        ("v2.0", "2", True),
        ("3.11 ", "3.11", True),
        ("latest", ">=1", False),
        ("", "1", False),
        ("1" * 5000, ">=1", False),
        (">=3.9", "3.11", False),
    ],
)
def test_releases(release: str, text: str, inside: bool) -> None:
    assert is_release_inside(release, text) is inside


@pytest.mark.parametrize(
    ("form", "right", "wrong"),
    [
        (pattern(WHOLE, bare=True), ("7", ">=3", " >= 3 , < 5 "), ("", ">=", "a", "1.5", ">=3,")),
        (pattern(NUMBER, bare=False), (">=0.80", "<-1e-3"), ("0.8", "=0.8", ">=nan", ">=.8", "~1")),
        (pattern(RELEASE, bare=True), ("3.11", "!=1.5rc1", ">=1.26"), ("three", ">=1.x y", "~=1")),
    ],
)
def test_what_a_range_looks_like(form: str, right: tuple[str, ...], wrong: tuple[str, ...]) -> None:
    assert [text for text in right if not re.fullmatch(form, text)] == []
    assert [text for text in wrong if re.fullmatch(form, text)] == []


@given(st.integers(0, 10**17), st.integers(0, 10**17), st.sampled_from(sorted(COMPARISONS)))
def test_one_bound_is_one_comparison(number: int, limit: int, comparison: str) -> None:
    text = f"{comparison}{limit}"
    assert is_whole_inside(number, text) is COMPARISONS[comparison](number, limit)


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9).map(lambda x: f"{x:.6f}"), st.floats(-1e9, 1e9))
def test_a_comma_means_and(value: float, low: str, high: float) -> None:
    text = f">={low},<{high:.6f}"
    both = is_number_inside(value, f">={low}") and is_number_inside(value, f"<{high:.6f}")
    assert is_number_inside(value, text) is both


@given(st.lists(st.integers(0, 30), min_size=1, max_size=4), st.text(max_size=10))
def test_any_release_is_answered(numbers: list[int], tail: str) -> None:
    release = ".".join(map(str, numbers))
    assert is_release_inside(release, f"=={release}")
    assert is_release_inside(f"{release}{tail}", ">=1") in (True, False)
