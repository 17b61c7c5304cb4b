"""The base of every manifest model, and the scalar types that manifests share."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from reconciler.core.json_value import JsonObject

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMG]i|[kMG]B|B)?")
_UNITS = {
    None: 1,
    "B": 1,
    "kB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
}
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_SECONDS = (86400, 3600, 60, 1)

BRANCHES = ("[one]", "[list]")
"""Tags of a key that takes a mapping or a list of such mappings; no part of a key path."""


class Spec(BaseModel):
    """A strict mapping: camelCase keys, nothing unknown, no silent conversion of types."""

    model_config = ConfigDict(
        defer_build=True,
        extra="forbid",
        strict=True,
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=False,
        serialize_by_alias=True,
    )

    def written(self) -> JsonObject:
        """Only the keys that the author wrote, in their normal form, nested ones too."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


def absent() -> Any:
    """Default of a key that may be left out but not be null: the API has no way to unset it."""
    return Field(default=None)


def parse_size(value: object) -> object:
    """Bytes of ``2Gi``, ``500 MB`` or a plain number; other types are left to the validator."""
    if not isinstance(value, str):
        return value
    found = _SIZE.fullmatch(value.strip())
    if not found:
        raise PydanticCustomError(
            "size", "not a size: write bytes, or a number with Ki, Mi, Gi, kB, MB, GB"
        )
    # Not a float: it has no place for 16 digits, nor for a tenth.
    return int(Decimal(found[1]) * _UNITS[found[2]])


def parse_duration(value: object) -> object:
    """Seconds of ``30m``, ``1h30m`` or ``24h``; plain numbers are refused as ambiguous."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) and value else None
    if not found:
        raise PydanticCustomError(
            "duration", "not a duration: write it like 90s, 30m, 1h30m or 24h"
        )
    parts = (int(text or 0) * unit for text, unit in zip(found.groups(), _SECONDS, strict=True))
    return sum(parts)


# What an author may write, for JSON Schema; the parsers above decide.
_SizeText = Annotated[str, Field(pattern=rf"^\s*{_SIZE.pattern}\s*$")]
_DurationText = Annotated[str, Field(pattern=rf"^(?=.){_DURATION.pattern}$")]

Bytes = Annotated[int, BeforeValidator(parse_size, json_schema_input_type=int | _SizeText)]
Duration = Annotated[
    int, BeforeValidator(parse_duration, json_schema_input_type=_DurationText), Field(ge=1)
]


def exactly_one(model: BaseModel, *names: str) -> None:
    """Refuse a mapping that holds none, or more than one, of these keys (Python names)."""
    held = [name for name in names if getattr(model, name) is not None]
    if len(held) != 1:
        keys = ", ".join(to_camel(name) for name in names)
        raise PydanticCustomError("exactly_one", "needs exactly one of: {keys}", {"keys": keys})


def at_most_one(model: BaseModel, *names: str) -> None:
    """Refuse a mapping that holds more than one of these keys (Python names)."""
    held = [to_camel(name) for name in names if getattr(model, name) is not None]
    if len(held) > 1:
        raise PydanticCustomError(
            "at_most_one", "cannot be together: {keys}", {"keys": ", ".join(held)}
        )
