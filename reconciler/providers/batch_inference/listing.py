"""All files and batches that the token may see, and those of one owner among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from reconciler.providers.batch_inference import matching
from reconciler.providers.batch_inference.responses import Batch, StoredFile

if TYPE_CHECKING:
    from reconciler.providers.batch_inference.client import Client


@dataclass(frozen=True, slots=True)
class Listing:
    """All files and batches that the token may see."""

    files: Sequence[StoredFile]
    batches: Sequence[Batch]


@dataclass(frozen=True, slots=True)
class Own:
    """The files and batches of one owner with the digits of their content, newest first."""

    files: Sequence[tuple[StoredFile, str]]
    batches: Sequence[tuple[Batch, str]]


def read_listing(client: Client) -> Listing:
    """Everything, newest first.  Reads only."""
    # Batches first: a file that a batch of the first list names is in the second one.
    batches = sorted(client.list_batches(), key=lambda batch: -batch.created_at)
    return Listing(client.list_files(), batches)


def own(listing: Listing, owned_by: str, known: Mapping[str, str] = MappingProxyType({})) -> Own:
    """The files and batches of one owner, newest first.

    ``known`` are the digits of batches that a record names.
    """
    files = [
        (file, digits)
        for file in listing.files
        # An upload that the platform could not take is none.
        if file.status != "error" and (digits := matching.digest_of_file(file, owned_by))
    ]
    by_id = {file.id: digits for file, digits in files}
    batches = [
        (batch, digits)
        for batch in listing.batches
        if (digits := matching.digest_of_batch(batch, owned_by, by_id) or known.get(batch.id, ""))
    ]
    return Own(files, batches)
