"""Looking after the batches of a manifest: errors, history, running ones, results."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from reconciler.core.resource import Live
from reconciler.errors import ApiError, LiveStateError, SettingsError, UnknownOutcome
from reconciler.providers.batch_inference import operations as api
from reconciler.providers.batch_inference.client import Client
from reconciler.providers.batch_inference.facts import batch_facts
from reconciler.providers.batch_inference.merge import merged
from reconciler.providers.batch_inference.reads import Reads
from reconciler.providers.batch_inference.responses import Batch
from reconciler.providers.batch_inference.result_files import all_downloaded
from reconciler.providers.batch_inference.result_lines import failed_lines
from reconciler.providers.batch_inference.results import write_whole
from reconciler.providers.batch_inference.verdict import is_running, refusals

CANCELLING = "cancelling"


class DayTwo:
    """Reads for people, and the cancelling of batches."""

    def __init__(self, client: Client, reads: Reads) -> None:
        self.client = client
        self.reads = reads

    def logs(self, live: Live, job: str, lines: int) -> str:
        """What went wrong in its batch, request by request."""
        if job != "build":
            raise SettingsError(
                f"a batch has no {job} log", "Leave the option out: a batch has one log only."
            )
        batches = self._batches(live)
        with all_downloaded(self.client, batches) as attempts:
            present = (file for files in attempts for file in files.present)
            failed = deque(chain.from_iterable(map(failed_lines, present)), maxlen=lines)
        last = batches[-1]
        found = [*refusals(last), *failed][-lines:]
        return "\n".join(found) or f"batch {last.id} ({last.status}) has no errors"

    def history(self, live: Live) -> Sequence[Mapping[str, str]]:
        """Its batches, newest first."""
        return [_row(batch, digits) for batch, digits in self.reads.own(live).batches]

    def cancel(self, live: Live) -> Sequence[str]:
        """Cancel every batch of it that runs, also those of an earlier input."""
        return tuple(self._cancelled(live))

    def download(self, live: Live, target: Path) -> Sequence[str]:
        """The output and error file of its batch, into a new folder."""
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise SettingsError(f"{target} is not empty", "Name a new folder with -o.")
        batches = self._batches(live)
        with (
            all_downloaded(self.client, batches) as attempts,
            merged(attempts) as files,
        ):
            results = {
                f"{live.name}.jsonl": files.output,
                f"{live.name}.errors.jsonl": files.errors,
            }
            present = {name: stream for name, stream in results.items() if stream is not None}
            if not present:
                raise LiveStateError(
                    f"batch {batches[-1].id} is {batches[-1].status} and has no results",
                    "`reconciler history` shows all batches; a running one has results at its end.",
                )
            for name, stream in present.items():
                write_whole(str(target / name), stream)
        return tuple(sorted(present))

    def _batches(self, live: Live) -> Sequence[Batch]:
        """The attempts at the input as it is now; while it has none, the newest of all batches."""
        batches = [batch for batch, _ in self.reads.own(live).batches]
        if not batches:
            raise LiveStateError(
                f"{live.kind} {live.name} has no batch", "An apply runs its input."
            )
        by_id = {batch.id: batch for batch in batches}
        attempts = [by_id[name] for name in batch_facts(live).attempts if name in by_id]
        return attempts or batches[:1]

    def _cancelled(self, live: Live) -> Iterator[str]:
        for batch, _ in self.reads.own(live).batches:
            if is_running(batch) and batch.status != CANCELLING and self._cancel(batch.id):
                yield f"batch {batch.id}"

    def _stop(self, batch: str) -> None:
        """POST .../cancel; DELETE, which the page tells of in the same words, where that is not."""
        try:
            self.client.write(api.CANCEL_BATCH, batch)
        except ApiError as error:
            if error.status not in (404, 405):
                raise
            self.client.write(api.DELETE_BATCH, batch)

    def _cancel(self, batch: str) -> bool:
        """Whether the batch is stopped by this, or by a sending whose answer was lost."""
        try:
            self._stop(batch)
        except ApiError as error:
            # 422 is what a batch answers that has ended meanwhile.
            if not isinstance(error, UnknownOutcome) and error.status != 422:
                raise
            if (
                is_running(now := self.client.read(api.GET_BATCH, batch))
                and now.status != CANCELLING
            ):
                raise
            return now.status in (CANCELLING, "cancelled")
        return True


def _row(batch: Batch, digits: str) -> Mapping[str, str]:
    counts = batch.counts
    return {
        "batch": batch.id,
        "created": f"{datetime.fromtimestamp(batch.created_at, UTC):%Y-%m-%d %H:%M:%S} UTC",
        "state": batch.status,
        "input": digits,
        "completed": str(counts.completed),
        "failed": str(counts.failed),
        "total": str(counts.total),
    }
