"""The contract as generated requests need it: ids that exist put in, slips of the page mended.

Every mend is listed with its reason.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.contract import FORM, Operation, document, operations
from tests.support.contract_transport import NULLS, OPTIONAL, STATUSES
from tests.support.custom_models_api import Ground
from tests.support.emulator import ANN, OWNER

# Statuses that the page leaves out, and which operations must be able to answer them.
ADDED = {
    400: "a body or query that cannot be read",
    401: "a token is needed everywhere",
    404: "an id, in the path or in the body, of nothing that the caller may see",
    422: "values that break their declared types",
}
NEVER_EMPTY = (
    *("name", "repositoryId", "ref", "templateId", "resourceBundleId", "secretConfigId"),
    *("targetName", "positiveClassLabel", "negativeClassLabel"),
)
# Bounds that the page does not give, by the name of the field.
BOUNDS: Mapping[str, Mapping[str, Any]] = {
    "offset": {"minimum": 0},
    "limit": {"minimum": 1, "maximum": 1_000},
    "lines": {"minimum": 1, "maximum": 1_000},
    # The training data has this many rows.
    "rowCount": {"minimum": 10, "maximum": 20},
    **{name: {"minLength": 1} for name in NEVER_EMPTY},
    "sourcePath": {"oneOf": [{"type": "string", "enum": ["src", "src/custom.py"]}]},
    "filePath": {"oneOf": [{"type": "string", "enum": ["custom.py", "lib/a.py"]}]},
    "partitionColumn": {"enum": ["churned", None]},
}
# Fields that are left out, and what says the same.
RIVALS = {
    "desiredMemory": "maximumMemory, its newer name",
    "requiredMetadata": "requiredMetadataValues, its newer form; the page gives this one no type",
    "userId": "username, of which only one may be given",
    "supportsBinaryClassification": "targetType, its newer form",
    "supportsRegression": "targetType, its newer form",
    "datasetVersionId": "datasetId: the version must be one of its own",
}
# Fields without which a request makes no sense, although the page requires them not.
REQUIRED = {
    "POST customModels/": ("targetType", "targetName"),
    "POST customModelTests/": ("datasetId",),
    "PATCH customModels/{customModelId}/trainingData/": ("datasetId",),
    "POST customModels/{customModelId}/versions/": ("baseEnvironmentId",),
    "POST executionEnvironments/{environmentId}/versions/": ("dockerContext",),
}
# Ids that administrators choose for what is to be made.
CHOSEN = {
    "POST executionEnvironments/": "environmentId",
    "POST executionEnvironments/{environmentId}/versions/": "environmentVersionId",
}


def ids_of(ground: Ground, name: str) -> dict[str, list[str]]:
    """Objects that exist, by the name of the field that asks for their id."""
    # Only a model that keeps training data for all its versions takes it as a whole.
    plain = "/trainingData/" in name or "customModelTests" in name
    model, version = ground.ids
    if plain:
        model, version = ground.plain_model, ground.plain_version
    return {
        "customModelId": [model],
        "customModelVersionId": [version],
        "baseEnvironmentId": [ground.environment],
        "baseEnvironmentVersionId": [ground.environment_version],
        "environmentVersionId": [ground.environment_version],
        "environmentId": [ground.environment],
        "datasetId": [ground.dataset],
        "mainProgramItemId": [ground.item("Main.java")],
        "filesToDelete": [ground.item("requirements.txt")],
        "username": [OWNER, ANN],
    }


def mended(name: str, ids: Mapping[str, list[str]], right: bool) -> dict[str, Any]:
    """The document with this one operation.

    For wrong requests the page's own words count: only ids in paths and answers are mended.
    """
    operation = operations()[name]
    raw = copy.deepcopy(document())
    held = raw["paths"][operation.path][operation.method.lower()]
    raw["paths"] = {operation.path: {operation.method.lower(): held}}
    held["parameters"] = [
        {
            **given,
            "required": given.get("required", False) and given["name"] not in OPTIONAL,
            "schema": _narrowed(given["name"], given["schema"], ids)
            if right or given["in"] == "path"
            else given["schema"],
        }
        for given in held.get("parameters", ())
        if not (right and given["name"] in RIVALS)
    ]
    for kind, body in operation.bodies.items():
        schema = copy.deepcopy(body)
        if right:
            schema = _body(operation, schema, ids, kind)
        else:
            # The generator stumbles over bytes that it has made wrong itself.
            for given in schema["properties"].values():
                given.pop("format", None)
        held["requestBody"]["content"][kind]["schema"] = schema
        held["requestBody"]["required"] = bool(schema.get("required"))
    for status in _added(operation):
        held["responses"].setdefault(str(status), {"description": "not on the page"})
    # An answer of this status has no body, whatever the page says.
    held["responses"].get("204", {}).pop("content", None)
    for schema in raw["components"]["schemas"].values():
        _allow_nulls(schema)
    return raw


def _body(
    operation: Operation, schema: dict[str, Any], ids: Mapping[str, list[str]], kind: str
) -> dict[str, Any]:
    chosen = CHOSEN.get(operation.name)
    _narrow(schema, {name: known for name, known in ids.items() if name != chosen})
    if chosen:
        schema["properties"][chosen] = {"type": "string", "enum": ["5f" + "0" * 22, *ids[chosen]]}
    if kind == FORM:
        _encode(schema["properties"], ids)
    required = [*schema.get("required", ()), *REQUIRED.get(operation.name, ())]
    return {**schema, "required": required} if required else schema


def _encode(properties: dict[str, Any], ids: Mapping[str, list[str]]) -> None:
    """Objects inside a form travel as JSON text, which the page types as any text."""
    texts = {
        "trainingData": {"datasetId": ids["datasetId"][0]},
        "holdoutData": {"partitionColumn": "churned"},
        "requiredMetadataValues": [],
    }
    for name in texts.keys() & properties.keys():
        properties[name] = {"type": "string", "enum": [json.dumps(texts[name])]}


def _added(operation: Operation) -> Iterator[int]:
    yield 401
    yield from (status for name, status in STATUSES if name == operation.name)
    if operation.bodies or operation.query:
        yield from (400, 422)
    if "{" in operation.path or "Id'" in str([*operation.query, *operation.bodies.values()]):
        yield 404


def _narrow(schema: dict[str, Any], ids: Mapping[str, list[str]]) -> None:
    properties = schema.get("properties", {})
    for name in properties.keys() & RIVALS.keys():
        del properties[name]
    for name in properties:
        properties[name] = _narrowed(name, properties[name], ids)
        _narrow(properties[name], ids)
        _narrow(properties[name].get("items", {}), ids)


def _narrowed(name: str, schema: dict[str, Any], ids: Mapping[str, list[str]]) -> dict[str, Any]:
    if name in ids:
        return {"type": "string", "enum": list(ids[name])}
    return {**schema, **BOUNDS.get(name, {})}


def _allow_nulls(schema: Any) -> None:
    if not isinstance(schema, dict):
        return
    for name, inner in schema.get("properties", {}).items():
        if name in NULLS:
            schema["properties"][name] = {"anyOf": [inner, {"type": "null"}]}
        _allow_nulls(inner)
        _allow_nulls(inner.get("items"))
