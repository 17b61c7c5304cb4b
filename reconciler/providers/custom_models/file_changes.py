"""Two file sets as fields of a plan: one line a file, with the diff of a text file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.core.fileset import FileEntry, FileSet, file_delta, file_set
from reconciler.core.step import FieldChange


def file_changes(
    path: str, old: FileSet | None, new: FileSet, diffs: Mapping[str, tuple[str, ...]]
) -> tuple[FieldChange, ...]:
    """Every file that is added, changed, removed or renamed, sorted by its path."""
    before = old or file_set(())
    changes = _changes(path, before, new, diffs)
    return tuple(sorted(changes, key=lambda change: change.path))


def _changes(
    path: str, old: FileSet, new: FileSet, diffs: Mapping[str, tuple[str, ...]]
) -> Iterator[FieldChange]:
    delta = file_delta(old, new)
    for name in delta.added:
        yield FieldChange(f"{path}/{name}", None, _told(new.by_path[name]), "file added")
    for name in delta.changed:
        before, after = old.by_path[name], new.by_path[name]
        same_lines = name in delta.line_ends
        yield FieldChange(
            f"{path}/{name}",
            _told(before) + (_line_ends(before, after) if same_lines else ""),
            _told(after) + (_line_ends(after, before) if same_lines else ""),
            "only line ends changed" if same_lines else "file changed",
            diffs.get(f"{path}/{name}", ()),
        )
    for name in delta.removed:
        yield FieldChange(f"{path}/{name}", _told(old.by_path[name]), None, "file removed")
    for origin, name in delta.renamed:
        yield FieldChange(f"{path}/{name}", origin, name, f"file renamed from {origin}")


def _line_ends(entry: FileEntry, other: FileEntry) -> str:
    # Each CRLF is one byte more than an LF.
    return ", LF" if entry.size < other.size else ", CRLF" if entry.size > other.size else ""


def _told(entry: FileEntry) -> str:
    return f"sha256:{entry.sha256[:12]} {entry.size} B"
