"""A plan from the data that ``plan_json`` wrote."""

from __future__ import annotations

from typing import Any

from reconciler.core.plan import Plan
from reconciler.core.plan_document import (
    CallData,
    FieldData,
    PlanDocument,
    StepData,
    UntouchedData,
    WaitData,
)
from reconciler.core.plan_json import AFTER_KEYS, TEXT_KEYS
from reconciler.core.resource import Address
from reconciler.core.step import (
    Call,
    FieldChange,
    KnownAfter,
    KnownText,
    Step,
    Upload,
    Values,
    Wait,
)
from reconciler.core.untouched import Untouched
from reconciler.errors import Problem


def plan_from(data: PlanDocument) -> Plan:
    """The plan that ``plan_data`` wrote, from data that is valid by the schema; else ValueError."""
    return Plan(
        project=data["project"],
        target=data["target"],
        steps=tuple(_step_from(step) for step in data["steps"]),
        untouched=tuple(_left_from(entry) for entry in data["untouched"]),
        problems=tuple(Problem(**problem) for problem in data["problems"]),
        unchanged=data["summary"]["unchanged"],
        requests=data["requests"],
        endpoint=data["endpoint"],
        commit=data["commit"] or "",
    )


def _step_from(data: StepData) -> Step:
    address = Address.parse(data["address"])
    if address is None:
        raise ValueError(f"{data['address']!r} is not an address")
    return Step(
        id=data["id"],
        address=address,
        action=data["action"],
        reason=data["reason"],
        fields=tuple(_field_from(field) for field in data["fields"]),
        calls=tuple(_call_from(call) for call in data["calls"]),
        waits=tuple(_wait_from(wait) for wait in data["waits"]),
        depends_on=tuple(data["dependsOn"]),
        precondition=data["precondition"],
    )


def _field_from(data: FieldData) -> FieldChange:
    old, new = _value_from(data["old"]), _value_from(data["new"])
    detail, unit = tuple(data.get("detail", ())), data.get("unit", "")
    return FieldChange(data["path"], old, new, data["reason"], detail, unit)


def _call_from(data: CallData) -> Call:
    return Call(
        operation=data["operation"],
        method=data["method"],
        path=data["path"],
        path_params=_mapping_from(data["pathParams"]),
        body=_mapping_from(data["body"]),
        uploads=tuple(Upload(**upload) for upload in data["uploads"]),
        outputs=tuple(data["outputs"]),
        recovery=_mapping_from(data["recovery"]),
        only_if=_known_from(data["onlyIf"]),
    )


def _wait_from(data: WaitData) -> Wait:
    return Wait(
        operation=data["operation"],
        params=_mapping_from(data["params"]),
        timeout=data["timeout"],
        after=data["after"],
        outputs=tuple(data["outputs"]),
    )


def _left_from(data: UntouchedData) -> Untouched:
    return Untouched(
        why=data["why"],
        kind=data["kind"],
        name=data["name"],
        id=data["id"],
        path=data.get("path", ""),
        old=_value_from(data.get("old")),
        new=_value_from(data.get("new")),
        note=data.get("note", ""),
    )


def _mapping_from(data: Any) -> Values:
    found = _value_from(data)
    if not isinstance(found, dict):
        raise ValueError("params and body of a call are mappings")
    return found


def _value_from(value: Any) -> Any:
    if isinstance(value, list):
        return [_value_from(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == AFTER_KEYS:
        if not all(isinstance(each, str) for each in value.values()):
            raise ValueError("a value known later names its step and output by texts")
        return KnownAfter(value["knownAfter"], value["output"])
    if value.keys() == TEXT_KEYS:
        if not isinstance(value["text"], list):
            raise ValueError("a text known later is a list of pieces")
        return KnownText(tuple(_piece_from(piece) for piece in value["text"]))
    if value.keys() == {"literal"}:
        value = value["literal"]
        if not isinstance(value, dict):
            raise ValueError("a literal holds a mapping")
    return {key: _value_from(inner) for key, inner in value.items()}


def _piece_from(piece: Any) -> str | tuple[str, KnownAfter]:
    if isinstance(piece, str):
        return piece
    value = _known_from(piece["value"])
    if value is None or not isinstance(piece["prefix"], str):
        raise ValueError("a piece of a text has a prefix and a value known later")
    return piece["prefix"], value


def _known_from(value: Any) -> KnownAfter | None:
    known = _value_from(value)
    if known is not None and not isinstance(known, KnownAfter):
        raise ValueError("a value known later names its step and output")
    return known
