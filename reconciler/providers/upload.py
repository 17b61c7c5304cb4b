"""The bytes of uploads: opened late, one at a time, and packed the same way on every clone."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast

from reconciler.core.fileset import FileSet
from reconciler.core.resource import Resource
from reconciler.core.step import Upload
from reconciler.desired.pack import open_entry, pack_context
from reconciler.errors import StalePlanError
from reconciler.providers.archive import KEPT_TEXT


class LateFile(io.RawIOBase):
    """A file that is opened by the first read and closed by the last.

    A form of a hundred files would otherwise hold a hundred descriptors while it waits its turn.
    """

    def __init__(self, opener: Callable[[], BinaryIO], size: int) -> None:
        self._opener = opener
        self._size = size
        self._stream: BinaryIO | None = None

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Only to tell the length, and back to the start."""
        return True

    def tell(self) -> int:
        """The start; nothing asks in between."""
        return 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Back to the start, or the size for a seek to the end."""
        if whence == os.SEEK_END:
            return self._size
        self._release()
        return offset

    def read(self, size: int = -1) -> bytes:
        """The next bytes; b'' at the end."""
        if self._stream is None:
            self._stream = self._opener()
        data = self._stream.read(size)
        if not data:
            self._release()
        return data

    def close(self) -> None:
        """Close the file under it, if it is open."""
        self._release()
        super().close()

    def _release(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None


@dataclass(frozen=True, slots=True)
class Sent:
    """One file of a form: its field, its name there, and how to open it for every attempt."""

    field: str
    filename: str
    open: Callable[[], BinaryIO]


@contextmanager
def readers(uploads: Sequence[Upload], resource: Resource | None) -> Iterator[list[Sent]]:
    """The files to send with a call; a packed context lives as long as the block.

    Raises StalePlanError when a file is not what the plan saw.
    """
    with tempfile.TemporaryDirectory(prefix="reconciler-") as scratch:
        yield [_sent(upload, _files(upload, resource), scratch) for upload in uploads]


def _files(upload: Upload, resource: Resource | None) -> FileSet:
    files = resource.files.get(upload.source) if resource else None
    whole = files is not None and upload.path == ""
    found = files.digest if files and whole else ""
    if files and not whole and upload.path in files.by_path:
        found = files.by_path[upload.path].sha256
    if files is None or found != upload.sha256:
        raise StalePlanError(
            f"{upload.source} {upload.path} is not what the plan was made from".replace("  ", " "),
            "Make the plan again.",
        )
    return files


def _sent(upload: Upload, files: FileSet, scratch: str) -> Sent:
    if upload.path or files.form == "blob":
        path = upload.path or files.entries[0].path
        named = upload.filename or upload.path.rpartition("/")[2]
        name = named or os.path.basename(files.source)
        return Sent(upload.field, name, lambda: cast(BinaryIO, _late(files, path)))
    name = "context.tar.gz" if os.path.isdir(files.source) else os.path.basename(files.source)
    packed = os.path.join(scratch, name)
    with open(packed, "wb") as target:
        pack_context(files, target)
    return Sent(upload.field, name, lambda: open(packed, "rb"))


def _late(files: FileSet, path: str) -> LateFile:
    return LateFile(lambda: open_entry(files, path), files.by_path[path].size)


def text_of(files: FileSet, path: str) -> bytes | None:
    """A small file's bytes, for a line diff; None when it is large."""
    if files.by_path[path].size > KEPT_TEXT or not os.path.isdir(files.source):
        return None
    with open_entry(files, path) as stream:
        return stream.read()
