"""The result files of a batch as they are downloaded: large ones lie on disk, not in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from reconciler.errors import ApiError
from reconciler.providers.batch_inference import operations as api

if TYPE_CHECKING:
    from reconciler.providers.batch_inference.client import Client
    from reconciler.providers.batch_inference.responses import Batch


@dataclass(frozen=True, slots=True)
class ResultFiles:
    """The downloaded files of one batch; None for a file that it does not have.

    ``gone`` says that the platform named a file and keeps it no longer.
    """

    output: BinaryIO | None = None
    errors: BinaryIO | None = None
    gone: bool = False

    @property
    def present(self) -> tuple[BinaryIO, ...]:
        """The files there are, each at its start."""
        files = tuple(each for each in (self.output, self.errors) if each is not None)
        for each in files:
            each.seek(0)
        return files


@contextmanager
def downloaded(client: Client, batch: Batch) -> Iterator[ResultFiles]:
    """The result files of a batch, large ones on disk, until the context ends."""
    with ExitStack() as stack:
        output = _opened(client, batch.output_file_id, stack)
        errors = _opened(client, batch.error_file_id, stack)
        gone = bool(
            (batch.output_file_id and output is None) or (batch.error_file_id and errors is None)
        )
        yield ResultFiles(output, errors, gone)


@contextmanager
def all_downloaded(client: Client, batches: Sequence[Batch]) -> Iterator[list[ResultFiles]]:
    """The same of several batches."""
    with ExitStack() as stack:
        yield [stack.enter_context(downloaded(client, batch)) for batch in batches]


def _opened(client: Client, file: str | None, stack: ExitStack) -> BinaryIO | None:
    if file is None:
        return None
    try:
        return stack.enter_context(client.download(api.GET_CONTENT, file))
    except ApiError as error:
        # Files are deleted 30 days after the job (the API's page).
        if error.status == 404:
            return None
        raise
