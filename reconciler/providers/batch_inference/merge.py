"""The results of several attempts at one input as those of one batch, by ``custom_id``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import BinaryIO

from reconciler.providers.batch_inference.result_files import ResultFiles
from reconciler.providers.batch_inference.result_lines import (
    answered_names,
    name_of,
    records,
    refusal,
)


@contextmanager
def merged(attempts: Sequence[ResultFiles]) -> Iterator[ResultFiles]:
    """One output with each answer once, and one error file with what has none at last.

    The files of a single attempt are left as they are.
    """
    if len(attempts) == 1:
        yield attempts[0]
        return
    with TemporaryFile() as output, TemporaryFile() as errors:
        answered: set[str] = set()
        for files in attempts:
            answered |= _copy_answers(files, answered, output)
        _copy_refusals(attempts, answered, errors)
        yield ResultFiles(output if output.tell() else None, errors if errors.tell() else None)


def _copy_answers(files: ResultFiles, before: set[str], into: BinaryIO) -> set[str]:
    """Copy the lines with a good answer that no attempt before gave; their custom_ids."""
    found: set[str] = set()
    for line, name, good in _lines(files):
        if good and name not in before and name not in found:
            into.write(line)
            found.add(name)
    return found


def _copy_refusals(attempts: Sequence[ResultFiles], answered: set[str], into: BinaryIO) -> None:
    """Copy the newest refusal of each request without an answer."""
    seen = set(answered)
    for files in reversed(attempts):
        for line, name, good in _lines(files):
            if not good and name not in seen:
                into.write(line)
                seen.add(name)


def _lines(files: ResultFiles) -> Iterator[tuple[bytes, str, bool]]:
    """Each line with its custom_id, and whether it is a good answer."""
    for file in files.present:
        for line in file:
            for record in records((line,)):
                if record is not None:
                    yield line.rstrip(b"\r\n") + b"\n", name_of(record), not refusal(record)


def unanswered(source: Iterable[bytes], attempts: Sequence[ResultFiles], into: BinaryIO) -> None:
    """Copy the requests of an input that no attempt has answered, in their order."""
    answered = {name for files in attempts for name in answered_names(files.present)}
    for line in source:
        for record in records((line,)):
            if record is not None and name_of(record) not in answered:
                into.write(line.rstrip(b"\r\n") + b"\n")
