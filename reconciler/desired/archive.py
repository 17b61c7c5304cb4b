"""A Docker context given as an archive: its members as file entries, within limits."""

from __future__ import annotations

import hashlib
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Final

from reconciler.core.fileset import FileEntry, normal_path
from reconciler.core.text_digest import TextDigest
from reconciler.desired.folder import unreadable
from reconciler.desired.path_problem import InputError, PathProblem
from reconciler.regular_file import open_regular, strange

ZIP, TAR = (".zip",), (".tar.gz", ".tgz")
MAX_MEMBERS: Final = 50_000
MAX_RATIO, ALLOWANCE = 100, 32 * 2**20
"""An archive may unpack to this many times its size, and to this much in any case."""

_BROKEN: Final = (
    tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError,
    RuntimeError, ValueError,
)  # fmt: skip


def is_archive(path: Path) -> bool:
    """Whether the name is that of an archive we can look into."""
    return path.name.lower().endswith(ZIP + TAR)


def read_archive(path: Path) -> list[FileEntry]:
    """Every file in the archive.  Raises ``InputError``."""
    try:
        with open_regular(path) as stream:
            return _Inventory(path.stat().st_size).take(_members(path, stream))
    except OSError as error:
        raise InputError(unreadable(path.name, error)) from error
    except _BROKEN as error:
        message = f"{path.name!r} is damaged or not of the type its name says"
        raise InputError(PathProblem("bad-archive", message)) from error


def _members(path: Path, stream: IO[bytes]) -> Iterator[tuple[str, bool, IO[bytes] | None]]:
    if path.name.lower().endswith(ZIP):
        yield from _zip_members(stream)
    else:
        yield from _tar_members(stream)


def _tar_members(stream: IO[bytes]) -> Iterator[tuple[str, bool, IO[bytes] | None]]:
    # "r|gz" reads forward only, so that no header can send us round in circles.
    with tarfile.open(fileobj=stream, mode="r|gz") as archive:
        for member in archive:
            if not member.isdir():
                content = archive.extractfile(member) if member.isreg() else None
                yield member.name, member.isreg(), content


def _zip_members(stream: IO[bytes]) -> Iterator[tuple[str, bool, IO[bytes] | None]]:
    with zipfile.ZipFile(stream) as archive:
        for member in archive.infolist():
            kind = member.external_attr >> 16 & 0o170000
            if kind not in (0, 0o100000, 0o040000):
                yield member.filename, False, None
            elif not member.is_dir():
                with archive.open(member) as content:
                    yield member.filename, True, content


class _Inventory:
    """Counts and hashes members one after the other."""

    def __init__(self, packed: int) -> None:
        self._left = ALLOWANCE + MAX_RATIO * packed
        self._entries: dict[str, FileEntry] = {}

    def take(self, members: Iterator[tuple[str, bool, IO[bytes] | None]]) -> list[FileEntry]:
        for raw, regular, content in members:
            name = _safe(raw)
            if not regular or content is None:
                hint = "Pack plain files and folders only."
                message = f"the archive holds a link or a device: {raw!r}"
                raise InputError(PathProblem("bad-archive", message, hint))
            if name in self._entries or len(self._entries) >= MAX_MEMBERS:
                message = f"the archive holds {raw!r} twice, or more than {MAX_MEMBERS} files"
                raise InputError(PathProblem("bad-archive", message))
            self._entries[name] = self._hash(name, content)
        if not self._entries:
            raise InputError(PathProblem("no-files", "the archive holds no file"))
        return list(self._entries.values())

    def _hash(self, name: str, content: IO[bytes]) -> FileEntry:
        digest, text, size = hashlib.sha256(), TextDigest(), 0
        while chunk := content.read(2**18):
            digest.update(chunk)
            text.update(chunk)
            size += len(chunk)
            if size > self._left:
                message = f"the archive unpacks to more than {MAX_RATIO} times its size"
                raise InputError(PathProblem("bad-archive", message))
        self._left -= size
        return FileEntry(name, digest.hexdigest(), size, text.hexdigest())


def _safe(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or strange(name):
        raise InputError(PathProblem("bad-archive", f"the archive holds an unsafe path: {name!r}"))
    return normal_path(path.as_posix())
