"""The files that a manifest names, as file sets; no path leaves the project's folder."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final

from reconciler.core.fileset import FileSet, file_set, normal_path
from reconciler.core.kind import FileRole
from reconciler.core.resource import SpecPart
from reconciler.desired.archive import is_archive, read_archive
from reconciler.desired.discover import Source
from reconciler.desired.file_check import name_problem
from reconciler.desired.file_hash import hash_file, hash_files
from reconciler.desired.folder import FoundFile, Selection, check_count, find_files
from reconciler.desired.path_problem import InputError, Keys, PathProblem
from reconciler.desired.project_path import bad_path, locate
from reconciler.desired.tracked import Checkout, Checkouts, safe_git

SHOWN: Final = 3
"""So many names of files are shown in one message."""


@dataclass(frozen=True, slots=True)
class ReadFiles:
    """A file set, and what the author should know of it."""

    files: FileSet
    warnings: tuple[PathProblem, ...] = ()

    def under(self, *keys: str | int) -> ReadFiles:
        """The same files with these keys in front of the places of the warnings."""
        return ReadFiles(self.files, tuple(each.under(*keys) for each in self.warnings))


@dataclass(slots=True)
class FileReader:
    """Reads the file sets of one load; git lists the files of a checkout once for all of them.

    ``environment`` is that of the process, in which git is found.
    """

    environment: Mapping[str, str]
    _checkouts: dict[Path, Checkouts] = field(default_factory=dict)

    def read(self, value: Any, role: FileRole, manifest: Source) -> ReadFiles:
        """The files that a spec value names.  Raises ``InputError``.

        ``value`` is a mapping ``{root, under, include, exclude, gitIgnored}`` of a tree or a list
        of such mappings, else one path.
        """
        if role.form == "tree":
            return self._read_tree(value, role, manifest)
        text = paths_of(value, role)[0]
        path = locate(text, manifest, new=role.form == "output")
        if role.form == "output":
            if path.is_dir():
                raise bad_path(text, "is a folder")
            return ReadFiles(file_set((), "output", str(path)))
        if role.form == "blob":
            file = FoundFile(path.name, path, named=True)
            return ReadFiles(file_set([hash_file(file)], "blob", str(path)))
        if is_archive(path) and not path.is_dir():
            return ReadFiles(file_set(read_archive(path), "context", str(path)))
        return self._read_folder(text, Selection(role.limit, docker=True), manifest)

    def _read_tree(self, value: Any, role: FileRole, manifest: Source) -> ReadFiles:
        parts: list[ReadFiles] = []
        problems: list[PathProblem] = []
        for keys, each in _mappings(value):
            try:
                parts.append(self._read_part(each, role, manifest).under(*keys))
            except InputError as error:
                problems += [problem.under(*keys) for problem in error.problems]
        if problems:
            raise InputError(*problems)
        return joined(parts, role)

    def _read_part(self, value: SpecPart, role: FileRole, manifest: Source) -> ReadFiles:
        selection = Selection(
            role.limit,
            include=value.get("include"),
            exclude=value.get("exclude", ()),
            git_ignored=value.get("gitIgnored") == "include",
        )
        under = folder_of_version(value.get("under", "."))
        try:
            read = self._read_folder(value["root"], selection, manifest)
        except InputError as error:
            raise InputError(*_placed(error.problems)) from error
        entries = [replace(each, path=f"{under}{each.path}") for each in read.files.entries]
        files = replace(read.files, entries=tuple(entries))
        return ReadFiles(files, tuple(_placed(read.warnings)))

    def _read_folder(self, text: str, selection: Selection, manifest: Source) -> ReadFiles:
        path = locate(text, manifest)
        form = "context" if selection.docker else "tree"
        if not path.is_dir():
            archives = ", a .tar.gz, .tgz or .zip" if selection.docker else ""
            raise bad_path(text, f"is not a folder{archives}")
        git = safe_git(self.environment)
        checkouts = self._checkouts.setdefault(manifest.root, Checkouts(manifest.root, git))
        # A manifest beside the files it names is not part of them: its changes make no version.
        found = find_files(path, replace(selection, without=manifest.real, checkouts=checkouts))
        files = file_set(hash_files(found), form, str(path))
        return ReadFiles(files, tuple(_git_warnings(found, checkouts.at(path))))


def _mappings(value: Any) -> Iterator[tuple[Keys, SpecPart]]:
    """Each mapping of a tree's value, and the keys that lead to it."""
    if isinstance(value, list):
        yield from (((index,), each) for index, each in enumerate(value))
    else:
        yield (), value


def folder_of_version(under: str) -> str:
    """The start of the paths of files that lie ``under`` a folder of the version, '' for its root.

    Raises ``InputError``.
    """
    path = posixpath.normpath(normal_path(under))
    if name_problem(path) or path.startswith(("/", "~")) or PureWindowsPath(path).drive:
        error = bad_path(under, "is not a folder of a version", "Write it like common/.")
    elif path.partition("/")[0] == "..":
        error = bad_path(under, "leads out of the version")
    else:
        return "" if path == "." else f"{path}/"
    raise InputError(*(each.under("under") for each in error.problems))


def joined(parts: Sequence[ReadFiles], role: FileRole) -> ReadFiles:
    """The files of all parts as one set.  Raises ``InputError`` where two bring the same path."""
    owners: dict[str, int] = {}
    problems: list[PathProblem] = []
    for index, part in enumerate(parts):
        for path in part.files.by_path:
            if owners.setdefault(path, index) != index:
                problems.append(_shared(path, owners[path], index))
    for path, index in owners.items():
        above = (parent.as_posix() for parent in PurePosixPath(path).parents)
        # A path cannot be a file and a folder at once.
        problems += [_shared(each, owners[each], index) for each in above if each in owners]
    if problems:
        raise InputError(*problems)
    check_count(owners, role.limit)
    entries = [entry for part in parts for entry in part.files.entries]
    warnings = tuple(warning for part in parts for warning in part.warnings)
    return ReadFiles(file_set(entries, role.form, parts[0].files.source), warnings)


def _shared(path: str, first: int, second: int) -> PathProblem:
    low, high = sorted((first, second))
    hint = "Give one of them another `under`, or leave the file out with `exclude`."
    return PathProblem(
        "same-path", f"files[{low}] and files[{high}] both bring {path!r}", hint, (high,)
    )


def _placed(problems: Iterable[PathProblem]) -> Iterator[PathProblem]:
    """What is said of the folder itself belongs to the key that names it."""
    for problem in problems:
        yield problem if problem.keys else problem.under("root")


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


def paths_of(value: Any, role: FileRole) -> list[str]:
    """The paths inside a file role's value, as far as it has the right shape."""
    if role.form == "tree":
        parts = [each for _, each in _mappings(value) if isinstance(each, Mapping)]
        value = [each.get("root") for each in parts]
    else:
        value = [value]
    return [each for each in value if isinstance(each, str)]
