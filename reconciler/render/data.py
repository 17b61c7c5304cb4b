"""Plans, drift and reports as plain data with stable keys and order, ready for JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reconciler.core.drift import DriftedObject
from reconciler.core.json_value import JsonObject
from reconciler.core.plan_json import field_data, plain_data, plan_data, problem_data, step_data
from reconciler.core.report import Report, StepResult
from reconciler.errors import Problem
from reconciler.render.plain import plain


def to_json(data: Any) -> str:
    """Indented JSON with the keys in the order given, fit for a terminal and for UTF-8."""
    text = json.dumps(data, indent=2, ensure_ascii=False)
    # JSON leaves some controls as they are, and half of a surrogate pair is nothing but an escape.
    return "\n".join(plain(line) for line in text.split("\n"))


def drift_data(
    objects: tuple[DriftedObject, ...], problems: tuple[Problem, ...], requests: Mapping[str, int]
) -> JsonObject:
    """The drift report; ``drifted`` is null when problems kept something from being compared."""
    uncertain = any(not problem.warning for problem in problems)
    return {
        "drifted": True if objects else None if uncertain else False,
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


def report_data(report: Report) -> JsonObject:
    """What an apply did."""
    return {
        "summary": report.summary,
        "steps": [_result(result) for result in report.results],
        "requests": dict(report.requests),
    }


def _result(result: StepResult) -> JsonObject:
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


__all__ = [
    "drift_data",
    "field_data",
    "plain_data",
    "plan_data",
    "problem_data",
    "report_data",
    "step_data",
    "to_json",
]
