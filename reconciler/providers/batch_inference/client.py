"""The client of the batch inference API: its ten operations, and its paging."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from reconciler.providers.answer import MOST_PAGES, SERVER_HINT, ContractBroken
from reconciler.providers.batch_inference import operations as api
from reconciler.providers.batch_inference.responses import PREFIX, Batch, StoredFile
from reconciler.providers.client import OperationClient
from reconciler.providers.operation import ListOperation
from reconciler.providers.response import Answered, parse

if TYPE_CHECKING:
    from reconciler.providers.http import Http

FILES_PAGE, BATCHES_PAGE = 1000, 100
M = TypeVar("M", bound=Answered)


class Client(OperationClient):
    """Every operation of the API by its row, over one ``Http``.

    The endpoint may end in ``/v1``, as the base URL of the official client does, or stop before it.
    """

    def __init__(self, http: Http) -> None:
        endpoint = http.endpoint.url.rstrip("/")
        prefix = "" if endpoint.endswith(f"/{PREFIX}") else f"{PREFIX}/"
        super().__init__(http, api.OPERATIONS, prefix)

    def list_files(self) -> list[StoredFile]:
        """All files, newest first."""
        return list(self.every(api.LIST_FILES, limit=FILES_PAGE))

    def list_batches(self) -> list[Batch]:
        """All batches, newest first."""
        return list(self.every(api.LIST_BATCHES, limit=BATCHES_PAGE))

    def every(self, operation: ListOperation[M], *values: str, **query: Any) -> Iterator[M]:
        """Every entry of a list; ``after`` is the id of the last one of the page before."""
        path, after, seen = self.path_of(operation, *values), None, set[str]()
        while True:
            page = self.http.get(path, **query, **({"after": after} if after else {}))
            items = page.get("data") if isinstance(page, dict) else None
            if not isinstance(items, list):
                raise ContractBroken(f"GET {path} answered no page", SERVER_HINT)
            yield from (parse(operation.item, item) for item in items)
            # A server that does not page leaves has_more out.
            if not items or not page.get("has_more"):
                return
            after = items[-1].get("id") if isinstance(items[-1], dict) else None
            if not isinstance(after, str) or after in seen or len(seen) >= MOST_PAGES:
                raise ContractBroken(f"GET {path} pages without an end", SERVER_HINT)
            seen.add(after)
