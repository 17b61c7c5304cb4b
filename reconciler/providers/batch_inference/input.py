"""The input of a batch: its requests as far as a plan needs them, and every reason to refuse it.

The rules are those of the API's page for a batch's input file.  It is read line by line, once in a
process for each digest.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from reconciler.core.fileset import FileSet
from reconciler.core.json_value import JsonObject
from reconciler.providers.batch_inference.tokens import most_answered, prompt_tokens
from reconciler.regular_file import open_regular, reason

MOST_REQUESTS = 50_000
MOST_BYTES = 200 * 2**20
"""200 MB in the larger reading of the unit: the platform has the last word in between."""

MOST_TOLD = 20
SHOWN = 60
"""Characters of a value that a message repeats."""


@dataclass(frozen=True, slots=True)
class Request:
    """One line: its number, its prompt in tokens, roughly, and the most it may be answered."""

    line: int
    prompt: int
    answer: int | None


@dataclass(frozen=True, slots=True)
class Input:
    """All requests of a file, the model they share, and what is wrong, each with its line."""

    name: str
    model: str = ""
    requests: tuple[Request, ...] = ()
    wrong: tuple[str, ...] = ()


def read_input(files: FileSet, endpoint: str) -> Input:
    """The input that a blob holds, judged as the platform will judge it."""
    (entry,) = files.entries
    if entry.size > MOST_BYTES:
        problem = f"{entry.path} has {entry.size} bytes, and a batch takes {MOST_BYTES} at most"
        return Input(entry.path, wrong=(problem,))
    return _read(files.source, entry.path, entry.sha256, endpoint)


@lru_cache(maxsize=64)
def _read(source: str, name: str, sha256: str, endpoint: str) -> Input:
    """``sha256`` takes part as a key: the same path may hold other bytes another time."""
    reading = _Reading(name, endpoint)
    try:
        with open_regular(source) as stream:
            reading.take(stream)
    except OSError as error:
        return Input(name, wrong=(f"{name} cannot be read: {reason(error)}",))
    return reading.result()


class _Reading:
    """One pass over the lines of a file."""

    def __init__(self, name: str, endpoint: str) -> None:
        self._name = name
        self._endpoint = endpoint
        self._requests: list[Request] = []
        self._wrong: list[str] = []
        self._more = 0
        self._model = ""
        self._seen: dict[str, int] = {}
        self._count = 0

    def take(self, lines: Iterable[bytes]) -> None:
        for number, line in enumerate(lines, 1):
            # The platform skips empty lines, as most readers of JSON Lines do.
            if not line.strip():
                continue
            self._count += 1
            if self._count > MOST_REQUESTS:
                self._tell(number, f"more than {MOST_REQUESTS} requests, the most a batch takes")
                return
            self._line(number, line)

    def result(self) -> Input:
        if not self._count:
            self._wrong.append(f"{self._name} holds no request")
        more = (f"and {self._more} more",) if self._more else ()
        return Input(self._name, self._model, tuple(self._requests), (*self._wrong, *more))

    def _line(self, number: int, line: bytes) -> None:
        try:
            request = json.loads(line.decode(), parse_constant=_refuse)
            asked = self._request(number, request) if isinstance(request, dict) else None
        except (ValueError, RecursionError) as error:
            self._tell(number, f"is not JSON ({_why(error)})")
            return
        if asked is None:
            self._tell(number, "is not a JSON object")
            return
        self._requests.append(asked)
        for wrong in (*self._frame(number, request), *self._asked(request)):
            self._tell(number, wrong)

    def _request(self, number: int, request: JsonObject) -> Request:
        body = request.get("body")
        held = body if isinstance(body, dict) else {}
        return Request(number, prompt_tokens(held, self._endpoint), most_answered(held))

    def _frame(self, number: int, request: JsonObject) -> Iterator[str]:
        name = request.get("custom_id")
        if not isinstance(name, str) or not name:
            yield "has no custom_id, a text that names the request"
        elif (first := self._seen.setdefault(name, number)) != number:
            yield f"has the custom_id {_shown(name)} of line {first}; each must be unique"
        if request.get("method") != "POST":
            yield _instead("method", request, "POST")
        if request.get("url") != self._endpoint:
            yield f"{_instead('url', request, self._endpoint)}, the endpoint of the batch"

    def _asked(self, request: JsonObject) -> Iterator[str]:
        body = request.get("body")
        if not isinstance(body, dict):
            yield "has no body, the request itself"
            return
        model = body.get("model")
        if not isinstance(model, str) or not model:
            yield "has no body.model"
        elif model != (self._model or model):
            yield f"asks the model {_shown(model)}, and others {_shown(self._model)}: one per file"
        else:
            self._model = model

    def _tell(self, number: int, what: str) -> None:
        if len(self._wrong) < MOST_TOLD:
            self._wrong.append(f"{self._name}:{number}: {what}")
        else:
            self._more += 1


def _instead(key: str, request: JsonObject, wanted: str) -> str:
    if key not in request:
        return f"has no {key}; it must be {wanted}"
    return f"has the {key} {_shown(request[key])} in the place of {wanted}"


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return repr(text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…")


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at column {error.colno}"
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    return "it is nested too deep" if isinstance(error, RecursionError) else str(error)


def _refuse(name: str) -> None:
    """Python reads ``NaN`` and its kin, which JSON does not have."""
    raise ValueError(f"{name} is not a number in JSON")
