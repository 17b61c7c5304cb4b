"""The provider of aliases: reads, writes and their recovery over one client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.core.kind import Outputs
from reconciler.core.provider import Provider
from reconciler.core.resource import Live, Resource
from reconciler.core.step import Call
from reconciler.errors import ApiError
from reconciler.providers.client import OperationClient
from reconciler.providers.http import Http
from reconciler.providers.recovery import look_for, only_one
from tests.toy_family.aliases.kind import live_alias
from tests.toy_family.aliases.operations import (
    CREATE_ALIAS,
    GET_ALIAS,
    LIST_ALIASES,
    OPERATIONS,
)
from tests.toy_family.aliases.responses import Alias


class Aliases(Provider):
    """``core.provider.Provider`` for ``Alias``; updates and deletes may be sent twice."""

    def __init__(self, http: Http) -> None:
        self.http = http
        self.client = OperationClient(http, OPERATIONS)

    def list(self, kind: str) -> Sequence[Live]:
        """Every alias; the API has no pages."""
        return [live_alias(alias) for alias in self.client.read(LIST_ALIASES)]

    def read_details(self, resource: Resource, live: Live) -> Live:
        """The same: the list shows all."""
        return live

    def snapshot(self, live: Live) -> Any:
        """The alias right now, None when it is deleted."""
        try:
            return self.client.read(GET_ALIAS, live.id).model_dump()
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def send(self, call: Call, resource: Resource | None) -> Outputs:
        """The planned call."""
        response = self.client.send(call, resource)
        return {"id": response.id} if isinstance(response, Alias) else {}

    def recover(self, call: Call, resource: Resource | None) -> Outputs | None:
        """The alias that a lost POST created; the other writes are sent again."""
        if call.operation != CREATE_ALIAS.name:
            return None
        return look_for(lambda: self._created(call.body["owner"]), self.http.outside)

    def _created(self, owner: str) -> Outputs | None:
        matches = [alias.id for alias in self.client.read(LIST_ALIASES) if alias.owner == owner]
        return only_one(matches, "id", "aliases of one owner")

    def requests(self) -> Mapping[str, int]:
        """Requests so far, by method."""
        return dict(self.http.counts)

    def close(self) -> None:
        """Close the connections."""
        self.http.close()
