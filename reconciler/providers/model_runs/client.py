"""The typed client of the model runs API: every operation a method, over one ``Http``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from reconciler.providers.answer import ContractBroken
from reconciler.providers.http import SERVER_HINT, Http
from reconciler.providers.model_runs.responses import Run, RunStep, TestResult
from reconciler.providers.response import parse

PAGE = 100
"""Runs in one page: each may carry the whole compiled project, so a page is not made larger."""


class Client:
    """All six operations of the API."""

    def __init__(self, http: Http) -> None:
        self.http = http
        # The contract's server ends in /v1, and so may the setting.
        ends = urlsplit(http.endpoint.url).path.rstrip("/").endswith("/v1")
        self._runs = "model-runs" if ends else "v1/model-runs"

    def list_runs(self, status: str | None = None) -> Iterator[Run]:
        """Every run that the token may see, newest first; pages are read as they are needed."""
        asked = {"max_results": PAGE} | ({"status": status} if status else {})
        return (parse(Run, item) for item in self._pages(self._runs, asked))

    def trigger(self, body: Mapping[str, Any]) -> Run:
        """Start a run."""
        return parse(Run, self.http.send("POST", self._runs, lambda: {"json": dict(body)}))

    def get_run(self, run: str) -> Run:
        """One run."""
        return parse(Run, self.http.get(self._of(run)))

    def cancel_run(self, run: str) -> Run:
        """Stop a run that has not ended; 400 when it has."""
        return parse(Run, self.http.send("POST", f"{self._of(run)}/cancel"))

    def list_steps(self, run: str) -> list[RunStep]:
        """The models of a run, in the order in which they are built."""
        return [parse(RunStep, item) for item in self._pages(f"{self._of(run)}/steps", {})]

    def list_tests(self, run: str, step: str) -> list[TestResult]:
        """The data tests of one model; none before it was built."""
        path = f"{self._of(run)}/steps/{quote(step, safe='')}/test-results"
        return [parse(TestResult, item) for item in self._pages(path, {})]

    def _of(self, run: str) -> str:
        return f"{self._runs}/{quote(run, safe='')}"

    def _pages(self, path: str, asked: Mapping[str, Any]) -> Iterator[Any]:
        """Every item; a page token that comes back would page without an end.

        A server that cannot read a token starts again at the first page, and says nothing.
        """
        seen: set[str] = set()
        token: Any = None
        while True:
            page = self.http.get(path, **asked, **({"page_token": token} if token else {}))
            # Older documents of this API let an empty page go without its list.
            items = page.get("data", []) if isinstance(page, dict) else None
            if not isinstance(items, list):
                raise ContractBroken(f"GET {path} answered no page", SERVER_HINT)
            yield from items
            token = page.get("next_page_token")
            if not token:
                return
            if not isinstance(token, str) or token in seen:
                raise ContractBroken(f"GET {path} pages without an end", SERVER_HINT)
            seen.add(token)
