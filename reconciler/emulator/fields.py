"""Declared types: tables of fields, and the checks that hold a value to them.

Every body, form and query of the emulator is read through such a table, so that wrong input of any
kind ends as a 4xx that names the field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.emulator.refusal import invalid

Check = Callable[[Any], Any]

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
# The contract says `format: uri` (commitUrl), which asks for a scheme and for nothing behind it.
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]*")
# How a form spells null for a field that may be null: the pages declare such fields as
# "integer or null", and a form can only carry text.  Which text that is, is not documented.
_BLANK = ("", "null", "None")
_TRUTHS = {"true": True, "True": True, "false": False, "False": False}


class Invalid(ValueError):
    """A value breaks its declared type; the text says how, or a mapping says it per key."""

    def __init__(self, problem: str | dict[str, Any]) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(frozen=True)
class Field:
    """One declared field: its check, and whether it must be there or may be null."""

    check: Check
    required: bool = False
    null: bool = False


Fields = Mapping[str, Field]


def read(fields: Fields, given: object) -> dict[str, Any]:
    """The given values, cleaned; refuses with 422 and every wrong field named."""
    try:
        return shape(fields)(given)  # type: ignore[no-any-return]  # shape gives a dictionary
    except Invalid as wrong:
        problem = wrong.problem
        raise invalid(problem if isinstance(problem, dict) else {"data": problem}) from wrong


def text(longest: int | None = None, shortest: int = 0) -> Check:
    """Text of a bounded length."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise Invalid("value is not a string")
        if longest is not None and len(value) > longest:
            raise Invalid(f"String is longer than {longest} characters")
        if len(value) < shortest:
            raise Invalid(
                "blank value is not allowed"
                if shortest == 1
                else f"String is shorter than {shortest} characters"
            )
        return value

    return check


def number(least: float | None = None, most: float | None = None) -> Check:
    """A number, whole or not, within bounds."""

    def check(value: Any) -> int | float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Invalid("value is not a number")
        if least is not None and value < least:
            raise Invalid(f"value is less than {least}")
        if most is not None and value > most:
            raise Invalid(f"value is greater than {most}")
        return value

    return check


def whole(least: int | None = None, most: int | None = None) -> Check:
    """A whole number within bounds; ``3.0`` is one."""
    bounded = number(least, most)

    def check(value: Any) -> int:
        if isinstance(value, float) and not value.is_integer():
            raise Invalid("value is not a whole number")
        return int(bounded(value))

    return check


def flag(value: Any) -> bool:
    """A boolean."""
    if not isinstance(value, bool):
        raise Invalid("value should be True or False")
    return value


def url(value: Any) -> str:
    """An address with a scheme."""
    if not _URL.fullmatch(text()(value)):
        raise Invalid("value is not a url")
    return str(value)


def one_of(*choices: str) -> Check:
    """One of the listed words."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise Invalid(f"value is not one of: {', '.join(choices)}")
        return value

    return check


def many(check: Check, most: int, least: int = 0) -> Check:
    """A list of so many values."""

    def check_all(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise Invalid("value is not a list")
        if not least <= len(value) <= most:
            raise Invalid(f"list length is not between {least} and {most}")
        return _each(check, value)

    return check_all


def one_or_many(check: Check, most: int) -> Check:
    """One value or a list of them; always gives a list."""
    listed = many(check, most)
    return lambda value: listed(value if isinstance(value, list) else [value])


def mapping(value: Any) -> dict[str, Any]:
    """An object of any shape."""
    if not isinstance(value, dict):
        raise Invalid("value is not a dictionary")
    return value


def shape(fields: Fields) -> Check:
    """An object of declared fields and no others."""

    def check(value: Any) -> dict[str, Any]:
        given = mapping(value)
        problems: dict[str, Any] = {
            str(name): f"{name} is not allowed key" for name in given if name not in fields
        }
        clean: dict[str, Any] = {}
        for name, field in fields.items():
            try:
                if name in given:
                    clean[name] = _value(field, given[name])
                elif field.required:
                    problems[name] = "is required"
            except Invalid as wrong:
                problems[name] = wrong.problem
        if problems:
            raise Invalid(problems)
        return clean

    return check


def loose(check: Check) -> Check:
    """The check, for a value that a form may carry as text: ``"3"``, ``"True"``."""

    def check_loose(value: Any) -> Any:
        if isinstance(value, str):
            if value in _TRUTHS:
                return check(_TRUTHS[value])
            if _WHOLE.fullmatch(value):
                return check(int(value))
        return check(value)

    return check_loose


def encoded(check: Check) -> Check:
    """The check, for a structure that a form carries as JSON text; also takes it as it is."""

    def check_encoded(value: Any) -> Any:
        if not isinstance(value, str):
            return check(value)
        try:
            return check(json.loads(value, parse_constant=_refuse_constant))
        except (ValueError, RecursionError) as wrong:
            if isinstance(wrong, Invalid):
                raise
            raise Invalid("value is not valid JSON") from wrong

    return check_encoded


def blank_as_null(fields: Fields) -> Fields:
    """The fields as a form carries them: an empty or ``null`` text in a nullable field is null."""
    return {
        name: Field(_unless_blank(field.check), field.required, True) if field.null else field
        for name, field in fields.items()
    }


def blank_refused(fields: Fields) -> Fields:
    """The fields of a form in which no text is null."""
    return {
        name: Field(_unless_blank(field.check, _refuse_blank), field.required, True)
        if field.null
        else field
        for name, field in fields.items()
    }


def _unless_blank(check: Check, blank: Check = lambda value: None) -> Check:
    return lambda value: (blank if isinstance(value, str) and value in _BLANK else check)(value)


def _refuse_blank(value: Any) -> None:
    raise Invalid("a text that stands for no value is not allowed")


def _value(field: Field, value: Any) -> Any:
    if value is None:
        if not field.null:
            raise Invalid("value is not allowed to be null")
        return None
    return field.check(value)


def _each(check: Check, values: list[Any]) -> list[Any]:
    clean, problems = [], {}
    for place, value in enumerate(values):
        try:
            clean.append(check(value))
        except Invalid as wrong:
            problems[str(place)] = wrong.problem
    if problems:
        raise Invalid(problems)
    return clean


def _refuse_constant(name: str) -> None:
    raise Invalid(f"{name} is not JSON")


class Tolerant(dict[str, Field]):
    """A table for an object that may hold more than is declared; the rest is passed over."""

    def __contains__(self, name: object) -> bool:
        return True


DEEPEST = 100


def too_deep(value: Any, left: int = DEEPEST) -> bool:
    """Whether a value is nested more than anybody nests by intention."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return left == 0 or any(too_deep(part, left - 1) for part in parts)
