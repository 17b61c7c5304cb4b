"""Following a batch to its end, and bringing its results home."""

from __future__ import annotations

from itertools import islice

from reconciler.core.kind import Outputs
from reconciler.core.provider import Watch
from reconciler.core.resource import Resource
from reconciler.core.step import Wait
from reconciler.errors import ApiError, Interrupted, JobFailed
from reconciler.providers.batch_inference import operations as api
from reconciler.providers.batch_inference.client import Client
from reconciler.providers.batch_inference.responses import Batch
from reconciler.providers.batch_inference.results import (
    errors_path,
    fetch,
    output_path,
    remove,
    write_whole,
)
from reconciler.providers.batch_inference.verdict import (
    complaint,
    failed_lines,
    is_running,
    refusals,
)
from reconciler.providers.http import Runtime
from reconciler.providers.polling import Polling

LONGEST_PAUSE = 30.0
"""Seconds: a batch may take a day."""
BAR = 20
"""Characters of the progress bar."""

LINES_TOLD = 20
RETRY = "Mend the input and apply again; --retry-failed runs the same once more."


class Waits:
    """Polls with growing pauses; nothing here writes to the platform."""

    def __init__(self, client: Client, outside: Runtime) -> None:
        self.client = client
        self.outside = outside

    def wait(self, wait: Wait, watch: Watch) -> Outputs:
        """The end of the batch: results on disk, and JobFailed when they are not as required."""
        batch = self._ended(wait, watch)
        errors = self._bring(batch, watch.resource)
        why = complaint(batch, wait.params["require"], errors)
        if not why:
            return {"batchId": batch.id, "outputFileId": batch.output_file_id}
        lines = refusals(batch) or list(islice(failed_lines(errors), LINES_TOLD))
        raise JobFailed(f"batch {batch.id}: {why}", RETRY, log="\n".join(lines[:LINES_TOLD]))

    def _ended(self, wait: Wait, watch: Watch) -> Batch:
        name = wait.params["batch"]
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

    def _bring(self, batch: Batch, resource: Resource | None) -> bytes:
        """Write what the manifest wants written; the content of the error file."""
        path = output_path(resource)
        errors = self._content(batch.error_file_id, batch.counts.failed)
        output = self._content(batch.output_file_id, batch.counts.completed) if path else None
        if path and output is not None:
            write_whole(path, output)
        if path and errors:
            write_whole(errors_path(path), errors)
        elif path and errors is not None:
            remove(errors_path(path))
        return errors or b""

    def _content(self, file: str | None, least: int) -> bytes | None:
        """The content of a result file; None when the platform keeps it no longer.

        A batch without one good answer has no output file, which an empty output says, and one
        without a bad answer has no error file.
        """
        if file is None:
            return b""
        try:
            return fetch(self.client, file, least)
        except ApiError as error:
            if error.status == 404:
                return None
            raise


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
