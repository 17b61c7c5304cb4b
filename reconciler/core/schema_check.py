"""A JSON value against the part of JSON Schema that our own output schemas use."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from reconciler.core.json_value import JsonObject, JsonSchema

KEYWORDS: Final = frozenset(
    {"type", "const", "enum", "minimum", "pattern", "items", "properties", "required"}
    | {"additionalProperties"}
)
"""What a schema may say; a test keeps the output schemas inside of it."""

TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def schema_errors(value: Any, schema: JsonSchema, path: str = "") -> Iterator[str]:
    """Each error as ``path: what is wrong``, in document order; nothing for a valid value.

    Stricter than the standard in one point: an integer is written without a fraction.
    """
    error = _own_error(value, schema)
    if error:
        yield f"{path or 'the document'} {error}"
    elif isinstance(value, dict):
        yield from _object_errors(value, schema, path)
    elif isinstance(value, list) and "items" in schema:
        for index, inner in enumerate(value):
            yield from schema_errors(inner, schema["items"], f"{path}[{index}]")


def _own_error(value: Any, schema: JsonSchema) -> str:
    if "type" in schema and not _is_of(value, schema["type"]):
        return f"must be of type {_listed(schema['type'])}, not {_shown(value)}"
    if "const" in schema and not _is_same(value, schema["const"]):
        return f"must be {_shown(schema['const'])}, not {_shown(value)}"
    if "enum" in schema and not any(_is_same(value, each) for each in schema["enum"]):
        return f"must be one of {', '.join(map(str, schema['enum']))}, not {_shown(value)}"
    if "minimum" in schema and value < schema["minimum"]:
        return f"must be at least {schema['minimum']}, not {_shown(value)}"
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        return f"must match {schema['pattern']}, not {_shown(value)}"
    return ""


def _object_errors(value: JsonObject, schema: JsonSchema, path: str) -> Iterator[str]:
    for key in schema.get("required", ()):
        if key not in value:
            yield f"{_below(path, key)} is missing"
    known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    for key, inner in value.items():
        place = _below(path, key)
        if key in known:
            yield from schema_errors(inner, known[key], place)
        elif others is False:
            yield f"{place} is not a known key"
        else:
            yield from schema_errors(inner, others, place)


def _is_of(value: Any, types: str | list[str]) -> bool:
    # Python counts true as the integer 1; JSON does not.
    names = [types] if isinstance(types, str) else types
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, TYPES[name]) for name in names)


def _is_same(value: Any, other: Any) -> bool:
    return type(value) is type(other) and bool(value == other)


def _listed(types: str | list[str]) -> str:
    return types if isinstance(types, str) else " or ".join(types)


def _below(path: str, key: str) -> str:
    name = key if len(key) <= 40 else f"{key[:39]}…"
    return f"{path}.{name}" if path else name


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:59]}…"
