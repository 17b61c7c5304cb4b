"""JSON Schemas (2020-12) of the manifests, for editors; made from the models that validate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, cast

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from reconciler.core.json_value import JsonObject, JsonSchema
from reconciler.core.kind import Kind
from reconciler.desired.envelope import manifest_model
from reconciler.desired.project import ProjectManifest

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
ANY: Final = "reconciler"
VARIABLE: Final = "Variable"
_LIMITS: Final = frozenset({"enum", "pattern", "minLength", "maxLength"})
_AS_IS: Final = frozenset({"enum", "const", "required", "propertyNames"})
_NOISE: Final = frozenset({"title", "default", "ge", "le"})
"""pydantic's titles repeat the keys, its defaults are those of the parsed value (null, seconds),
and its limits of a parsed value are no keywords."""


def schemas(kinds: Mapping[str, Kind]) -> dict[str, JsonObject]:
    """Schema by name: one per kind, ``Project``, and ``reconciler`` for any of them."""
    models: dict[str, type[BaseModel]] = {
        **{name: manifest_model(kind) for name, kind in kinds.items()},
        "Project": ProjectManifest,
    }
    made = {name: _schema({name: models[name]}, name) for name in sorted(models)}
    return {**made, ANY: _schema(models, ANY)}


def write_schemas(
    directory: Path,
    kinds: Mapping[str, Kind],
    others: Mapping[str, JsonSchema] = MappingProxyType({}),
) -> tuple[Path, ...]:
    """Write ``<name>.schema.json`` files, the same bytes for the same kinds; their paths.

    ``others`` are schemas of files that are not manifests.
    """
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in {**schemas(kinds), **others}.items():
        path = directory / f"{name}.schema.json"
        path.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        written.append(path)
    return tuple(written)


def _schema(models: Mapping[str, type[BaseModel]], title: str) -> JsonObject:
    """One schema that picks the model by the document's ``kind``."""
    inputs = [(model, "validation") for model in models.values()]
    refs, made = models_json_schema(cast(Any, inputs), by_alias=True)
    # The Project defines variables; only its provider settings, plain texts, may use them.
    plain = ProjectManifest.model_json_schema()["$defs"].keys() | {ProjectManifest.__name__}
    definitions = {
        name: _clean(each, variables=name not in plain)
        for name, each in sorted(made["$defs"].items())
    }
    return {
        "$schema": DIALECT,
        "title": title,
        "type": "object",
        "required": ["apiVersion", "kind", "metadata"],
        "properties": {"kind": {"enum": sorted(models)}},
        # Conditions instead of oneOf: an editor then complains about the kind that was meant.
        "allOf": [
            {"if": {"properties": {"kind": {"const": name}}}, "then": refs[model, "validation"]}
            for name, model in sorted(models.items())
        ],
        "$defs": {**definitions, VARIABLE: _VARIABLE},
    }


_VARIABLE: Final = {
    "description": "A text with a variable of the project in it.",
    "type": "string",
    "pattern": r"\$\{var\.[A-Za-z_][A-Za-z0-9_]*\}",
}


def _clean(schema: Any, *, variables: bool) -> Any:
    """Without what misleads an author, and with variables wherever a scalar is limited."""
    if isinstance(schema, list):
        return [_clean(each, variables=variables) for each in schema]
    if not isinstance(schema, dict):
        return schema.replace("``", "`") if isinstance(schema, str) else schema
    cleaned: JsonObject = {}
    for key, value in schema.items():
        if key in ("properties", "patternProperties"):
            cleaned[key] = {name: _clean(v, variables=variables) for name, v in value.items()}
        elif key in _AS_IS:
            cleaned[key] = value
        elif key not in _NOISE:
            # Editors say what is wrong with one form of a value, and not that none fits.
            form = "anyOf" if key == "oneOf" else key
            cleaned[form] = _clean(value, variables=variables)
    return _flat(_with_variable(cleaned) if variables else cleaned)


def _with_variable(schema: JsonObject) -> JsonObject:
    limited = schema.get("type") == "string" and _LIMITS & schema.keys()
    if limited or schema.get("type") in ("integer", "number", "boolean"):
        return {"anyOf": [schema, {"$ref": f"#/$defs/{VARIABLE}"}]}
    return schema


def _flat(schema: JsonObject) -> JsonObject:
    """``anyOf`` in ``anyOf`` as one list without repeats."""
    if "anyOf" not in schema:
        return schema
    choices: list[Any] = []
    for each in schema["anyOf"]:
        inner = each["anyOf"] if each.keys() == {"anyOf"} else [each]
        choices += [choice for choice in inner if choice not in choices]
    return {**schema, "anyOf": choices}
