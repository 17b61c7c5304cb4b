"""The custom models API as its page documents it: operations, and what their bodies may hold.

The document does not close its objects; here every object with declared properties is closed, so
that a field that nobody declared is found.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

FILE = Path(__file__).parents[1] / "contract/contracts" / "custom_models.openapi.json"
METHODS = ("get", "post", "put", "patch", "delete")
REF = "#/components/schemas/"
JSON, FORM = "application/json", "multipart/form-data"


@dataclass(frozen=True)
class Operation:
    """One method on one path."""

    method: str
    path: str
    raw: Mapping[str, Any]
    schemas: Mapping[str, Any]

    @property
    def name(self) -> str:
        """``GET customModels/{customModelId}/``, as tests and tables call it."""
        return f"{self.method} {self.path.removeprefix('/api/v2/')}"

    @property
    def refusals(self) -> tuple[int, ...]:
        """The documented statuses of 4xx."""
        return tuple(int(status) for status in self.raw["responses"] if status.startswith("4"))

    @property
    def statuses(self) -> frozenset[int]:
        """Every documented status."""
        return frozenset(map(int, self.raw["responses"]))

    @cached_property
    def query(self) -> Mapping[str, Mapping[str, Any]]:
        """The query parameters by name."""
        found = self.raw.get("parameters", ())
        return {given["name"]: given for given in found if given["in"] == "query"}

    @cached_property
    def bodies(self) -> Mapping[str, Any]:
        """The request schemas by content type."""
        return _schemas(self.raw.get("requestBody", {}), self.schemas)

    @cached_property
    def answers(self) -> Mapping[int, Any]:
        """The schema of the JSON answer by status, for those statuses that declare one."""
        found = {
            int(status): _schemas(answer, self.schemas)
            for status, answer in self.raw["responses"].items()
        }
        return {status: held[JSON] for status, held in found.items() if JSON in held}

    def headers(self, status: int) -> frozenset[str]:
        """The headers that this answer declares, in lower case."""
        declared = self.raw["responses"][str(status)].get("headers", {})
        return frozenset(name.lower() for name in declared)

    def matches(self, path: str) -> bool:
        """Whether a path of a request is one of this operation."""
        pattern = re.sub(r"\{\w+\}", "[^/]+", self.path)
        return re.fullmatch(pattern, path) is not None


@cache
def document() -> dict[str, Any]:
    """The whole OpenAPI document."""
    loaded: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return loaded


@cache
def operations() -> Mapping[str, Operation]:
    """Every operation by its name."""
    found = (
        Operation(method.upper(), path, raw, document()["components"]["schemas"])
        for path, methods in document()["paths"].items()
        for method, raw in methods.items()
        if method in METHODS
    )
    return {operation.name: operation for operation in found}


def find(method: str, path: str) -> Operation | None:
    """The operation of a request; ``fromRepository/`` is no version's id."""
    fitting = [o for o in operations().values() if o.method == method and o.matches(path)]
    return min(fitting, key=lambda operation: operation.path.count("{"), default=None)


def breaches(schema: Any, value: Any) -> Iterator[tuple[str, str]]:
    """Where a value breaks a schema: its dotted path without indexes, and what is wrong."""
    for error in Draft202012Validator(schema).iter_errors(value):
        yield ".".join(str(key) for key in error.path if isinstance(key, str)), error.message[:200]


def _schemas(holder: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    content = holder.get("content", {})
    return {kind: _closed(given["schema"], schemas) for kind, given in content.items()}


def _closed(schema: Any, schemas: Mapping[str, Any]) -> Any:
    """The schema with its references put in and its objects closed."""
    if isinstance(schema, list):
        return [_closed(item, schemas) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _closed(schemas[schema["$ref"].removeprefix(REF)], schemas)
    made = {key: _closed(value, schemas) for key, value in schema.items()}
    if "null" in schema.get("type", ()) and "enum" in schema:
        made["enum"] = [*schema["enum"], None]  # the page lists the texts and types a null
    # A property may be called ``properties``; only a mapping of schemas closes an object.
    if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema:
        made["additionalProperties"] = False
    return made
