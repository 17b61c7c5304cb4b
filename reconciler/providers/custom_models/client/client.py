"""The client of the custom models API; paths are relative to an endpoint on ``/api/v2``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from reconciler.errors import ApiError
from reconciler.providers.client import OperationClient
from reconciler.providers.custom_models.client import operations as api
from reconciler.providers.custom_models.client.pages import PAGE, pages
from reconciler.providers.custom_models.client.responses import Access, Build, Model
from reconciler.providers.http import Http
from reconciler.providers.operation import ListOperation, Operation
from reconciler.providers.response import Answered, parse

M = TypeVar("M", bound=Answered)
COLLECTION_ACCESS = {
    "customModels": api.LIST_MODEL_ACCESS,
    "executionEnvironments": api.LIST_ENVIRONMENT_ACCESS,
}


class Client(OperationClient):
    """Every operation of the API by its row in ``operations``, over one ``Http``."""

    def __init__(self, http: Http) -> None:
        super().__init__(http, api.OPERATIONS)

    def every(self, operation: ListOperation[M], *values: str, **query: Any) -> Iterator[M]:
        """Every entry of a list, over all its pages."""
        path = self.path_of(operation, *values)
        found = pages(self.http, path, offset=0, limit=PAGE, **query)
        return (parse(operation.item, item) for item in found)

    def list_models(self) -> list[Model]:
        """Inference models, oldest first so that a model made meanwhile shifts no page."""
        query = {"customModelType": "inference", "orderBy": "created"}
        return list(self.every(api.LIST_MODELS, **query))

    def list_access(self, collection: str, identity: str) -> list[Access]:
        """Who may use a model or an environment."""
        return list(self.every(COLLECTION_ACCESS[collection], identity))

    def build_of(self, model: str, version: str) -> Build | None:
        """The dependency build of a version; None when none was started, which is a 422."""
        return self._unless(422, api.GET_BUILD, model, version)

    def _unless(self, status: int, operation: Operation[M], *values: str) -> M | None:
        try:
            return self.read(operation, *values)
        except ApiError as error:
            if error.status == status:
                return None
            raise
