"""A downloaded zip or tar as a file set; read member by member, never unpacked to disk."""

from __future__ import annotations

import hashlib
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, BinaryIO

from reconciler.core.fileset import FileEntry, FileSet, file_set, normal_path
from reconciler.core.text_digest import TextDigest
from reconciler.errors import ApiError

MOST_MEMBERS = 20_000
MOST_BYTES = 4 * 2**30
CHUNK = 2**20
KEPT_TEXT = 64 * 2**10
"""Files up to this size are kept for line diffs, in bytes; one chunk holds them."""

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


def read_archive(content: BinaryIO, form: str) -> Archive:
    """Hash every regular file; ApiError when it is not an archive, or larger than the limits."""
    entries: dict[str, FileEntry] = {}
    small: dict[str, bytes] = {}
    with whole():
        for name, chunks in members(content):
            path, digest, size, start = _path(name, entries), hashlib.sha256(), 0, b""
            text = TextDigest()
            for chunk in chunks:
                digest.update(chunk)
                text.update(chunk)
                start = start or chunk
                size += len(chunk)
            entries[path] = FileEntry(path, digest.hexdigest(), size, text.hexdigest())
            if size <= KEPT_TEXT:
                small[path] = start
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


def members(
    content: BinaryIO, most_bytes: int = MOST_BYTES
) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Name and bytes of every regular file, in the archive's order; each file is read at its turn.

    ApiError once it is larger than we are ready for, whatever sizes it declares.
    """
    left = most_bytes
    for count, (name, stream) in enumerate(_streams(content), start=1):
        if count > MOST_MEMBERS:
            raise _too_large()

        def chunks(stream: IO[bytes] = stream) -> Iterator[bytes]:
            nonlocal left
            while chunk := stream.read(CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise _too_large()
                yield chunk

        yield name, chunks()


def _too_large() -> ApiError:
    return ApiError(
        "a downloaded archive is larger than this tool unpacks",
        f"At most {MOST_MEMBERS} files and {MOST_BYTES} bytes are taken.",
    )


def _streams(content: BinaryIO) -> Iterator[tuple[str, IO[bytes]]]:
    if zipfile.is_zipfile(content):
        with zipfile.ZipFile(content) as packed:
            for info in packed.infolist():
                if not info.is_dir():
                    with packed.open(info) as stream:
                        yield info.filename, stream
        return
    content.seek(0)
    with tarfile.open(fileobj=content, mode="r:*") as packed_tar:
        for member in packed_tar:
            body = packed_tar.extractfile(member) if member.isfile() else None
            if body is not None:
                yield member.name, body


def _path(name: str, taken: Container[str]) -> str:
    """The path in the form of our own file sets; a second file of that form keeps its own."""
    path = _relative(name)
    return path if normal_path(path) in taken else normal_path(path)


def _relative(name: str) -> str:
    return str(PurePosixPath(name.replace("\\", "/")))
