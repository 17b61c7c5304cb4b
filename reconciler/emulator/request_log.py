"""The list of requests that an emulator answered, with the facts that tests ask for."""

from __future__ import annotations

import json
import threading
from collections import deque
from io import BytesIO
from typing import Any

from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

# A bound, so that an emulator left running for weeks does not grow without end.
_LONGEST = 100_000


class RequestLog:
    """Thread-safe, in the order in which the answers became known."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[dict[str, Any]] = deque(maxlen=_LONGEST)

    def add(self, entry: dict[str, Any]) -> None:
        with self._lock:
            self._entries.append(entry)

    def entries(self) -> list[dict[str, Any]]:
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


def body_facts(content_type: str, body: bytes) -> dict[str, Any]:
    """What a body said: ``body`` of JSON; ``files`` and ``fields`` of a form, without contents."""
    mimetype, parameters = parse_options_header(content_type)
    if not body:
        return {}
    if mimetype == "application/json":
        return _json_facts(body)
    if mimetype == "multipart/form-data":
        return _form_facts(mimetype, parameters, body)
    return {}


def _json_facts(body: bytes) -> dict[str, Any]:
    try:
        return {"body": json.loads(body)}
    except (ValueError, RecursionError):
        return {}


def _form_facts(mimetype: str, parameters: dict[str, str], body: bytes) -> dict[str, Any]:
    _, form, files = FormDataParser(silent=True).parse(
        BytesIO(body), mimetype, len(body), parameters
    )
    fields = {name: form.getlist(name) for name in form if name != "filePath"}
    names = [file.filename for _, file in files.items(multi=True)]
    for _, file in files.items(multi=True):
        file.close()  # parsed a second time, so nobody else closes it
    return {
        "fields": {name: held[0] if len(held) == 1 else held for name, held in fields.items()},
        # A version upload says where a file goes in filePath; otherwise the file name says it.
        "files": form.getlist("filePath") or names,
    }
