"""A plan as plain data with stable keys and order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.core.plan import Plan
from reconciler.core.plan_digest import digest
from reconciler.core.plan_document import (
    CallData,
    FieldData,
    PlanContent,
    PlanDocument,
    ProblemData,
    StepData,
    UntouchedData,
    UploadData,
    WaitData,
)
from reconciler.core.step import (
    Call,
    FieldChange,
    KnownAfter,
    KnownText,
    Step,
    Upload,
    Wait,
)
from reconciler.core.untouched import Untouched
from reconciler.errors import Problem

FORMAT_VERSION = 1
AFTER_KEYS = {"knownAfter", "output"}
TEXT_KEYS = {"text"}
RESERVED = (AFTER_KEYS, TEXT_KEYS, {"literal"})


def plan_data(plan: Plan) -> PlanDocument:
    """The plan as ``schemas/plan.schema.json`` describes it."""
    content = _content(plan)
    return {
        "formatVersion": FORMAT_VERSION,
        "project": content["project"],
        "target": content["target"],
        "endpoint": content["endpoint"],
        "commit": plan.commit or None,
        "digest": digest(content, plan.commit),
        "summary": plan.summary,
        "steps": content["steps"],
        "untouched": [_untouched(entry) for entry in plan.untouched],
        "problems": [problem_data(problem) for problem in plan.problems],
        "requests": dict(plan.requests),
    }


def plan_digest(plan: Plan) -> str:
    """The digest that ``apply --expect`` takes."""
    return digest(_content(plan), plan.commit)


def _content(plan: Plan) -> PlanContent:
    return {
        "project": plan.project,
        "target": plan.target,
        "endpoint": dict(plan.endpoint),
        "steps": [step_data(step) for step in plan.steps],
    }


def step_data(step: Step) -> StepData:
    """One step of a plan."""
    return {
        "id": step.id,
        "address": str(step.address),
        "action": step.action,
        "reason": step.reason,
        "fields": [field_data(field) for field in step.fields],
        "calls": [_call(call) for call in step.calls],
        "waits": [_wait(wait) for wait in step.waits],
        "dependsOn": list(step.depends_on),
        "precondition": step.precondition,
    }


def field_data(field: FieldChange) -> FieldData:
    """One differing field; ``detail`` and ``unit`` only where there is something to say."""
    data: FieldData = {
        "path": field.path,
        "old": plain_data(field.old),
        "new": plain_data(field.new),
        "reason": field.reason,
    }
    if field.detail:
        data["detail"] = list(field.detail)
    if field.unit:
        data["unit"] = field.unit
    return data


def _call(call: Call) -> CallData:
    return {
        "operation": call.operation,
        "method": call.method,
        "path": call.path,
        "pathParams": plain_data(call.path_params),
        "body": plain_data(call.body),
        "uploads": [_upload(upload) for upload in call.uploads],
        "outputs": list(call.outputs),
        "recovery": plain_data(call.recovery),
        "onlyIf": plain_data(call.only_if),
    }


def _upload(upload: Upload) -> UploadData:
    return {
        "field": upload.field,
        "path": upload.path,
        "sha256": upload.sha256,
        "size": upload.size,
        "source": upload.source,
        "filename": upload.filename,
    }


def _wait(wait: Wait) -> WaitData:
    return {
        "operation": wait.operation,
        "params": plain_data(wait.params),
        "timeout": wait.timeout,
        "after": wait.after,
        "outputs": list(wait.outputs),
    }


def plain_data(value: Any) -> Any:
    """A value as JSON has it; one known only later becomes ``{"knownAfter", "output"}``.

    A text with such pieces becomes ``{"text": [...]}``.
    """
    if isinstance(value, KnownAfter):
        return {"knownAfter": value.step, "output": value.key}
    if isinstance(value, KnownText):
        return {"text": [_piece(piece) for piece in value.pieces]}
    if isinstance(value, Mapping):
        data = {str(key): plain_data(inner) for key, inner in value.items()}
        # A mapping of an author that looks like one of ours must not be read back as one.
        return {"literal": data} if data.keys() in RESERVED else data
    if isinstance(value, list | tuple):
        return [plain_data(inner) for inner in value]
    return value


def _piece(piece: str | tuple[str, KnownAfter]) -> Any:
    if isinstance(piece, str):
        return piece
    return {"prefix": piece[0], "value": plain_data(piece[1])}


def problem_data(problem: Problem) -> ProblemData:
    """One problem, with its place as far as it is known."""
    return {
        "code": problem.code,
        "message": problem.message,
        "hint": problem.hint,
        "address": problem.address,
        "path": problem.path,
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "blocked": problem.blocked,
        "warning": problem.warning,
    }


def _untouched(entry: Untouched) -> UntouchedData:
    data: UntouchedData = {"why": entry.why, "kind": entry.kind, "name": entry.name, "id": entry.id}
    if entry.note:
        data["note"] = entry.note
    if entry.path:
        data["path"] = entry.path
        data["old"], data["new"] = plain_data(entry.old), plain_data(entry.new)
    return data
