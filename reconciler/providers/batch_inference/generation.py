"""The batches of one input, grouped: one that ran all of it, and those that ran the rest again."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from reconciler.providers.batch_inference.matching import retry_of
from reconciler.providers.batch_inference.responses import Batch

Generation = tuple[Batch, ...]
"""A batch of the whole input, then its retries, oldest first."""


def generations(batches: Sequence[Batch], retry_files: Collection[str]) -> list[Generation]:
    """All generations, newest first, as the batches are.

    ``retry_files`` are the uploads that hold only a part of the input: where the platform keeps no
    metadata, a batch of one belongs to the newest batch of the whole input before it.
    """
    found: list[list[Batch]] = []
    by_id: dict[str, list[Batch]] = {}
    for batch in reversed(batches):
        named = retry_of(batch)
        if not named and batch.input_file_id not in retry_files:
            found.append([batch])
            by_id[batch.id] = found[-1]
        elif named in by_id or found:
            by_id.get(named, found[-1]).append(batch)
    return [tuple(each) for each in reversed(found)]
