"""A downloaded zip or tar as a file set; read member by member, never unpacked to disk."""

from __future__ import annotations

import hashlib
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath

from reconciler.core.fileset import FileEntry, FileSet, file_set
from reconciler.errors import ApiError

MOST_MEMBERS = 20_000
MOST_BYTES = 4 * 2**30
KEPT_TEXT = 64 * 2**10
"""Files up to this size are kept for line diffs, in bytes."""

DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    ValueError,  # offsets before the start, names that are no text
    RuntimeError,  # encrypted, or packed in a way that is not known
)


@dataclass(frozen=True, slots=True)
class Archive:
    """The files of an archive, and the bytes of the small ones."""

    files: FileSet
    small: dict[str, bytes]


def read_archive(content: bytes, form: str) -> Archive:
    """Hash every regular file; ApiError when it is no archive, or larger than we are ready for."""
    entries: dict[str, FileEntry] = {}
    small: dict[str, bytes] = {}
    total = 0
    with whole():
        for name, size, stream in members(content):
            total += size
            if len(entries) >= MOST_MEMBERS or total > MOST_BYTES:
                raise ApiError(
                    "a downloaded archive is larger than this tool unpacks",
                    f"At most {MOST_MEMBERS} files and {MOST_BYTES} bytes are compared.",
                )
            path = _relative(name)
            data = stream.read(size + 1)
            entries[path] = FileEntry(path, hashlib.sha256(data).hexdigest(), len(data))
            if len(data) <= KEPT_TEXT:
                small[path] = data
    return Archive(file_set(entries.values(), form), small)


@contextmanager
def whole() -> Iterator[None]:
    """ApiError for whatever the standard library says of a damaged archive."""
    try:
        yield
    except DAMAGED as error:
        raise ApiError(
            f"a downloaded archive cannot be read ({error})",
            "Try again; if it stays so, the platform holds a damaged file.",
        ) from error


def members(content: bytes) -> Iterator[tuple[str, int, io.BufferedIOBase]]:
    """Name, declared size and bytes of every regular file, in the archive's order."""
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for info in packed.infolist():
                if not info.is_dir():
                    with packed.open(info) as stream:
                        yield info.filename, info.file_size, stream  # type: ignore[misc]
        return
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:*") as packed_tar:
        for member in packed_tar:
            body = packed_tar.extractfile(member) if member.isfile() else None
            if body is not None:
                yield member.name, member.size, body  # type: ignore[misc]


def _relative(name: str) -> str:
    return str(PurePosixPath(name.replace("\\", "/")))
