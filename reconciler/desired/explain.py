"""What pydantic found wrong, in the words and key paths of the manifest's author."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from reconciler.core.nearest import did_you_mean, nearest
from reconciler.core.spec import BRANCHES
from reconciler.desired.model_field import keys_of, model_at, places, type_at
from reconciler.desired.name import WORDS
from reconciler.desired.path_problem import Keys, PathProblem, shown

_WANTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
}
# What pydantic puts into a path to tell a key from its value, or a branch of a union.
_NO_KEYS = frozenset({"[key]", *BRANCHES})
_NAMES: Mapping[type, str] = {
    str: "a text",
    bool: "a boolean",
    int: "a whole number",
    float: "a fraction",
    list: "a list",
    dict: "a mapping",
}


def explain(error: ValidationError, model: type[BaseModel]) -> Iterator[PathProblem]:
    """One problem per validation error; quotes a value only where the valid ones are a list."""
    for each in error.errors(include_url=False):
        keys = tuple(key for key in each["loc"] if key not in _NO_KEYS)
        yield _problem(each, keys, model)


def _problem(error: ErrorDetails, keys: Keys, model: type[BaseModel]) -> PathProblem:
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(keys, model)
    if kind == "missing":
        return PathProblem("missing-key", f"missing key {keys[-1]!r}", "", keys, on_key=True)
    if kind in _WANTED:
        return _wrong_type(_WANTED[kind], value, keys)
    if value is None:
        return _wrong_type("a value", value, keys)
    if kind == "literal_error":
        return _not_one_of(value, keys, model)
    is_key = error["loc"][-1:] == ("[key]",)
    if context.get("pattern") in WORDS:
        message = f"{shown(value)}: {WORDS[context['pattern']]}"
        return PathProblem("invalid-name", message, "", keys, is_key)
    message = str(context["error"]) if kind == "value_error" else error["msg"]
    # A problem with a key, or with a whole mapping, is shown at the key.
    on_key = is_key or isinstance(value, dict)
    return PathProblem("invalid-value", _sentence(message), "", keys, on_key)


def _unknown_key(keys: Keys, model: type[BaseModel]) -> PathProblem:
    key = str(keys[-1])
    owner = model_at(model, keys[:-1])
    valid = keys_of(owner) if owner else {}
    near = nearest(key, valid)
    other_place = None if near else next(places(model, key), None)
    if near:
        message = f"unknown key {shown(key)}; did you mean {near!r}?"
    elif other_place:
        message = f"unknown key {shown(key)}; it belongs at {other_place}"
    else:
        message = f"unknown key {shown(key)}"
    return PathProblem(
        "unknown-key", message, f"Valid here: {', '.join(valid)}.", keys, on_key=True
    )


def _wrong_type(wanted: str, value: object, keys: Keys) -> PathProblem:
    if value is None:
        message = f"must be {wanted}, not null" if wanted != "a value" else "must not be null"
        hint = "Leave the key out to leave what is live as it is; this key cannot be unset."
        return PathProblem("not-null", message, hint, keys)
    actual = _NAMES.get(type(value), "something else")
    hint = "Put it in quotes." if wanted == "a text" and not isinstance(value, dict | list) else ""
    return PathProblem("wrong-type", f"must be {wanted}, not {actual}", hint, keys)


def _not_one_of(value: object, keys: Keys, model: type[BaseModel]) -> PathProblem:
    valid = _choices(model, keys)
    guess = did_you_mean(value, valid) if isinstance(value, str) else ""
    message = f"{shown(value)} is not one of {', '.join(valid)}{guess}"
    return PathProblem("not-one-of", message, "", keys)


def _choices(model: type[BaseModel], keys: Keys) -> list[str]:
    return [str(choice) for choice in get_args(type_at(model, keys))]


def _sentence(message: str) -> str:
    text = message.removeprefix("Value error, ").removeprefix("Input ")
    return text[:1].lower() + text[1:]
