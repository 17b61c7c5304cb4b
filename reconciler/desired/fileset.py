"""The files that a manifest names, as file sets; no path leaves the project's folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from reconciler.core.fileset import FileSet, file_set
from reconciler.core.kind import FileRole
from reconciler.desired.archive import is_archive, read_archive
from reconciler.desired.discover import Source
from reconciler.desired.file_hash import hash_file, hash_files
from reconciler.desired.folder import FoundFile, Selection, find_files
from reconciler.desired.path_problem import InputError, PathProblem
from reconciler.desired.project_path import bad_path, locate
from reconciler.desired.tracked import Checkout, Checkouts

SHOWN: Final = 3
"""So many names of files are shown in one message."""


@dataclass(frozen=True, slots=True)
class ReadFiles:
    """A file set, and what the author should know of it."""

    files: FileSet
    warnings: tuple[PathProblem, ...] = ()


@dataclass(slots=True)
class FileReader:
    """Reads the file sets of one load; git lists the files of a checkout once for all of them."""

    _checkouts: dict[Path, Checkouts] = field(default_factory=dict)

    def read(self, value: Any, role: FileRole, manifest: Source) -> ReadFiles:
        """The files that a spec value names.  Raises ``InputError``.

        ``value`` is the mapping ``{root, include, exclude, gitIgnored}`` of a tree, else one path.
        """
        try:
            return self._read(value, role, manifest)
        except InputError as error:
            raise InputError(*_placed(error.problems, role)) from error

    def _read(self, value: Any, role: FileRole, manifest: Source) -> ReadFiles:
        text = path_of(value, role) or ""
        path = locate(text, manifest, new=role.form == "output")
        if role.form == "output":
            if path.is_dir():
                raise bad_path(text, "is a folder")
            return ReadFiles(file_set((), "output", str(path)))
        if role.form == "blob":
            file = FoundFile(path.name, path, named=True)
            return ReadFiles(file_set([hash_file(file)], "blob", str(path)))
        if path.is_dir():
            return self._read_folder(path, value, role, manifest)
        if role.form == "context" and is_archive(path):
            return ReadFiles(file_set(read_archive(path), "context", str(path)))
        archives = ", a .tar.gz, .tgz or .zip" if role.form == "context" else ""
        raise bad_path(text, f"is not a folder{archives}")

    def _read_folder(self, path: Path, value: Any, role: FileRole, manifest: Source) -> ReadFiles:
        checkouts = self._checkouts.setdefault(manifest.root, Checkouts(manifest.root))
        found = find_files(path, _selection(value, role, manifest, checkouts))
        files = file_set(hash_files(found), role.form, str(path))
        warnings = _git_warnings(found, checkouts.at(path))
        return ReadFiles(files, tuple(_placed(warnings, role)))


def _placed(problems: Iterable[PathProblem], role: FileRole) -> Iterator[PathProblem]:
    """What is said of the folder itself belongs to the key that names it."""
    for problem in problems:
        yield problem if problem.keys or role.form != "tree" else problem.under("root")


def _git_warnings(found: Iterable[FoundFile], checkout: Checkout | None) -> Iterator[PathProblem]:
    untracked = [file.path for file in found if file.untracked]
    if untracked:
        names = ", ".join(map(repr, untracked[:SHOWN]))
        more = f" and {len(untracked) - SHOWN} more" if len(untracked) > SHOWN else ""
        message = f"git does not track files that are sent: {names}{more}"
        hint = "Run `git add`, or leave them out with `exclude` or .reconcilerignore."
        yield PathProblem("untracked-file", message, hint, warning=True)
    if checkout and checkout.error:
        message = f"git cannot list the files here, so that ignored ones count: {checkout.error}"
        yield PathProblem("git-unreadable", message, warning=True)


def path_of(value: Any, role: FileRole) -> str | None:
    """The path inside a file role's value, if it has the right shape."""
    text = value.get("root") if role.form == "tree" and isinstance(value, Mapping) else value
    return text if isinstance(text, str) else None


def _selection(value: Any, role: FileRole, manifest: Source, checkouts: Checkouts) -> Selection:
    # A manifest beside the files it names is no part of them: its changes make no version.
    common = Selection(limit=role.limit, without=manifest.real, checkouts=checkouts)
    if role.form != "tree":
        return replace(common, docker=True)
    return replace(
        common,
        include=value.get("include"),
        exclude=value.get("exclude", ()),
        git_ignored=value.get("gitIgnored") == "include",
    )
