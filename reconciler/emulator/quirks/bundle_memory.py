"""A version with a resource bundle shows the memory of the bundle as well."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.quirks.json_objects import objects
from reconciler.emulator.quirks.quirk import Quirk

_MEMORY = 2 * 1024**3


class BundleMemory(Quirk):
    """``resourceBundleId`` and ``maximumMemory`` in one answer, although no request may hold both.

    The pages exclude them from each other in requests alone.
    """

    name = "bundle-memory"
    summary = "a version with a resource bundle shows that bundle's maximumMemory too"

    def shape(self, body: Any, users: tuple[str, ...]) -> Any:
        for value in objects(body):
            if value.get("resourceBundleId") is not None:
                value["maximumMemory"] = value.get("maximumMemory") or _MEMORY
        return body
