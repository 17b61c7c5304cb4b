"""Generated requests held to a contract: right and wrong data, as schemathesis makes them.

What differs from the contract on purpose is listed by the test, with its reason; anything else
fails.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flask
import schemathesis
from hypothesis import given, settings
from schemathesis import Case
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.generation import GenerationMode

TOKEN = "secret"
MODES = {"right": GenerationMode.POSITIVE, "wrong": GenerationMode.NEGATIVE}
_FOLDER = Path(__file__).parent / "contracts"
_METHODS = ("get", "put", "post", "delete")


@dataclass(frozen=True)
class Listed:
    """A difference that is meant: on which operation, of which kind, why, and for which cases."""

    operation: str
    failure: type[Failure]
    why: str
    when: Callable[[Case], bool] = lambda case: True


def looks_right(case: Case, lists: Iterable[str] = ()) -> bool:
    """Whether the URL of a wrong query is that of a right one.

    An empty list leaves nothing in it, and text reads as a list of one.
    """
    return any(value == [] or name in lists for name, value in case.query.items())


def document(name: str) -> dict[str, Any]:
    """A fresh copy of a contract, which a test may narrow."""
    loaded: dict[str, Any] = json.loads((_FOLDER / f"{name}.openapi.json").read_text("utf-8"))
    return loaded


def labels(raw: dict[str, Any]) -> list[str]:
    """``GET /v1/files`` for every operation."""
    paths = raw["paths"].items()
    return [f"{m.upper()} {path}" for path, held in paths for m in held if m in _METHODS]


def narrowed(raw: dict[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    """The contract with ids that are there (and one that is not) in its paths.

    The token is a matter of the security scheme alone: as a free header parameter it would be
    nearly always wrong, and no request would come further.
    """
    raw = copy.deepcopy(raw)
    for held in raw["paths"].values():
        for part in (held, *(held[m] for m in _METHODS if m in held)):
            given_ = [p for p in part.get("parameters", ()) if p["name"] != "Authorization"]
            part["parameters"] = given_
            for parameter in given_:
                if parameter["in"] == "path":
                    known = [ids[parameter["name"]], "unknown"]
                    parameter["schema"] = {"type": "string", "enum": known}
    return raw


def attempt(
    raw: dict[str, Any], app: flask.Flask, label: str, mode: str, listed: Iterable[Listed]
) -> None:
    """Send generated requests to one operation; fail on the first difference not listed."""
    schema = schemathesis.openapi.from_dict(raw)
    schema.app = app
    method, _, path = label.partition(" ")
    operation = schema[path][method]
    known = [item for item in listed if item.operation == label]
    headers = {"Authorization": f"Bearer {TOKEN}"}

    @settings(max_examples=max(50, settings().max_examples // 10))
    @given(case=operation.as_strategy(generation_mode=MODES[mode]))
    def send(case: Case) -> None:
        response = case.call(headers=headers)
        assert response.status_code < 500, response.text
        try:
            case.validate_response(response, headers=headers)
        except FailureGroup as group:
            meant = tuple(item.failure for item in known if item.when(case))
            if not all(isinstance(failure, meant) for failure in group.exceptions):
                raise

    send()
