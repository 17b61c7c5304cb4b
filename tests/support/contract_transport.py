"""A transport that holds our own traffic to the documented contract, in both directions.

It notes every breach instead of raising, because the product answers to errors of a transport;
``check()`` then fails the test.  What differs on purpose is listed with its reason.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
from werkzeug.formparser import parse_form_data

from tests.support.contract import FORM, JSON, Operation, breaches, find

PREFIX = "/api/v2/"

# Paths that the page does not have and that following a job or uploading data needs.
AROUND = re.compile(r"(status/[^/]+|datasets/[^/]+|version|ping)/")

# Statuses that any operation may answer: the page leaves out what every request can meet.
EVERYWHERE = {
    401: "a token is needed everywhere",
    429: "the request rate is limited everywhere",
    **dict.fromkeys((500, 502, 503, 504), "a server can fail anywhere"),
}
GONE = 404
"""Documented for few of the paths with an id, and what an id of nothing must answer on all."""

# (operation, status) -> why it is accepted.
STATUSES = {
    ("PATCH customModels/{customModelId}/", 200): "documented as 201, the platform sends 200",
    ("GET customModels/{customModelId}/accessControl/", 403): "as for environments",
    ("PATCH customModels/{customModelId}/accessControl/", 403): "as for environments",
}

# Query parameters that are declared as required and that no client sends.
OPTIONAL = {"offset": "defaults to 0", "limit": "has a default", "lines": "has a default"}

# Fields that are null where there is nothing; the page declares no null for them.
NULLS = {
    "completedAt": "a test that runs has not ended",
    "latestVersion": "a new model or environment has none",
    "latestSuccessfulVersion": "a new environment has none",
    "template": "most models come from none",
}

# Fields of answers that the page does not have and that the official client reads.
BEYOND = {
    "runtimeParameters": "the official client sends and shows them",
    "requiredMetadataKeys": "the keys that requiredMetadataValues answer to",
}


class ContractTransport(httpx.BaseTransport):
    """Passes requests on and compares them and their answers with the contract."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner
        self.breaches: list[str] = []
        self.compares_responses = True
        """False once a test plans responses that no contract allows."""
        self.seen: dict[str, set[int]] = {}
        """The statuses that each operation answered."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        path = request.url.path
        operation = find(request.method, path)
        if operation is None:
            if path.startswith(PREFIX) and not AROUND.fullmatch(path.removeprefix(PREFIX)):
                self.breaches.append(f"{request.method} {path}: no operation of the contract")
            return self._inner.handle_request(request)
        self._note(operation, _request_breaches(operation, request))
        response = self._inner.handle_request(request)
        response.read()
        self.seen.setdefault(operation.name, set()).add(response.status_code)
        if self.compares_responses:
            self._note(operation, _response_breaches(operation, response))
        return response

    def close(self) -> None:
        """Close what is below; it may be used again."""
        self._inner.close()

    def check(self) -> None:
        """Fail when anything did not fit."""
        assert not self.breaches, "\n".join(sorted(set(self.breaches)))

    def _note(self, operation: Operation, found: Iterator[str]) -> None:
        self.breaches += [f"{operation.name}: {breach}" for breach in found]


def _request_breaches(operation: Operation, request: httpx.Request) -> Iterator[str]:
    given = request.url.params
    for name in given:
        if name not in operation.query:
            yield f"undeclared query parameter {name}"
            continue
        for _, wrong in breaches(operation.query[name]["schema"], _typed(operation, name, given)):
            yield f"query parameter {name}: {wrong}"
    for name, declared in operation.query.items():
        if declared.get("required") and name not in given and name not in OPTIONAL:
            yield f"query parameter {name} is missing"
    yield from _body_breaches(operation, request)


def _typed(operation: Operation, name: str, given: httpx.QueryParams) -> Any:
    kinds = operation.query[name]["schema"].get("type", "string")
    text = given[name]
    return int(text) if "integer" in kinds and text.lstrip("-").isdigit() else text


def _body_breaches(operation: Operation, request: httpx.Request) -> Iterator[str]:
    kind = request.headers.get("content-type", "").partition(";")[0]
    if not request.content and not kind:
        return
    if kind not in operation.bodies:
        yield f"a body of {kind or 'no type'}, where {sorted(operation.bodies)} is declared"
        return
    value = json.loads(request.content) if kind == JSON else _form(operation, request)
    for field, wrong in breaches(operation.bodies[kind], value):
        yield f"request {field or 'body'}: {wrong}"


def _form(operation: Operation, request: httpx.Request) -> dict[str, Any]:
    """A multipart body as the value that its schema is about: texts become what they stand for."""
    environ = {
        "wsgi.input": io.BytesIO(request.content),
        "CONTENT_LENGTH": str(len(request.content)),
        "CONTENT_TYPE": request.headers["content-type"],
    }
    _, fields, files = parse_form_data(environ)
    value: dict[str, Any] = {}
    for name, uploads in files.lists():
        value[name] = "bytes"
        for upload in uploads:
            upload.close()
    properties = operation.bodies[FORM]["properties"]
    for name in fields:
        texts = fields.getlist(name)
        made = [_meant(properties.get(name, {}), text) for text in texts]
        value[name] = made if len(made) > 1 else made[0]
    return value


def _meant(schema: dict[str, Any], text: str) -> Any:
    kinds = schema.get("type", "string")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if text == "" and "null" in kinds:
        return None  # a form has no null; an empty field is the nearest there is
    if "integer" in kinds and text.isdigit():
        return int(text)
    if "boolean" in kinds and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if "object" in kinds:
        return json.loads(text)  # an object travels as JSON text inside its part
    return text


def _response_breaches(operation: Operation, response: httpx.Response) -> Iterator[str]:
    status = response.status_code
    if status >= 400:
        yield from _refusal_breaches(operation, response)
        return
    accepted = (operation.name, status) in STATUSES
    if status not in operation.statuses and not accepted:
        yield f"undeclared status {status}"
        return
    declared = status if status in operation.statuses else min(operation.statuses)
    for name in operation.headers(declared) - {name.lower() for name in response.headers}:
        yield f"{status} lacks the header {name}"
    schema = operation.answers.get(declared)
    if schema is None or not response.content:
        # 204 declares a body in places; an answer of that status cannot have one.
        if schema is not None and status != 204:
            yield f"{status} has no body"
        return
    for field, wrong in breaches(schema, _known(response.json())):
        if not (wrong.startswith("None is not of type") and field.rpartition(".")[2] in NULLS):
            yield f"{status} {field or 'body'}: {wrong}"


def _known(value: Any) -> Any:
    """The answer without what is listed as being beyond the contract."""
    if isinstance(value, list):
        return [_known(item) for item in value]
    if isinstance(value, dict):
        return {key: _known(held) for key, held in value.items() if key not in BEYOND}
    return value


def _refusal_breaches(operation: Operation, response: httpx.Response) -> Iterator[str]:
    status = response.status_code
    known = status in operation.statuses or status in EVERYWHERE
    gone = status == GONE and "{" in operation.path
    if not (known or gone or (operation.name, status) in STATUSES):
        yield f"undeclared status {status}: {response.text[:200]}"
