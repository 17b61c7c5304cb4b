"""Plans, drift and reports as plain data with stable keys and order, ready for JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from reconciler.core.drift import DriftedObject
from reconciler.core.plan import LeftAlone, Plan
from reconciler.core.report import Report, StepResult
from reconciler.core.step import After, Call, FieldChange, Step, Wait
from reconciler.errors import Problem

FORMAT_VERSION = 1


def to_json(data: Any) -> str:
    """Indented JSON with the keys in the order given."""
    return json.dumps(data, indent=2, ensure_ascii=False)


def plan_data(plan: Plan) -> dict[str, Any]:
    """The plan as ``schemas/plan.schema.json`` describes it."""
    return {
        "formatVersion": FORMAT_VERSION,
        "project": plan.project,
        "target": plan.target,
        "summary": plan.summary,
        "steps": [step_data(step) for step in plan.steps],
        "leftAlone": [_left_alone(entry) for entry in plan.left_alone],
        "problems": [problem_data(problem) for problem in plan.problems],
        "requests": dict(plan.requests),
    }


def step_data(step: Step) -> dict[str, Any]:
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


def field_data(field: FieldChange) -> dict[str, Any]:
    """One differing field; ``detail`` only where there are lines to show."""
    shown = {
        "path": field.path,
        "old": plain_data(field.old),
        "new": plain_data(field.new),
        "reason": field.reason,
    }
    return {**shown, "detail": list(field.detail)} if field.detail else shown


def _call(call: Call) -> dict[str, Any]:
    return {
        "operation": call.operation,
        "method": call.method,
        "path": call.path,
        "params": plain_data(call.params),
        "body": plain_data(call.body),
        "uploads": [asdict(upload) for upload in call.uploads],
        "gives": list(call.gives),
    }


def _wait(wait: Wait) -> dict[str, Any]:
    return {
        "operation": wait.operation,
        "params": plain_data(wait.params),
        "timeout": wait.timeout,
        "after": wait.after,
        "gives": list(wait.gives),
    }


def plain_data(value: Any) -> Any:
    """A value as JSON has it; one known only later becomes ``{"knownAfter", "output"}``."""
    if isinstance(value, After):
        return {"knownAfter": value.step, "output": value.key}
    if isinstance(value, Mapping):
        return {str(key): plain_data(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain_data(inner) for inner in value]
    return value


def problem_data(problem: Problem) -> dict[str, Any]:
    """One problem, with its place as far as it is known."""
    return asdict(problem)


def _left_alone(entry: LeftAlone) -> dict[str, Any]:
    data = {"why": entry.why, "kind": entry.kind, "name": entry.name, "id": entry.id}
    if entry.note:
        data["note"] = entry.note
    if entry.path:
        changed = {"path": entry.path, "old": plain_data(entry.old), "new": plain_data(entry.new)}
        return {**data, **changed}
    return data


def drift_data(
    objects: tuple[DriftedObject, ...], problems: tuple[Problem, ...], requests: Mapping[str, int]
) -> dict[str, Any]:
    """The drift report."""
    return {
        "drifted": bool(objects),
        "objects": [
            {
                "address": str(found.address),
                "state": found.state,
                "reason": found.reason,
                "fields": [field_data(field) for field in found.fields],
            }
            for found in objects
        ],
        "problems": [problem_data(problem) for problem in problems],
        "requests": dict(requests),
    }


def report_data(report: Report) -> dict[str, Any]:
    """What an apply did."""
    return {
        "summary": report.summary,
        "steps": [_result(result) for result in report.results],
        "requests": dict(report.requests),
    }


def _result(result: StepResult) -> dict[str, Any]:
    return {
        "id": result.id,
        "address": str(result.address),
        "action": result.action,
        "state": result.state,
        "error": result.error,
        "hint": result.hint,
        "log": result.log,
        "cause": result.cause,
        "doneCalls": result.done_calls,
        "outputs": plain_data(result.outputs),
    }
