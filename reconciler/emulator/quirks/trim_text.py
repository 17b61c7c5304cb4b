"""Texts lose their outer blanks and have the line ends of Windows."""

from __future__ import annotations

import re
from typing import Any

from reconciler.emulator.quirks.json_objects import objects
from reconciler.emulator.quirks.quirk import Quirk

_KEYS = ("description", "label")


class TrimText(Quirk):
    """Descriptions, labels and the metadata of batches: trimmed, with CRLF.

    No page promises that a text comes back as it was sent.
    """

    name = "trim-text"
    summary = "descriptions and other texts come back trimmed and with CRLF"

    def shape(self, body: Any, users: tuple[str, ...]) -> Any:
        for value in objects(body):
            _convert(value, _KEYS)
            if value.get("object") == "batch" and isinstance(value.get("metadata"), dict):
                _convert(value["metadata"], tuple(value["metadata"]))
        return body


def _convert(value: dict[str, Any], keys: tuple[str, ...]) -> None:
    for key in keys:
        if isinstance(value.get(key), str):
            value[key] = re.sub(r"\r?\n", "\r\n", value[key].strip())
