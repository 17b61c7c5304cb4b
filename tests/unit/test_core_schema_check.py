"""Our own check against JSON Schema: it agrees with a full validator on what we publish.

Cases: every keyword, plans spoiled at random, numbers and booleans.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.core.output_schema import SAVED_PLAN, output_schemas
from reconciler.core.schema_check import KEYWORDS, schema_errors
from tests.support.json_mutations import mutated
from tests.unit.test_core_saved_plan import TEXT


def schemas(value: Any) -> Iterator[dict[str, Any]]:
    """Every schema inside of one."""
    yield value
    for key in ("properties",):
        for inner in value.get(key, {}).values():
            yield from schemas(inner)
    for key in ("items", "additionalProperties"):
        if isinstance(value.get(key), dict):
            yield from schemas(value[key])


@pytest.mark.parametrize("name", ["plan", "drift", "report"])
def test_the_output_schemas_say_nothing_that_is_not_checked(name: str) -> None:
    for schema in schemas(output_schemas()[name]):
        assert schema.keys() <= KEYWORDS | {"$schema", "title"}


def test_a_saved_plan_is_valid() -> None:
    assert list(schema_errors(json.loads(TEXT), SAVED_PLAN)) == []


def test_a_full_validator_agrees_on_spoiled_plans() -> None:
    validator = Draft202012Validator(SAVED_PLAN)
    data = json.loads(TEXT)
    seen = set()
    for seed in range(2000):
        other = mutated(copy.deepcopy(data), random.Random(seed))
        valid = validator.is_valid(other)
        seen.add(valid)
        assert valid == (not list(schema_errors(other, SAVED_PLAN))), seed
    assert seen == {True, False}


@pytest.mark.parametrize(
    ("value", "schema", "expected"),
    [
        (True, {"type": "integer"}, "the document must be of type integer, not true"),
        (1.0, {"type": "integer"}, "the document must be of type integer, not 1.0"),
        (1, {"type": "boolean"}, "the document must be of type boolean, not 1"),
        (1, {"type": ["string", "null"]}, "the document must be of type string or null, not 1"),
        (True, {"const": 1}, "the document must be 1, not true"),
        ("c", {"enum": ["a", "b"]}, 'the document must be one of a, b, not "c"'),
        (-1, {"minimum": 0}, "the document must be at least 0, not -1"),
        ("b", {"pattern": "^a"}, 'the document must match ^a, not "b"'),
        ({"a": 1}, {"additionalProperties": {"type": "string"}}, "a must be of type string, not 1"),
        ("x" * 99, {"type": "null"}, f'the document must be of type null, not "{"x" * 58}…'),
        ({"k" * 99: 1}, {"additionalProperties": False}, f"{'k' * 39}… is not a known key"),
    ],
)
def test_an_error_names_place_rule_and_value(
    value: Any, schema: dict[str, Any], expected: str
) -> None:
    assert list(schema_errors(value, schema)) == [expected]


@pytest.mark.parametrize(
    ("value", "schema"),
    [(1, {"type": "number"}), (1.5, {"type": "number"}), (None, {"type": ["object", "null"]}),
     ({"a": 1}, {}), ([1], {"type": "array"}), ("ab", {"pattern": "b$"})],
)  # fmt: skip
def test_what_is_valid_has_no_error(value: Any, schema: dict[str, Any]) -> None:
    assert list(schema_errors(value, schema)) == []
