"""The typed client of the batch inference API: one method for each of its operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, BinaryIO
from urllib.parse import quote

from reconciler.providers.answer import ContractBroken
from reconciler.providers.batch_inference.responses import (
    PREFIX,
    PURPOSE,
    ActiveModels,
    Batch,
    ModelConfig,
    ModelConfigs,
    StoredFile,
)
from reconciler.providers.http import MOST_PAGES, SERVER_HINT, Http
from reconciler.providers.response import parse

FILES_PAGE, BATCHES_PAGE = 1000, 100


class Client:
    """Every operation of the API, each a typed method, over one ``Http``.

    The endpoint may end in ``/v1``, as the base URL of the official client does, or stop before it.
    """

    def __init__(self, http: Http) -> None:
        self.http = http
        given = http.endpoint.url.rstrip("/")
        self._prefix = "" if given.endswith(f"/{PREFIX}") else f"{PREFIX}/"

    def list_active_models(self) -> list[str]:
        """GET /v1/active-models"""
        return parse(ActiveModels, self.http.get(f"{self._prefix}active-models")).active_models

    def list_model_config(self) -> list[ModelConfig]:
        """GET /v1/model-config"""
        return parse(ModelConfigs, self.http.get(f"{self._prefix}model-config")).active_models

    def list_files(self) -> list[StoredFile]:
        """GET /v1/files, all pages, newest first."""
        return [parse(StoredFile, item) for item in self._all("files", FILES_PAGE)]

    def upload_file(self, name: str, opener: Callable[[], BinaryIO]) -> StoredFile:
        """POST /v1/files: one JSON Lines file, under this name."""
        with ExitStack() as stack:

            def body() -> Mapping[str, Any]:
                # Opened anew for every sending: a try before may have read it.
                stream = stack.enter_context(opener())
                file = (name, stream, "application/jsonl")
                return {"data": {"purpose": PURPOSE}, "files": {"file": file}}

            return parse(StoredFile, self.http.send("POST", f"{self._prefix}files", body))

    def get_content(self, file: str) -> bytes:
        """GET /v1/files/{file_id}/content: the bytes of a file, of an output or error file too."""
        return self.http.read(f"{self._prefix}files/{_part(file)}/content").content

    def list_batches(self) -> list[Batch]:
        """GET /v1/batches, all pages, newest first."""
        return [parse(Batch, item) for item in self._all("batches", BATCHES_PAGE)]

    def create_batch(self, body: Mapping[str, Any]) -> Batch:
        """POST /v1/batches"""
        return self._batch("POST", "batches", {"json": dict(body)})

    def get_batch(self, batch: str) -> Batch:
        """GET /v1/batches/{job_id}"""
        return parse(Batch, self.http.get(f"{self._prefix}batches/{_part(batch)}"))

    def cancel_batch(self, batch: str) -> Batch:
        """POST /v1/batches/{job_id}/cancel; 422 when it has ended."""
        return self._batch("POST", f"batches/{_part(batch)}/cancel", {})

    def delete_batch(self, batch: str) -> Batch:
        """DELETE /v1/batches/{job_id}; of a batch in flight it is no more than a cancel."""
        return self._batch("DELETE", f"batches/{_part(batch)}", {})

    def _batch(self, method: str, path: str, arguments: Mapping[str, Any]) -> Batch:
        return parse(Batch, self.http.send(method, f"{self._prefix}{path}", lambda: arguments))

    def _all(self, collection: str, limit: int) -> Iterator[Any]:
        """Every item; ``after`` is the id of the last one of the page before."""
        path, after, seen = f"{self._prefix}{collection}", None, set[str]()
        while True:
            page = self.http.get(path, limit=limit, **({"after": after} if after else {}))
            items = page.get("data") if isinstance(page, dict) else None
            if not isinstance(items, list):
                raise ContractBroken(f"GET {path} answered no page", SERVER_HINT)
            yield from items
            # A server that does not page leaves has_more out.
            if not items or not page.get("has_more"):
                return
            after = items[-1].get("id") if isinstance(items[-1], dict) else None
            if not isinstance(after, str) or after in seen or len(seen) >= MOST_PAGES:
                raise ContractBroken(f"GET {path} pages without an end", SERVER_HINT)
            seen.add(after)


def _part(identity: str) -> str:
    """An id as one part of a path, whatever a platform puts into it."""
    return quote(identity, safe="")
