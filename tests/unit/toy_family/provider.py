"""The provider of the toy family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.core.kind import Outputs
from reconciler.core.provider import Provider
from reconciler.core.resource import Live, Resource
from reconciler.core.step import Call
from reconciler.providers.client import OperationClient
from reconciler.providers.http import Http
from tests.unit.toy_family import operations as api


class Notes(Provider):
    """``core.provider.Provider`` for ``Note``."""

    def __init__(self, http: Http) -> None:
        self.http = http
        self.client = OperationClient(http, api.OPERATIONS)

    def list(self, kind: str) -> Sequence[Live]:
        """Every note."""
        return [
            Live(
                kind,
                note.id,
                note.title,
                owner=note.owner or None,
                # A field that only the create sets, which proves whose a note is.
                external_id=note.owner or None,
                spec={"text": note.text},
            )
            for note in self.client.read(api.LIST_NOTES)
        ]

    def read_details(self, resource: Resource, live: Live) -> Live:
        """The same: the list shows everything."""
        return live

    def snapshot(self, live: Live) -> Any:
        """The note as it is now."""
        found = (note for note in self.client.read(api.LIST_NOTES) if note.id == live.id)
        return next((note.model_dump() for note in found), None)

    def send(self, call: Call, resource: Resource | None) -> Outputs:
        """One write."""
        answer = self.client.send(call, resource)
        return {"id": answer.id} if call.outputs else {}

    def requests(self) -> Mapping[str, int]:
        """Requests so far, by method."""
        return dict(self.http.counts)

    def close(self) -> None:
        """Close the connections."""
        self.http.close()
