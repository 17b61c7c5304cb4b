"""The client of the model registry: its two lists, paged by offset, under either root."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

from reconciler.core.json_value import JsonObject
from reconciler.errors import ApiError
from reconciler.providers.answer import SERVER_HINT, ContractBroken
from reconciler.providers.client import OperationClient
from reconciler.providers.http import Http
from reconciler.providers.model_registry.operations import (
    LIST_MODELS,
    LIST_VERSIONS,
    OPERATIONS,
    ROOTS,
)
from reconciler.providers.model_registry.responses import Model, ModelVersion
from reconciler.providers.operation import ListOperation
from reconciler.providers.response import Answered, parse

NOT_SERVED = (404, 405)
LIMIT = 100
M = TypeVar("M", bound=Answered)
Query = Mapping[str, str | int | bool | None]
MOST_PAGES = 1000

TOKEN_HINT = (
    "The registry does not know the token: check TFY_API_KEY (or providers.model_registry.token), "
    "and that TFY_HOST is the host it belongs to."
)


class Client(OperationClient):
    """Reads only; every item of a list, whatever the server makes of ``limit`` and ``offset``."""

    def __init__(self, http: Http) -> None:
        super().__init__(http, OPERATIONS)
        self._served: dict[str, str] = {}

    def list_models(
        self,
        *,
        fqn: str | None = None,
        ml_repo_id: str | None = None,
        name: str | None = None,
        run_id: str | None = None,
        include_empty_models: bool | None = None,
    ) -> Iterator[Model]:
        """The models that fit every filter, each with its latest version."""
        filters = {
            "fqn": fqn,
            "ml_repo_id": ml_repo_id,
            "name": name,
            "run_id": run_id,
            "include_empty_models": include_empty_models,
        }
        return self.every(LIST_MODELS, **filters)

    def list_fqns(self, most: int) -> list[str]:
        """The names of the first so many models, to find the one that was meant."""
        items = islice(self._items(LIST_MODELS, {}), most)
        return [fqn for item in items if isinstance(fqn := item.get("fqn"), str)]

    def list_versions(self, model_id: str) -> Iterator[ModelVersion]:
        """The versions of one model."""
        return self.every(LIST_VERSIONS, model_id=model_id)

    def every(self, operation: ListOperation[M], **query: Any) -> Iterator[M]:
        """Every entry of a list, over all its pages."""
        return (parse(operation.item, item) for item in self._items(operation, query))

    def _items(self, operation: ListOperation[Any], query: Query) -> Iterator[JsonObject]:
        """Ends at a page with nothing new, not at a ``total`` that may count something else.

        A server that ignores ``offset`` sends its first page for ever; one that caps ``limit``
        sends short pages that are not the last.
        """
        seen: set[str] = set()
        given = {key: value for key, value in query.items() if value is not None}
        offset = 0
        for _ in range(MOST_PAGES):
            items = self._page(operation, {**given, "limit": LIMIT, "offset": offset})
            fresh = {item["id"]: item for item in items if item["id"] not in seen}
            if not fresh:
                return
            yield from fresh.values()
            seen |= fresh.keys()
            offset += len(items)
        raise ContractBroken(f"GET {operation.path} pages without an end", SERVER_HINT)

    def _page(self, operation: ListOperation[Any], query: Query) -> list[JsonObject]:
        page = self._get(operation, query)
        items = page.get("data") if isinstance(page, dict) else None
        named = isinstance(items, list) and all(
            isinstance(item, dict) and isinstance(item.get("id"), str) for item in items
        )
        if not isinstance(items, list) or not named:
            raise ContractBroken(
                f"GET {operation.path} answered no page of the registry", SERVER_HINT
            )
        return items

    def _get(self, operation: ListOperation[Any], query: Query) -> Any:
        name = operation.name
        roots = (self._served[name],) if name in self._served else ROOTS[name]
        refusals: list[ApiError] = []
        for root in roots:
            try:
                page = self.http.get(root + self.path_of(operation), **query)
            except ApiError as error:
                if error.status == 401:
                    raise ApiError(error.message, TOKEN_HINT, status=401) from error
                if error.status not in NOT_SERVED:
                    raise
                refusals.append(error)
            else:
                self._served[name] = root
                return page
        raise refusals[0]
