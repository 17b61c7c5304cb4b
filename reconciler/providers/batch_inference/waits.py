"""Following a batch to its end, and bringing its results home."""

from __future__ import annotations

import os
from collections.abc import Sequence

from reconciler.core.kind import Outputs
from reconciler.core.provider import Watch
from reconciler.core.resource import Resource
from reconciler.core.step import Wait
from reconciler.errors import Interrupted, JobFailed
from reconciler.providers.batch_inference import operations as api
from reconciler.providers.batch_inference.client import Client
from reconciler.providers.batch_inference.record import make_record, record_path, write_record
from reconciler.providers.batch_inference.responses import Batch
from reconciler.providers.batch_inference.result_files import ResultFiles, all_downloaded
from reconciler.providers.batch_inference.result_lines import Tally
from reconciler.providers.batch_inference.results import (
    count_lines,
    keep_complete,
    keep_partial,
    output_path,
    partial_path,
    remove,
)
from reconciler.providers.batch_inference.spec import INPUT
from reconciler.providers.batch_inference.verdict import (
    can_retry,
    complaint,
    is_running,
    refusals,
)
from reconciler.providers.http import Runtime
from reconciler.providers.polling import Polling

LONGEST_PAUSE = 30.0
"""Seconds: a batch may take a day."""
BAR = 20
"""Characters of the progress bar."""

MAX_LINES = 20
RETRY = "Fix the input and apply again; --retry-failed runs the same input once more."
GONE = "Files are kept for 30 days; --retry-failed or rerun: always runs the input again."


class Waits:
    """Polls with growing pauses; nothing here writes to the platform."""

    def __init__(self, client: Client, outside: Runtime) -> None:
        self.client = client
        self.outside = outside

    def wait(self, wait: Wait, watch: Watch) -> Outputs:
        """The end of the batches: results on disk, and JobFailed when they are not as required.

        The parameter ``again`` names an output: it is set, and nothing fails, when requests that
        have no answer are to be sent again.  ``when`` is that output of the attempt before; where
        it is not set there is nothing to wait for.
        """
        again = wait.params.get("again", "")
        if not wait.params.get("when", True):
            return {again: ""} if again else {}
        names = (wait.params["batch"], *wait.params.get("retries", ()))
        batches = [self._ended(name, wait, watch) for name in names]
        with all_downloaded(self.client, batches) as attempts:
            count = count_lines(attempts, watch.resource)
            why = complaint(batches, wait.params["require"], count)
            if why and again and count and count.failed and can_retry(batches):
                watch.tell(f"{why}; what has no answer is sent again")
                return {again: "yes"}
            self._keep(batches, attempts, count, watch.resource, complete=not why)
            lines = refusals(batches[-1]) or list(count.errors if count else ())
        if why:
            name = batches[-1].id
            raise JobFailed(f"batch {name}: {why}", RETRY, log="\n".join(lines[:MAX_LINES]))
        outputs = {"batchId": batches[0].id, "outputFileId": batches[0].output_file_id}
        return outputs | ({again: ""} if again else {})

    def _keep(
        self,
        batches: Sequence[Batch],
        attempts: Sequence[ResultFiles],
        count: Tally | None,
        resource: Resource | None,
        *,
        complete: bool,
    ) -> None:
        path = output_path(resource)
        if path is None or resource is None:
            return
        if complete and count is None:
            raise JobFailed(
                f"batch {batches[0].id}: the platform no longer keeps its results", GONE
            )
        if not complete and not keep_partial(path, attempts):
            return
        place = path if complete else partial_path(path)
        if complete:
            keep_complete(path, attempts)
            remove(record_path(partial_path(path)))
        if count:
            # Last: a record says that the results beside it are whole.
            sha256 = resource.files[INPUT].entries[0].sha256
            size = os.stat(place).st_size if os.path.exists(place) else 0
            write_record(record_path(place), make_record(sha256, batches, count, size))

    def _ended(self, name: str, wait: Wait, watch: Watch) -> Batch:
        polling, last = Polling(self.outside, wait.timeout, LONGEST_PAUSE), ""
        while is_running(batch := self.client.read(api.GET_BATCH, name)):
            line = progress(batch)
            if line != last:
                watch.tell(line)
                last = line
            if polling.is_over:
                raise JobFailed(
                    f"batch {name} is still {batch.status} after {wait.timeout:g} s",
                    "It goes on there; the next run waits for it again. Raise spec.timeout.",
                )
            if watch.stopped():
                raise Interrupted(
                    f"stopped waiting for batch {name}, which goes on",
                    "The next run waits for it again; `reconciler cancel` stops it.",
                )
            polling.rest()
        return batch


def progress(batch: Batch) -> str:
    """``in_progress [#####...............] 12 of 48, 1 failed``."""
    counts = batch.counts
    if not counts.total:
        return batch.status
    answered = counts.completed + counts.failed
    filled = min(BAR, BAR * answered // counts.total)
    bar = "#" * filled + "." * (BAR - filled)
    failed = f", {counts.failed} failed" if counts.failed else ""
    return f"{batch.status} [{bar}] {answered} of {counts.total}{failed}"
