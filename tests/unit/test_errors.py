"""The error tree.

Cases: exit codes, one base with hints, problems and their places.
"""

from __future__ import annotations

import inspect

import pytest

from reconciler import errors
from reconciler.errors import ApiError, JobFailed, ManifestError, Problem, ReconcilerError

TREE = [
    each
    for _, each in inspect.getmembers(errors, inspect.isclass)
    if each.__module__ == errors.__name__
]
RAISED = [kind for kind in TREE if issubclass(kind, ReconcilerError)]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ReconcilerError", 1), ("ManifestError", 1), ("SettingsError", 1), ("LiveStateError", 1),
        ("ApiError", 1), ("UnknownOutcome", 5), ("JobFailed", 5), ("BlockedError", 3),
        ("StalePlanError", 4), ("Interrupted", 130),
    ],
)  # fmt: skip
def test_exit_codes_are_a_promise(name: str, code: int) -> None:
    assert getattr(errors, name).exit_code == code


def test_there_is_one_base_and_it_is_small() -> None:
    assert all(kind is Problem or issubclass(kind, ReconcilerError) for kind in TREE)
    assert len(RAISED) <= 11


def test_the_tree_is_drawn_at_the_top_of_its_file() -> None:
    drawn = inspect.getdoc(errors) or ""
    assert [kind.__name__ for kind in RAISED if kind.__name__ not in drawn] == []


def test_an_error_carries_its_message_and_hint() -> None:
    error = ReconcilerError("it broke", "Mend it.")
    assert (str(error), error.message, error.hint) == ("it broke", "it broke", "Mend it.")
    assert ReconcilerError("it broke").hint == ""
    assert ApiError("no", status=404).status == 404
    assert ApiError("no").status == 0
    assert JobFailed("no", log="last line").log == "last line"


def test_a_manifest_error_counts_its_problems() -> None:
    one = ManifestError([Problem("a", "wrong")])
    assert one.message == "1 problem in the manifests"
    two = ManifestError([Problem("a", "wrong"), Problem("b", "wrong too")])
    assert two.message == "2 problems in the manifests"
    assert [problem.code for problem in two.problems] == ["a", "b"]
    assert two.hint


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ({}, ""),
        ({"file": "a.yaml"}, "a.yaml"),
        ({"file": "a.yaml", "line": 3, "column": 5}, "a.yaml:3:5"),
        ({"line": 3}, ""),
    ],
)
def test_a_place_is_told_as_far_as_it_is_known(place: dict, shown: str) -> None:
    assert Problem("a", "wrong", **place).location == shown
