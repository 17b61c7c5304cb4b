"""JSON Schemas (2020-12) of what the tool prints: plans, saved plans, drift and reports."""

from __future__ import annotations

from reconciler.core.json_value import JsonSchema
from reconciler.core.plan_json import FORMAT_VERSION
from reconciler.core.report import STATES
from reconciler.core.step import ACTIONS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TEXT: JsonSchema = {"type": "string"}
TEXTS: JsonSchema = {"type": "array", "items": TEXT}
ADDRESS: JsonSchema = {"type": "string", "pattern": "^[^/]+/[^/]+$"}
SHA256: JsonSchema = {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
COUNT: JsonSchema = {"type": "integer", "minimum": 0}
ANY: JsonSchema = {}
OPEN: JsonSchema = {"type": "object"}
COUNTS: JsonSchema = {"type": "object", "additionalProperties": COUNT}


def closed(optional: tuple[str, ...] = (), /, **properties: JsonSchema) -> JsonSchema:
    """An object with these keys and no others; all but the optional ones are always there."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [key for key in properties if key not in optional],
        "properties": properties,
    }


def listed(items: JsonSchema) -> JsonSchema:
    """An array of these."""
    return {"type": "array", "items": items}


def one_of(*values: str) -> JsonSchema:
    """One of these words."""
    return {"enum": list(values)}


FIELD = closed(
    ("detail", "unit"), path=TEXT, old=ANY, new=ANY, reason=TEXT, detail=TEXTS, unit=TEXT
)
UPLOAD = closed(field=TEXT, path=TEXT, sha256=TEXT, size=COUNT, source=TEXT, filename=TEXT)
KNOWN_AFTER = closed(knownAfter=TEXT, output=TEXT)
CALL = closed(
    operation=TEXT,
    method=one_of("POST", "PATCH", "PUT", "DELETE"),
    path=TEXT,
    pathParams=OPEN,
    body=OPEN,
    uploads=listed(UPLOAD),
    outputs=TEXTS,
    recovery=OPEN,
    onlyIf={**KNOWN_AFTER, "type": ["object", "null"]},
)
WAIT = closed(operation=TEXT, params=OPEN, timeout={"type": "number"}, after=COUNT, outputs=TEXTS)
STEP = closed(
    id=TEXT,
    address=ADDRESS,
    action=one_of(*ACTIONS),
    reason=TEXT,
    fields=listed(FIELD),
    calls=listed(CALL),
    waits=listed(WAIT),
    dependsOn=TEXTS,
    precondition=TEXT,
)
LEFT = closed(
    ("note", "path", "old", "new"),
    why=one_of("ignored", "orphan", "foreign", "maker"),
    kind=TEXT,
    name=TEXT,
    id=TEXT,
    note=TEXT,
    path=TEXT,
    old=ANY,
    new=ANY,
)
PROBLEM = closed(
    code=TEXT,
    message=TEXT,
    hint=TEXT,
    address=TEXT,
    path=TEXT,
    file=TEXT,
    line=COUNT,
    column=COUNT,
    blocked={"type": "boolean"},
    warning={"type": "boolean"},
)
BINDING = closed(
    manifests=TEXT,
    prune={"type": "boolean"},
    retryFailed={"type": "boolean"},
    select=TEXTS,
    paths=TEXTS,
    mode=one_of("apply", "destroy", "forget"),
    forget=TEXTS,
)
PLAN = closed(
    ("binding", "observed", "checksum", "applied"),
    formatVersion={"const": FORMAT_VERSION},
    project=TEXT,
    target={"type": ["string", "null"]},
    endpoint={"type": "object", "additionalProperties": TEXT},
    commit={"type": ["string", "null"], "pattern": "^([0-9a-f]{40}|[0-9a-f]{64})$"},
    digest=SHA256,
    summary=closed(**dict.fromkeys((*ACTIONS, "unchanged"), COUNT)),
    steps=listed(STEP),
    untouched=listed(LEFT),
    problems=listed(PROBLEM),
    requests=COUNTS,
    binding=BINDING,
    observed=OPEN,
    checksum=TEXT,
    applied=TEXT,
)
SAVED_PLAN = {**PLAN, "required": [key for key in PLAN["properties"] if key != "applied"]}
"""A plan that was saved: bound, with the states it was decided on, and sealed."""
DRIFT = closed(
    drifted={"type": ["boolean", "null"]},
    objects=listed(
        closed(
            address=TEXT,
            state=one_of("changed", "missing", "extra", "failed"),
            reason=TEXT,
            fields=listed(FIELD),
        )
    ),
    problems=listed(PROBLEM),
    requests=COUNTS,
)
RESULT = closed(
    id=TEXT,
    address=TEXT,
    action=one_of(*ACTIONS),
    state=one_of(*STATES),
    error=TEXT,
    hint=TEXT,
    log=TEXT,
    cause=TEXT,
    doneCalls=COUNT,
    outputs=OPEN,
)
REPORT = closed(
    summary=closed(**dict.fromkeys(STATES, COUNT)), steps=listed(RESULT), requests=COUNTS
)


def output_schemas() -> dict[str, JsonSchema]:
    """Schemas by the name of their file."""
    titles = {"plan": (PLAN, "A plan"), "drift": (DRIFT, "Drift"), "report": (REPORT, "A report")}
    return {
        name: {"$schema": DIALECT, "title": title, **schema}
        for name, (schema, title) in titles.items()
    }
