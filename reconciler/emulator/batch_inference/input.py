"""The input file of a batch: its lines, and every reason why it cannot be run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from reconciler.emulator.fields import too_deep
from reconciler.emulator.store import Doc

ENDPOINTS = ("/v1/chat/completions", "/v1/responses")
# Of a file with more wrong lines, these many are reported.
_MOST_ERRORS = 1_000
_MANY_BRACKETS = 100


@dataclass(frozen=True)
class Input:
    """What a file holds: its requests in order, the model they share, and what is wrong."""

    requests: list[Doc]
    model: str | None
    errors: list[Doc]


def lines(content: bytes) -> list[tuple[int, bytes]]:
    """The lines with something on them, with their numbers from 1."""
    numbered = enumerate(content.split(b"\n"), 1)
    return [(number, line) for number, line in numbered if line.strip()]


def parsed(content: bytes) -> list[Doc]:
    """The requests of a file that was found to be right."""
    return [json.loads(line) for _, line in lines(content)]


def examined(content: bytes, endpoint: str, models: Iterable[str], most: int) -> Input:
    """Read a file as the batch's validation does: all of it, not only up to the first mistake."""
    held = lines(content)
    if not held:
        return Input([], None, [_error("empty_file", None, "The input file is empty.")])
    if len(held) > most:
        message = f"The input file holds {len(held)} requests; {most} are allowed."
        return Input([], None, [_error("too_many_tasks", None, message)])
    reading = _Reading(endpoint, set(models))
    for number, line in held:
        reading.take(number, line)
    return Input(reading.requests, reading.model, reading.errors[:_MOST_ERRORS])


class _Reading:
    """One pass over the lines of a file."""

    def __init__(self, endpoint: str, models: set[str]) -> None:
        self.requests: list[Doc] = []
        self.errors: list[Doc] = []
        self.model: str | None = None
        self._endpoint = endpoint
        self._models = models
        self._seen: dict[str, int] = {}

    def take(self, number: int, line: bytes) -> None:
        request = _object(line)
        if request is None:
            message = "This line is not parseable as valid JSON."
            self.errors.append(_error("invalid_json_line", number, message))
            return
        problems = [*self._frame(number, request), *self._asked(request)]
        self.errors += [_error(code, number, text, param) for code, text, param in problems]
        self.requests.append(request)

    def _frame(self, number: int, request: Doc) -> Iterator[tuple[str, str, str]]:
        custom_id = request.get("custom_id")
        if not isinstance(custom_id, str) or not custom_id:
            text = "Missing required parameter: 'custom_id'."
            yield "missing_required_parameter", text, "custom_id"
        elif custom_id in self._seen:
            first = self._seen[custom_id]
            text = f"The custom_id '{custom_id}' is a duplicate of the one in line {first}."
            yield "duplicate_custom_id", text, "custom_id"
        else:
            self._seen[custom_id] = number
        if request.get("method") != "POST":
            yield "invalid_method", "The method must be POST.", "method"
        if request.get("url") != self._endpoint:
            text = f"The url must be the batch's endpoint, {self._endpoint}."
            yield "invalid_url", text, "url"

    def _asked(self, request: Doc) -> Iterator[tuple[str, str, str]]:
        body = request.get("body")
        model = body.get("model") if isinstance(body, dict) else None
        if not isinstance(body, dict):
            yield "missing_required_parameter", "Missing required parameter: 'body'.", "body"
        elif not isinstance(model, str) or not model:
            text = "Missing required parameter: 'body.model'."
            yield "missing_required_parameter", text, "body.model"
        elif self.model is None:
            self.model = model
            if model not in self._models:
                text = f"The model '{model}' is not an active model."
                yield "model_not_found", text, "body.model"
        elif model != self.model:
            text = f"All requests of a file must have one model; the first has '{self.model}'."
            yield "mismatched_model", text, "body.model"


def _object(line: bytes) -> Doc | None:
    try:
        value: Any = json.loads(line.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None
    # Only a line with many brackets can be nested too deep to be written again.
    nested = line.count(b"{") + line.count(b"[") > _MANY_BRACKETS and too_deep(value)
    return value if isinstance(value, dict) and not nested else None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _error(code: str, line: int | None, message: str, param: str | None = None) -> Doc:
    return {"code": code, "line": line, "message": message, "param": param}
