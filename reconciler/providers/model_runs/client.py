"""The client of the model runs API: its six operations, and its paging."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from reconciler.providers.answer import SERVER_HINT, ContractBroken
from reconciler.providers.client import OperationClient
from reconciler.providers.model_runs.operations import (
    LIST_RUNS,
    LIST_STEPS,
    LIST_TESTS,
    OPERATIONS,
)
from reconciler.providers.model_runs.responses import Run, RunStep, TestResult
from reconciler.providers.operation import ListOperation
from reconciler.providers.response import Answered, parse

if TYPE_CHECKING:
    from reconciler.providers.http import Http

PAGE = 100
"""Runs in one page: each may carry the whole compiled project, so a page is not made larger."""

M = TypeVar("M", bound=Answered)


class Client(OperationClient):
    """Every operation of the API by its row, over one ``Http``."""

    def __init__(self, http: Http) -> None:
        # The contract's server ends in /v1, and so may the setting.
        ends = urlsplit(http.endpoint.url).path.rstrip("/").endswith("/v1")
        super().__init__(http, OPERATIONS, "" if ends else "v1/")

    def list_runs(self, status: str | None = None) -> Iterator[Run]:
        """Every run that the token may see, newest first; pages are read as they are needed."""
        query = {"max_results": PAGE} | ({"status": status} if status else {})
        return self.every(LIST_RUNS, **query)

    def list_steps(self, run: str) -> list[RunStep]:
        """The models of a run, in the order in which they are built."""
        return list(self.every(LIST_STEPS, run))

    def list_tests(self, run: str, step: str) -> list[TestResult]:
        """The data tests of one model; none before it was built."""
        return list(self.every(LIST_TESTS, run, step))

    def every(self, operation: ListOperation[M], *values: str, **query: Any) -> Iterator[M]:
        """Every entry of a list; a page token that comes back would page without an end.

        A server that cannot read a token starts again at the first page, and says nothing.
        """
        path, token, seen = self.path_of(operation, *values), None, set[str]()
        while True:
            page = self.http.get(path, **query, **({"page_token": token} if token else {}))
            # Older documents of this API let an empty page go without its list.
            items = page.get("data", []) if isinstance(page, dict) else None
            if not isinstance(items, list):
                raise ContractBroken(f"GET {path} answered no page", SERVER_HINT)
            yield from (parse(operation.item, item) for item in items)
            token = page.get("next_page_token")
            if not token:
                return
            if not isinstance(token, str) or token in seen:
                raise ContractBroken(f"GET {path} pages without an end", SERVER_HINT)
            seen.add(token)
