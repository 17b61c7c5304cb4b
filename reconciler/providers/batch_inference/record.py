"""The record beside an output: what a checkout remembers of the batches of an input.

A platform may keep no metadata, and files are deleted 30 days after the job.  The record says that
an input was run, and what came of it; it can be committed with the results.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from reconciler.providers.batch_inference.generation import Generation
from reconciler.providers.batch_inference.responses import Batch
from reconciler.providers.batch_inference.result_lines import Tally
from reconciler.providers.batch_inference.results import write_whole
from reconciler.providers.batch_inference.spec import SUFFIX

FORMAT_VERSION = 1
LARGEST = 2**20
"""Bytes: a file that is larger is not a record."""


def record_path(output: str) -> str:
    """``smoke.batch.json`` beside ``smoke.jsonl``."""
    return f"{output.removesuffix(SUFFIX)}.batch.json"


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class Counts(_Part):
    """Requests: all, with a good answer, and without one."""

    total: int = Field(ge=0)
    completed: int = Field(ge=0)
    failed: int = Field(ge=0)


class Attempt(_Part):
    """One batch: the whole input first, then what had no answer.

    ``usage`` is what the platform says of its tokens, which its cost follows from.
    """

    batch: str
    status: str
    created: datetime
    counts: Counts
    usage: dict[str, Any] | None = None


class Record(_Part):
    """What came of an input; ``input`` is its digest, ``output_bytes`` the size of the results.

    ``defect`` says why the lines are not the results of the input, where they are not.
    """

    format_version: int = FORMAT_VERSION
    input: str
    counts: Counts
    output_bytes: int = Field(ge=0)
    defect: str = ""
    attempts: tuple[Attempt, ...] = Field(min_length=1)

    @property
    def ids(self) -> tuple[str, ...]:
        """The batches, in the order in which they were created."""
        return tuple(each.batch for each in self.attempts)

    @property
    def tally(self) -> Tally:
        """The counts as they were when the results were read."""
        counts = self.counts
        return Tally(counts.total, counts.completed, counts.failed, defect_known=self.defect)

    @property
    def batches(self) -> tuple[Batch, ...]:
        """The batches as the platform showed them, without files."""
        return tuple(
            Batch(
                id=each.batch,
                input_file_id="",
                status=each.status,
                created_at=each.created.timestamp(),
            )
            for each in self.attempts
        )


@dataclass(frozen=True, slots=True)
class Memory:
    """The records of an output: of complete results, and of partial ones."""

    complete: Record | None = None
    partial: Record | None = None

    @property
    def records(self) -> tuple[Record, ...]:
        """Those there are, complete results first."""
        return tuple(each for each in (self.complete, self.partial) if each)

    @property
    def ids(self) -> tuple[str, ...]:
        """Every batch that a record names."""
        return tuple(name for record in self.records for name in record.ids)

    def of(self, ids: tuple[str, ...]) -> Record | None:
        """The record of just these batches."""
        return next((each for each in self.records if each.ids == ids), None)

    def with_forgotten(self, groups: Sequence[Generation]) -> list[Generation]:
        """These generations and those that only a record knows any more, newest first."""
        shown = {batch.id for group in groups for batch in group}
        forgotten = [each.batches for each in self.records if not shown & set(each.ids)]
        return sorted([*groups, *forgotten], key=lambda group: -group[0].created_at)


def make_record(sha256: str, batches: Sequence[Batch], count: Tally, output_bytes: int) -> Record:
    """The record of these batches, all ended, and of what their results hold."""
    return Record(
        input=f"sha256:{sha256}",
        counts=Counts(total=count.total, completed=count.answered, failed=count.failed),
        output_bytes=output_bytes,
        defect=count.defect,
        attempts=tuple(map(_attempt, batches)),
    )


def _attempt(batch: Batch) -> Attempt:
    counts = batch.counts
    return Attempt(
        batch=batch.id,
        status=batch.status,
        created=datetime.fromtimestamp(batch.created_at, UTC),
        counts=Counts(total=counts.total, completed=counts.completed, failed=counts.failed),
        usage=batch.usage,
    )


def write_record(path: str, record: Record) -> None:
    """Write it at once or not at all."""
    data = record.model_dump(mode="json", by_alias=True, exclude_none=True)
    write_whole(path, io.BytesIO(f"{json.dumps(data, indent=2)}\n".encode()))


def read_record(path: str, sha256: str) -> Record | None:
    """The record of this input; None where there is none, or a file that is not one."""
    try:
        with open(path, "rb") as stream:
            record = Record.model_validate_json(stream.read(LARGEST))
    except (OSError, ValidationError, ValueError):
        return None
    known = record.format_version == FORMAT_VERSION and record.input == f"sha256:{sha256}"
    return record if known else None
