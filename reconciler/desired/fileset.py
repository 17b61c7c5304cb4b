"""The files that a manifest names, as file sets; no path leaves the project's folder."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path, PureWindowsPath
from typing import Any

from reconciler.core.fileset import FileEntry, FileSet, file_set
from reconciler.core.kind import FileRole
from reconciler.desired.archive import is_archive, read_archive
from reconciler.desired.discover import Source
from reconciler.desired.folder import Selection, find_files, unreadable
from reconciler.desired.path_problem import InputError, PathProblem
from reconciler.desired.regular_file import open_regular, strange


def read_file_set(value: Any, role: FileRole, manifest: Source) -> FileSet:
    """The files that a spec value names.  Raises ``InputError``.

    ``value`` is the mapping ``{root, include, exclude}`` of a tree, else one path.
    """
    try:
        return _read(value, role, manifest)
    except InputError as error:
        if role.form != "tree":
            raise
        # What is wrong with the folder itself belongs to the key that names it.
        placed = (each if each.keys else each.under("root") for each in error.problems)
        raise InputError(*placed) from error


def path_of(value: Any, role: FileRole) -> str | None:
    """The path inside a file role's value, if it has the right shape."""
    text = value.get("root") if role.form == "tree" and isinstance(value, Mapping) else value
    return text if isinstance(text, str) else None


def locate(text: str, manifest: Source, *, new: bool = False) -> Path:
    """The real path that a manifest means by ``text``; it must be there unless it may be ``new``.

    Raises ``InputError``.
    """
    if not text or strange(text) or "\\" in text:
        raise _bad(text, "is empty or has characters that no path here may have")
    if os.path.isabs(text) or PureWindowsPath(text).drive or text.startswith("~"):
        raise _bad(text, "is absolute", "Paths start at the manifest's own folder.")
    plain = Path(os.path.normpath(manifest.folder / text))
    try:
        real = plain.resolve(strict=not new)
    except (OSError, RuntimeError) as error:
        if not plain.is_relative_to(manifest.root):
            raise _outside(text) from error
        raise _bad(text, "does not exist", code="no-such-file") from error
    if not plain.is_relative_to(manifest.root) or not real.is_relative_to(manifest.root):
        raise _outside(text)
    if ".git" in real.relative_to(manifest.root).parts:
        # A checkout keeps its credentials there.
        raise _bad(text, "lies in .git")
    return real


def hash_file(path: Path, name: str) -> FileEntry:
    """The entry of one file, read as a stream.  Raises ``InputError``."""
    try:
        with open_regular(path) as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            return FileEntry(name, digest, stream.tell())
    except OSError as error:
        raise InputError(unreadable(name, error)) from error


def _read(value: Any, role: FileRole, manifest: Source) -> FileSet:
    text = path_of(value, role) or ""
    path = locate(text, manifest, new=role.form == "output")
    if role.form == "output":
        if path.is_dir():
            raise _bad(text, "is a folder")
        return file_set((), "output", str(path))
    if role.form == "blob":
        return file_set([hash_file(path, path.name)], "blob", str(path))
    if path.is_dir():
        files = find_files(path, _selection(value, role, manifest))
        return file_set((hash_file(real, name) for name, real in files), role.form, str(path))
    if role.form == "context" and is_archive(path):
        return file_set(read_archive(path), "context", str(path))
    archives = ", a .tar.gz, .tgz or .zip" if role.form == "context" else ""
    raise _bad(text, f"is not a folder{archives}")


def _selection(value: Any, role: FileRole, manifest: Source) -> Selection:
    # A manifest beside the files it names is no part of them: its changes make no version.
    if role.form != "tree":
        return Selection(limit=role.limit, without=manifest.real)
    return Selection(value.get("include"), value.get("exclude", ()), role.limit, manifest.real)


def _bad(text: str, what: str, hint: str = "", code: str = "bad-path") -> InputError:
    return InputError(PathProblem(code, f"path {text[:100]!r} {what}", hint))


def _outside(text: str) -> InputError:
    hint = "Files must lie in the project directory (--project-dir)."
    return _bad(text, "leads out of the project directory", hint)
