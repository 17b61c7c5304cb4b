"""JSON that means the same to every reader: no key twice, finite numbers, bounded depth."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any, Final, NoReturn

from reconciler.core.json_value import JsonObject

MAX_DEPTH: Final = 200
"""Levels of lists and mappings; manifests have at most 64, each of which may need a wrapper."""


def parse_json(text: str) -> Any:
    """The value of the document; ValueError says what is wrong with it."""
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_number,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"it is not JSON: {error.msg} at {place}") from error
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error
    _check_depth(value)
    return value


_TOO_DEEP: Final = f"it is nested deeper than {MAX_DEPTH} levels"


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    found: JsonObject = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {json.dumps(key[:40])} is there twice")
        found[key] = value
    return found


def _number(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError(f"the number {text[:40]} is too large")
    return value


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a JSON number")


def _check_depth(value: Any) -> None:
    level = _children([value])
    for _ in range(MAX_DEPTH):
        level = [inner for each in level for inner in _children(each)]
    if level:
        raise ValueError(_TOO_DEEP)


def _children(value: JsonObject | list[Any]) -> list[Any]:
    inner = value if isinstance(value, list) else value.values()
    return [each for each in inner if isinstance(each, dict | list)]
