"""How calls of the custom models API travel: JSON, multipart forms, pages, jobs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack
from typing import Any, BinaryIO

from reconciler.providers.answer import ContractBroken
from reconciler.providers.http import Http

PAGE = 100

Opener = Callable[[], BinaryIO]
"""Opens the bytes of one upload anew; called once per sending."""


Download = AbstractContextManager[BinaryIO]
"""A downloaded file at its start, until the context ends."""


class Calls:
    """The shared half of the typed client: one ``Http`` and the ways to use it."""

    def __init__(self, http: Http) -> None:
        self.http = http

    def _all(self, path: str, **params: Any) -> Iterable[dict[str, Any]]:
        return self.http.pages(path, offset=0, limit=PAGE, **params)

    def _json(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        arguments = {} if body is None else {"json": dict(body)}
        return self.http.send(method, path, lambda: arguments)

    def _job(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> str:
        """A write that answers 202: the id of the status to ask for, from ``Location``."""
        arguments = {} if body is None else {"json": dict(body)}
        answer = self.http.write(method, path, lambda: arguments)
        status = answer.headers.get("location", "").rstrip("/").rpartition("/")[2]
        if not status:
            raise ContractBroken(
                f"{method} {path} was accepted, but the platform named no job to follow",
                "Run it again: what it did is found.",
            )
        return status

    def _form(
        self,
        method: str,
        path: str,
        fields: Iterable[tuple[str, Any]],
        uploads: Iterable[tuple[str, str, Opener]],
    ) -> Any:
        texts = [(key, form_text(value)) for key, value in fields]
        uploads = tuple(uploads)
        with ExitStack() as stack:

            def body() -> dict[str, Any]:
                # A file may have been read by a try before: every sending opens it anew.
                parts: list[Any] = [(key, (None, text)) for key, text in texts]
                for key, filename, opener in uploads:
                    stream = stack.enter_context(opener())
                    parts.append((key, (filename, stream, "application/octet-stream")))
                return {"files": parts}

            return self.http.send(method, path, body)


def form_text(value: Any) -> str:
    """One value of a multipart form.

    The API types numbers and booleans of its forms as ``integer or null``; a form has no null, an
    empty field is the nearest there is.  Objects travel as JSON text (``trainingData``,
    ``requiredMetadataValues``, ``gitModelVersion``).
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "True" if value else "False"
    return value if isinstance(value, str) else json.dumps(value)
