"""The bytes of a file set: one file as a stream, or a whole context packed the same on any clone.

What is read is held against the digests of the file set, so that nothing is sent that was not
hashed when the manifests were loaded.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import tarfile
from pathlib import Path
from typing import IO, BinaryIO, Final, cast

from reconciler.core.fileset import FileEntry, FileSet, file_set
from reconciler.desired.archive import read_archive
from reconciler.desired.path_problem import InputError
from reconciler.errors import ManifestError, Problem
from reconciler.regular_file import open_regular, reason

MODE: Final = 0o755
"""One mode for every file: a clone may lose the executable bit that an entry point needs."""


def open_entry(files: FileSet, path: str) -> BinaryIO:
    """One file of a folder or a blob, as a stream of exactly the bytes that were hashed.

    Raises ``ManifestError`` here, or from ``read``, when the file is not what it was.
    """
    entry = files.by_path[path]
    beside = files.source if files.form == "blob" else os.path.join(files.source, path)
    source = entry.source or beside
    try:
        return cast(BinaryIO, _Verified(open_regular(source), entry, source))
    except OSError as error:
        raise _changed(source, reason(error)) from error


def pack_context(files: FileSet, target: IO[bytes]) -> None:
    """Write the file set as a ``.tar.gz``: no times, owners or modes of this machine in it.

    A context that was given as an archive is copied as it is.  Raises ``ManifestError`` when a
    file is not what it was.
    """
    if os.path.isdir(files.source):
        _pack_folder(files, target)
    else:
        _copy_archive(files, target)


def _pack_folder(files: FileSet, target: IO[bytes]) -> None:
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=target, mtime=0, compresslevel=6) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for entry in files.entries:
            member = tarfile.TarInfo(entry.path)
            member.size, member.mode = entry.size, MODE
            with open_entry(files, entry.path) as content:
                archive.addfile(member, content)


def _copy_archive(files: FileSet, target: IO[bytes]) -> None:
    path = Path(files.source)
    try:
        if file_set(read_archive(path)) != files:
            raise _changed(files.source, "its members differ")
        with open_regular(path) as content:
            shutil.copyfileobj(content, target)
    except InputError as error:
        raise _changed(files.source, str(error)) from error


def _changed(path: str, why: str) -> ManifestError:
    message = f"{os.path.basename(path)!r} changed while the run went on: {why}"
    hint = "Run again when the files are at rest."
    return ManifestError([Problem("changed-while-read", message, hint, file=path)])


class _Verified(io.RawIOBase):
    """Passes bytes on and raises before the last of them if they are not those of the entry."""

    def __init__(self, stream: IO[bytes], entry: FileEntry, source: str) -> None:
        self._stream = stream
        self._entry = entry
        self._source = source
        self._digest = hashlib.sha256()
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer))
        try:
            chunk = self._stream.read(len(view))
        except OSError as error:
            raise _changed(self._source, reason(error)) from error
        self._digest.update(chunk)
        self._size += len(chunk)
        short = not chunk and len(view) > 0 and self._size < self._entry.size
        if short or self._size > self._entry.size:
            raise _changed(self._source, "its size differs")
        if self._size == self._entry.size and self._digest.hexdigest() != self._entry.sha256:
            raise _changed(self._source, "its content differs")
        view[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._stream.close()
        super().close()
