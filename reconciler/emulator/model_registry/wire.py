"""How the model registry mounts its operations, reads queries and gives pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import flask
from flask import Blueprint

from reconciler.emulator.answers import answer
from reconciler.emulator.fields import Check, Field, Fields, Invalid
from reconciler.emulator.inputs import query
from reconciler.emulator.store import Doc
from reconciler.emulator.world import current

# The public documents and the official client name the same operations under different roots.
ROOTS = ("/api/ml/v1", "/api/svc/v1")
_NUMBER = re.compile(r"[+-]?[0-9]+", re.ASCII)
# More digits than this are beyond everything that the registry counts.
_DIGITS = 18


def route(blueprint: Blueprint, method: str, path: str) -> Callable[[Any], Any]:
    """Mount an operation under both roots."""

    def mount(view: Any) -> Any:
        for root in ROOTS:
            blueprint.add_url_rule(root + path, view_func=view, methods=[method])
        return view

    return mount


def count(least: int | None = None) -> Check:
    """A whole number of a query, with any number of digits."""

    def check(value: Any) -> int:
        spelled = str(value)
        if not _NUMBER.fullmatch(spelled):
            raise Invalid("value is not a whole number")
        number = int(spelled[: _DIGITS + 1])
        if least is not None and number < least:
            raise Invalid(f"value is less than {least}")
        return number

    return check


def filters(words: tuple[str, ...], others: Fields) -> dict[str, Any]:
    """The query: words as they were sent, also those that read as a number, and other values."""
    taken = Field(lambda value: value)
    window = {"offset": Field(count(0)), "limit": Field(count(1))}
    given = query({**dict.fromkeys(words, taken), **window, **others})
    sent = flask.request.args
    return {**given, **{word: sent[word] for word in words if word in sent}}


def page(items: Sequence[Doc], show: Callable[[Doc], Doc], given: dict[str, Any]) -> flask.Response:
    """The part of a list that the query asks for; one past its end is empty."""
    largest = current().options.page_size
    offset, limit = given.get("offset", 0), min(given.get("limit", largest), largest)
    return answer(
        {
            "data": [show(item) for item in items[offset : offset + limit]],
            "pagination": {"total": len(items), "offset": offset, "limit": limit},
        }
    )
