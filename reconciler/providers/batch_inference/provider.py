"""The batch inference provider: reads, writes and waits over one client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reconciler.core.kind import Outputs
from reconciler.core.provider import Provider, Row, Watch
from reconciler.core.resource import Live, Prefetched, Resource
from reconciler.core.step import Call, Wait
from reconciler.providers.batch_inference.client import Client
from reconciler.providers.batch_inference.day_two import DayTwo
from reconciler.providers.batch_inference.facts import BatchPrefetched
from reconciler.providers.batch_inference.reads import Reads
from reconciler.providers.batch_inference.waits import Waits
from reconciler.providers.batch_inference.writes import Writes
from reconciler.providers.http import Http


class BatchInference(Provider):
    """``core.provider.Provider`` for ``BatchInference``."""

    def __init__(self, http: Http) -> None:
        self.http = http
        self.client = Client(http)
        self.reads = Reads(self.client, http.outside.now)
        self.writes = Writes(self.client, http.outside)
        self.waits = Waits(self.client, http.outside)
        self.day_two = DayTwo(self.client, self.reads)

    def list(self, kind: str) -> Sequence[Live]:
        """Nothing: a batch is found by its manifest."""
        return ()

    def find(self, resource: Resource, prefetched: Prefetched | None = None) -> Live | None:
        """The files and batches of this manifest."""
        return self.reads.find(resource, prefetched)

    def prefetch(self, resources: Sequence[Resource]) -> BatchPrefetched:
        """Models, prices and inputs."""
        return self.reads.prefetch(resources)

    def read_details(self, resource: Resource, live: Live) -> Live:
        """The same: a look-up tells all there is."""
        return live

    def snapshot(self, live: Live) -> Any:
        """Which files and batches there are."""
        return self.reads.snapshot(live)

    def send(self, call: Call, resource: Resource | None) -> Outputs:
        """One write."""
        return self.writes.send(call, resource)

    def recover(self, call: Call, resource: Resource | None) -> Outputs | None:
        """What a write made whose answer was lost."""
        return self.writes.recover(call, resource)

    def wait(self, wait: Wait, watch: Watch) -> Outputs:
        """One batch, to its end."""
        return self.waits.wait(wait, watch)

    def logs(self, live: Live, job: str, lines: int) -> str:
        """The errors of its batch."""
        return self.day_two.logs(live, job, lines)

    def history(self, live: Live) -> Sequence[Row]:
        """Batches, newest first."""
        return self.day_two.history(live)

    def cancel(self, live: Live) -> Sequence[str]:
        """Stop what runs."""
        return self.day_two.cancel(live)

    def download(self, live: Live, target: str) -> Sequence[str]:
        """The results of its batch."""
        return self.day_two.download(live, Path(target))

    def requests(self) -> Mapping[str, int]:
        """Requests so far, by method."""
        return dict(self.http.counts)

    def close(self) -> None:
        """Close the connections."""
        self.http.close()
