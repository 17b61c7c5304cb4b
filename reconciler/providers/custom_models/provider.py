"""The custom models provider: reads, writes and waits over one client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reconciler.core.provider import Watch
from reconciler.core.resource import Live, Resource
from reconciler.core.step import Call, Wait
from reconciler.providers.custom_models.client.client import Client
from reconciler.providers.custom_models.copies import Copies
from reconciler.providers.custom_models.day_two import DayTwo
from reconciler.providers.custom_models.reads import Reads
from reconciler.providers.custom_models.recovery import Recovery
from reconciler.providers.custom_models.waits import Waits
from reconciler.providers.custom_models.writes import Writes
from reconciler.providers.http import Http


class CustomModels:
    """``core.provider.Provider`` for ``ExecutionEnvironment`` and ``CustomModel``."""

    def __init__(self, http: Http) -> None:
        self.http = http
        self.client = Client(http)
        self.reads = Reads(self.client)
        derivations = Copies(self.client)
        self.writes = Writes(self.client, derivations)
        self.waits = Waits(self.client, http.outside)
        self.settle = Recovery(self.client, http.outside, derivations)
        self.day_two = DayTwo(self.client)

    def list(self, kind: str) -> Sequence[Live]:
        """Every environment or model the token may see."""
        return self.reads.list(kind)

    def find(self, resource: Resource) -> Live | None:
        """Nothing: both kinds are listed."""
        return None

    def prefetch(self, resources: Sequence[Resource]) -> Mapping[str, Any]:
        """The user's limits."""
        return self.reads.prefetch(resources)

    def detail(self, resource: Resource, live: Live) -> Live:
        """Users, files and jobs as far as the manifest manages them."""
        return self.reads.detail(resource, live)

    def snapshot(self, live: Live) -> Any:
        """The object, its users and its jobs, as the platform tells them."""
        return self.reads.snapshot(live)

    def send(self, call: Call, resource: Resource | None) -> Mapping[str, Any]:
        """One write."""
        return self.writes.send(call, resource)

    def recover(self, call: Call, resource: Resource | None) -> Mapping[str, Any] | None:
        """What a write made whose answer was lost."""
        return self.settle.recover(call, resource)

    def wait(self, wait: Wait, watch: Watch) -> Mapping[str, Any]:
        """One job, to its end."""
        return self.waits.wait(wait, watch)

    def logs(self, live: Live, job: str, lines: int) -> str:
        """The end of a log."""
        return self.day_two.logs(live, job, lines)

    def history(self, live: Live) -> Sequence[Mapping[str, Any]]:
        """Versions, newest first."""
        return self.day_two.history(live)

    def cancel(self, live: Live) -> Sequence[str]:
        """Stop what runs."""
        return self.day_two.cancel(live)

    def download(self, live: Live, target: str) -> Sequence[str]:
        """The newest version's files."""
        return self.day_two.download(live, Path(target))

    def requests(self) -> Mapping[str, int]:
        """Requests so far, by method."""
        return dict(self.http.counts)

    def close(self) -> None:
        """Close the connections."""
        self.http.close()
