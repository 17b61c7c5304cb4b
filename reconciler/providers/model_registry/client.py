"""The registry's lists: pages by offset, under either of the roots that it has.

``GET /api/ml/v1/models`` is what the public documents describe, and the vendor's own client asks
``/api/svc/v1/models`` for the same.  Versions are documented under the second root only.  So each
list is asked for where it is documented first, and at the other root where that one is not served.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from reconciler.errors import ApiError
from reconciler.providers.answer import SERVER_HINT, ContractBroken
from reconciler.providers.http import Http
from reconciler.providers.model_registry.responses import Model, ModelVersion
from reconciler.providers.response import parse

ML, SVC = "api/ml/v1", "api/svc/v1"
ROOTS: Mapping[str, tuple[str, str]] = {"models": (ML, SVC), "model-versions": (SVC, ML)}
NOT_SERVED = (404, 405)
LIMIT = 100
MOST_PAGES = 1000

TOKEN_HINT = (
    "The registry does not know the token: check TFY_API_KEY (or providers.model_registry.token), "
    "and that TFY_HOST is the host it belongs to."
)


class Client:
    """Reads only; every item of a list, whatever the server makes of ``limit`` and ``offset``."""

    def __init__(self, http: Http) -> None:
        self.http = http
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
        for item in self._items("models", filters):
            yield parse(Model, item)

    def list_fqns(self, most: int) -> list[str]:
        """The names of the first so many models, to find the one that was meant."""
        items = islice(self._items("models", {}), most)
        return [fqn for item in items if isinstance(fqn := item.get("fqn"), str)]

    def list_versions(self, model_id: str) -> Iterator[ModelVersion]:
        """The versions of one model."""
        for item in self._items("model-versions", {"model_id": model_id}):
            yield parse(ModelVersion, item)

    def _items(self, name: str, filters: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Ends at a page with nothing new, not at a ``total`` that may count something else.

        A server that ignores ``offset`` sends its first page for ever; one that caps ``limit``
        sends short pages that are not the last.
        """
        seen: set[str] = set()
        given = {key: value for key, value in filters.items() if value is not None}
        offset = 0
        for _ in range(MOST_PAGES):
            items = self._page(name, {**given, "limit": LIMIT, "offset": offset})
            fresh = {item["id"]: item for item in items if item["id"] not in seen}
            if not fresh:
                return
            yield from fresh.values()
            seen |= fresh.keys()
            offset += len(items)
        raise ContractBroken(f"GET {name} pages without an end", SERVER_HINT)

    def _page(self, name: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        page = self._get(name, params)
        items = page.get("data") if isinstance(page, dict) else None
        named = isinstance(items, list) and all(
            isinstance(item, dict) and isinstance(item.get("id"), str) for item in items
        )
        if not isinstance(items, list) or not named:
            raise ContractBroken(f"GET {name} answered no page of the registry", SERVER_HINT)
        return items

    def _get(self, name: str, params: Mapping[str, Any]) -> Any:
        roots = (self._served[name],) if name in self._served else ROOTS[name]
        refusals: list[ApiError] = []
        for root in roots:
            try:
                page = self.http.get(f"{root}/{name}", **params)
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
