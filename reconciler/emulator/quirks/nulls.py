"""Optional values that are absent appear as null."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.quirks.json_objects import kind_of, objects
from reconciler.emulator.quirks.quirk import Quirk


class Nulls(Quirk):
    """Every optional key is present, null without a value, also where null is not declared.

    The official ``datarobot`` client drops nulls from every answer, which suggests that there are
    some.
    """

    name = "nulls"
    summary = "every optional value that is absent appears as null"

    def shape(self, body: Any, users: tuple[str, ...]) -> Any:
        for value in objects(body):
            kind = kind_of(value)
            for key in (*kind.texts, *kind.objects) if kind else ():
                value.setdefault(key, None)
            if value.keys() == {"data"} and isinstance(value["data"], list):
                value["next_page_token"] = None
        return body
