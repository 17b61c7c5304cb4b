"""Files as entries of a file set: read once, hashed, and refused for what their first bytes are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from io import BufferedReader
from typing import Final

from reconciler.core.fileset import FileEntry
from reconciler.core.text_digest import TextDigest
from reconciler.desired.file_check import content_problem
from reconciler.desired.folder import FoundFile, unreadable
from reconciler.desired.path_problem import InputError, PathProblem
from reconciler.desired.secret_file import HEAD_BYTES
from reconciler.regular_file import open_regular

CHUNK: Final = 2**20


def hash_file(file: FoundFile) -> FileEntry:
    """The entry of one file, read as a stream.

    Raises ``InputError``, also for a file whose name or content says that it may not be sent.
    """
    try:
        with open_regular(file.real) as stream:
            head = stream.read(HEAD_BYTES)
            problem = content_problem(file.path, head, named=file.named)
            if problem:
                raise InputError(problem)
            return _hashed(file, head, stream)
    except OSError as error:
        raise InputError(unreadable(file.path, error)) from error


def _hashed(file: FoundFile, head: bytes, stream: BufferedReader) -> FileEntry:
    digest, text, size, chunk = hashlib.sha256(), TextDigest(), 0, head
    while chunk:
        digest.update(chunk)
        text.update(chunk)
        size += len(chunk)
        chunk = stream.read(CHUNK)
    return FileEntry(file.path, digest.hexdigest(), size, text.hexdigest(), str(file.real))


def hash_files(found: Iterable[FoundFile]) -> list[FileEntry]:
    """The entries of a folder's files.  Raises ``InputError`` with the problems of all of them."""
    entries: list[FileEntry] = []
    problems: list[PathProblem] = []
    for file in found:
        try:
            entries.append(hash_file(file))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(*problems)
    return entries
