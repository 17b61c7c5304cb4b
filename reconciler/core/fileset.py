"""A set of files as a value: paths, sizes and digests, and what differs between two of them."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True, slots=True, order=True)
class FileEntry:
    """One file: relative path with ``/`` in Unicode's form NFC, SHA-256 in hex, size in bytes.

    ``text`` is the digest of a text whatever its line ends (``TextDigest``), '' for other files.
    ``source`` is where the bytes lie, '' where only the file set knows.  Neither takes part in
    equality.
    """

    path: str
    sha256: str
    size: int
    text: str = field(default="", compare=False)
    source: str = field(default="", compare=False)


@dataclass(frozen=True)
class FileSet:
    """Files below one root, sorted by path; equal paths and contents are equal sets.

    ``form`` says how the bytes travel: ``tree`` (file by file), ``context`` (packed), ``blob``
    (one file as it is).  ``source`` tells the reader of the bytes where they lie; it takes no
    part in equality or digest, because the same files may lie anywhere.
    """

    entries: tuple[FileEntry, ...]
    form: str = field(default="tree", compare=False)
    source: str = field(default="", compare=False)

    @cached_property
    def digest(self) -> str:
        """``sha256:<hex>`` over every path and content, so that a rename changes it too."""
        total = hashlib.sha256()
        for entry in self.entries:
            # NUL cannot occur in a path, so no two sets can spell the same bytes.
            total.update(f"{entry.path}\0{entry.sha256}\n".encode())
        return f"sha256:{total.hexdigest()}"

    @cached_property
    def by_path(self) -> dict[str, FileEntry]:
        """Entries keyed by their path."""
        return {entry.path: entry for entry in self.entries}

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(entry.size for entry in self.entries)


def normal_path(path: str) -> str:
    """The path in Unicode's form NFC: macOS and some tools write one name in another form."""
    return unicodedata.normalize("NFC", path)


def file_set(entries: Iterable[FileEntry], form: str = "tree", source: str = "") -> FileSet:
    """The set of these entries, whatever order they came in."""
    return FileSet(tuple(sorted(entries)), form, source)


@dataclass(frozen=True, slots=True)
class FileDelta:
    """What must happen to ``old`` to become ``new``; every tuple is sorted by path.

    ``renamed`` pairs (from, to) have equal content; they are listed for the reader and are also
    a removal and an addition for the platform, which knows no rename.  ``line_ends`` are those of
    ``changed`` whose lines are the same.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    line_ends: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.renamed)


def file_delta(old: FileSet, new: FileSet) -> FileDelta:
    """The difference of two sets by path and content."""
    before, after = old.by_path, new.by_path
    gone = {path for path in before if path not in after}
    fresh = {path for path in after if path not in before}
    renamed = tuple(_renames(old, new, gone, fresh))
    both = [path for path in sorted(after) if path in before]
    changed = tuple(path for path in both if before[path].sha256 != after[path].sha256)
    return FileDelta(
        added=tuple(sorted(fresh - {to for _, to in renamed})),
        changed=changed,
        removed=tuple(sorted(gone - {origin for origin, _ in renamed})),
        renamed=renamed,
        line_ends=tuple(path for path in changed if before[path].text == after[path].text != ""),
    )


def _renames(
    old: FileSet, new: FileSet, gone: set[str], fresh: set[str]
) -> Iterable[tuple[str, str]]:
    waiting: dict[str, list[str]] = {}
    for entry in old.entries:
        if entry.path in gone:
            waiting.setdefault(entry.sha256, []).append(entry.path)
    for entry in new.entries:
        if entry.path in fresh and waiting.get(entry.sha256):
            yield waiting[entry.sha256].pop(0), entry.path
