"""Objects that are absent appear as empty objects."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.quirks.json_objects import kind_of, objects
from reconciler.emulator.quirks.quirk import Quirk


class EmptyObjects(Quirk):
    """``{}`` where an object is absent or null.  No page says which of the three it is."""

    name = "empty-objects"
    summary = "an object that is absent appears as {}"

    def shape(self, body: Any, users: tuple[str, ...]) -> Any:
        for value in objects(body):
            kind = kind_of(value)
            for key in kind.objects if kind else ():
                if value.get(key) is None:
                    value[key] = {}
        return body
