"""Runtime parameters of model versions.

Beyond the pages: the official client and others send definitions or values, and the client reads
both back in one list.
"""

from __future__ import annotations

from typing import Any

from reconciler.emulator.fields import Field, Fields, encoded, flag, many, shape, text

_NAMED = {"fieldName": Field(text(255, 1), True), "type": Field(text(50, 1), True)}


def _anything(value: Any) -> Any:
    """A value of a type that the parameter itself names."""
    return value


_VALUE = {**_NAMED, "value": Field(_anything, null=True)}
_DEFINITION = {
    **_NAMED,
    "description": Field(text(), null=True),
    "allowEmpty": Field(flag, null=True),
    "credentialType": Field(text(), null=True),
    "keyValueId": Field(text(), null=True),
    **{
        name: Field(_anything, null=True)
        for name in ("minValue", "maxValue", "defaultValue", "overrideValue", "currentValue")
    },
}
FIELDS: Fields = {
    "runtimeParameterValues": Field(encoded(many(shape(_VALUE), 1000)), null=True),
    "runtimeParameters": Field(encoded(many(shape(_DEFINITION), 1000)), null=True),
}


def merged(held: list[dict[str, Any]], given: dict[str, Any]) -> list[dict[str, Any]]:
    """The definitions of the next version: given, else those before, with the given values."""
    definitions = given.get("runtimeParameters")
    parameters = {p["fieldName"]: p for p in (held if definitions is None else definitions)}
    for value in given.get("runtimeParameterValues") or ():
        name = value["fieldName"]
        known = parameters.get(name, {"fieldName": name, "type": value["type"]})
        parameters[name] = {**known, "overrideValue": value.get("value")}
    return [_current(parameter) for parameter in parameters.values()]


def _current(parameter: dict[str, Any]) -> dict[str, Any]:
    override = parameter.get("overrideValue")
    value = parameter.get("defaultValue") if override is None else override
    # The official client refuses an empty text here, and reads null as "not set".
    shown = {**parameter, "currentValue": value}
    return {name: None if held == "" else held for name, held in shown.items()}
