"""The files of a folder: what is ignored left out, links kept inside, only ignore files opened."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.core.fileset import normal_path
from reconciler.desired.dockerignore import DockerIgnore, read_dockerignore
from reconciler.desired.file_check import name_problem, submodule_problem
from reconciler.desired.ignore import (
    IGNORE_FILE,
    Patterns,
    Rules,
    compile_ignore_file,
    compile_patterns,
    never_counts,
)
from reconciler.desired.ignore_file import read_ignore_file
from reconciler.desired.path_problem import InputError, PathProblem
from reconciler.desired.tracked import Checkouts, State
from reconciler.regular_file import reason

MAX_VISITED, LINK_WEIGHT = 50_000, 50
"""A followed link counts for many: folders that link to each other multiply."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which files of a folder are wanted; ``without`` is one file that never is.

    What git ignores is left out unless ``git_ignored``; without ``checkouts`` git is not asked.
    ``docker``: the folder is a Docker context, and its ``.dockerignore`` counts too.
    """

    limit: int = 0
    include: Sequence[str] | None = None
    exclude: Sequence[str] = ()
    without: Path | None = None
    checkouts: Checkouts | None = None
    git_ignored: bool = False
    docker: bool = False


@dataclass(frozen=True, slots=True, order=True)
class FoundFile:
    """A selected file: its path below the folder and its real path.

    ``named`` says that a pattern without wildcards means this very file.
    """

    path: str
    real: Path
    named: bool = False
    untracked: bool = False


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder to visit; ``links`` are the real folders whose links were followed to get here."""

    path: str
    real: Path
    rules: Rules
    links: tuple[Path, ...] = ()


def find_files(root: Path, selection: Selection) -> list[FoundFile]:
    """Every selected file, sorted by path; ``root`` is a real path.

    Raises ``InputError``, also for no file at all and for more than the limit.
    """
    walk = _Walk(root, selection)
    walk.run()
    if walk.problems:
        raise InputError(*walk.problems)
    if walk.ignored_by_git and not walk.files:
        hint = "Track the files, or write `gitIgnored: include` beside `root` to send them."
        raise InputError(PathProblem("no-files", "git ignores every file that is left", hint))
    walk.check_includes()
    check_count([file.path for file in walk.files], selection.limit)
    return sorted(walk.files)


def unreadable(path: str, error: OSError) -> PathProblem:
    """The problem of a file or folder that the system does not let us read."""
    hint = "Make it readable, or leave it out with `exclude` or .reconcilerignore."
    return PathProblem("unreadable-file", f"cannot read {path or '.'!r}: {reason(error)}", hint)


def check_count(paths: Collection[str], limit: int) -> None:
    """Refuse no file at all, and more than the limit unless it is 0.  Raises ``InputError``."""
    if not paths:
        hint = "Check the folder, `include`, `exclude` and .reconcilerignore."
        raise InputError(PathProblem("no-files", "no file is left to send", hint))
    if limit and len(paths) > limit:
        folders = Counter(os.path.dirname(path) or "." for path in paths)
        ranked = sorted(folders.items(), key=lambda item: (-item[1], item[0]))[:3]
        biggest = ", ".join(f"{count} in {folder}" for folder, count in ranked)
        message = f"{len(paths)} files where {limit} are allowed; most are here: {biggest}"
        hint = "Leave files out with `exclude` or .reconcilerignore."
        raise InputError(PathProblem("too-many-files", message, hint))


def _patterns(lines: Sequence[str], *keys: str) -> Patterns:
    try:
        return compile_patterns(lines)
    except InputError as error:
        raise InputError(*(each.under(*keys) for each in error.problems)) from error


class _Walk:
    """One walk over one folder."""

    def __init__(self, root: Path, selection: Selection) -> None:
        self.files: list[FoundFile] = []
        self.problems: list[PathProblem] = []
        self.ignored_by_git = False
        self._root = root
        self._without = selection.without
        self._checkouts = selection.checkouts
        self._git_ignored = selection.git_ignored
        self._includes = ["**"] if selection.include is None else selection.include
        self._include = _patterns(self._includes, "include")
        self._exclude = Rules().below("", _patterns(selection.exclude, "exclude"))
        self._docker = DockerIgnore()
        self._with_docker = selection.docker
        self._waiting = [_Folder("", root, Rules())]
        self._visited = 0

    def run(self) -> None:
        try:
            self._docker = read_dockerignore(self._root) if self._with_docker else self._docker
            self._check_submodule("", self._root)
        except OSError as error:
            raise InputError(unreadable(".dockerignore", error)) from error
        while self._waiting:
            self._visit(self._waiting.pop())

    def check_includes(self) -> None:
        """Refuse an ``include`` without wildcards that brings no file.  Raises ``InputError``."""
        problems = [
            self._no_match(pattern.index)
            for pattern in self._include.patterns
            if pattern.literal and not pattern.negated
            if not any(any(pattern.match(file.path)) for file in self.files)
        ]
        if problems:
            raise InputError(*problems)

    def _no_match(self, index: int) -> PathProblem:
        text = self._includes[index]
        hint = "Check the name; patterns start at `root`."
        if (self._root / text.strip().strip("/")).exists():
            hint = "Something leaves it out: `exclude`, an ignore file or git."
        return PathProblem(
            "no-match", f"no file to send matches {text!r}", hint, ("include", index)
        )

    def _visit(self, folder: _Folder) -> None:
        try:
            entries = sorted(os.scandir(folder.real), key=lambda entry: entry.name)
            inside = replace(folder, rules=self._rules(folder))
        except OSError as error:
            self.problems.append(unreadable(folder.path, error))
            return
        self._check_forms(entries, folder)
        for entry in entries:
            self._count(1)
            if not never_counts(entry.name):
                self._take(entry, inside)

    def _check_forms(self, entries: Sequence[os.DirEntry[str]], folder: _Folder) -> None:
        counts = Counter(normal_path(entry.name) for entry in entries)
        for name in sorted(name for name, count in counts.items() if count > 1):
            path = f"{folder.path}/{name}".lstrip("/")
            if not self._ignored(path, folder, is_dir=False):
                message = f"two names that differ in their Unicode form only: {path!r}"
                self.problems.append(PathProblem("file-name", message, "Rename one of them."))

    def _count(self, weight: int) -> None:
        self._visited += weight
        if self._visited > MAX_VISITED:
            message = f"more than {MAX_VISITED} files and folders"
            raise InputError(PathProblem("too-many-files", message))

    def _rules(self, folder: _Folder) -> Rules:
        path = folder.real / IGNORE_FILE
        if not path.exists():
            return folder.rules
        shown = f"{folder.path}/{IGNORE_FILE}".lstrip("/")
        return folder.rules.below(folder.path, read_ignore_file(path, shown, compile_ignore_file))

    def _take(self, entry: os.DirEntry[str], folder: _Folder) -> None:
        path = normal_path(f"{folder.path}/{entry.name}".lstrip("/"))
        if self._ignored(path, folder, is_dir=os.path.isdir(entry)):
            return
        if self._git_state(folder.real / entry.name) is State.IGNORED:
            self.ignored_by_git = True
            return
        if problem := name_problem(path):
            self.problems.append(problem)
        elif entry.is_symlink():
            self._follow(path, folder.real / entry.name, folder)
        elif entry.is_dir():
            self._check_submodule(path, folder.real / entry.name)
            self._waiting.append(replace(folder, path=path, real=folder.real / entry.name))
        else:
            self._file(path, folder.real / entry.name, entry.stat().st_mode, folder)

    def _ignored(self, path: str, folder: _Folder, *, is_dir: bool) -> bool:
        if is_dir:
            unsaid = not self._exclude.negates and folder.rules.prunes(path)
            return unsaid or self._exclude.prunes(path) or self._docker.prunes(path)
        # The manifest's own `exclude` has the last word over the ignore files.
        verdict = self._exclude.verdict(path)
        verdict = folder.rules.verdict(path) if verdict is None else verdict
        return bool(verdict) or self._docker.ignores(path)

    def _git_state(self, real: Path) -> State:
        if self._checkouts is None:
            return State.TRACKED
        state = self._checkouts.state(real)
        return State.TRACKED if self._git_ignored and state is State.IGNORED else state

    def _check_submodule(self, path: str, real: Path) -> None:
        wanted = any(pattern.glob.reaches(path) for pattern in self._include.patterns)
        if self._checkouts and wanted and self._checkouts.is_submodule(real):
            with os.scandir(real) as entries:
                self.problems += [] if any(entries) else [submodule_problem(path)]

    def _follow(self, path: str, link: Path, folder: _Folder) -> None:
        self._count(LINK_WEIGHT)
        try:
            real = link.resolve(strict=True)
            mode = real.stat().st_mode
        except (OSError, RuntimeError):
            message = f"a link that leads nowhere or in a circle: {path!r}"
            self.problems.append(
                PathProblem("bad-link", message, "Remove the link or leave it out.")
            )
            return
        if not real.is_relative_to(self._root) or ".git" in real.relative_to(self._root).parts:
            message = f"a link that leads out of the folder: {path!r}"
            hint = "Copy the file into the folder, or leave the link out."
            self.problems.append(PathProblem("link-outside", message, hint))
        elif not stat.S_ISDIR(mode):
            self._file(path, real, mode, folder)
        elif any(each.is_relative_to(real) for each in (*folder.links, link.parent)):
            message = f"a link that leads back to a folder above it: {path!r}"
            self.problems.append(
                PathProblem("bad-link", message, "Remove the link or leave it out.")
            )
        else:
            links = (*folder.links, link.parent)
            self._waiting.append(_Folder(path, real, folder.rules, links))

    def _file(self, path: str, real: Path, mode: int, folder: _Folder) -> None:
        if real == self._without or not self._include.matches(path):
            return
        state = self._git_state(real)
        if state is State.IGNORED:
            # A link to it may be tracked; in a clone it leads nowhere.
            self.ignored_by_git = True
            return
        if not stat.S_ISREG(mode):
            message = f"not a regular file: {path!r}"
            hint = "Remove it, or leave it out with `exclude` or .reconcilerignore."
            self.problems.append(PathProblem("not-a-file", message, hint))
            return
        named = self._include.names(path, negated=False) or any(
            rules.names(path) for rules in (self._exclude, folder.rules, self._docker)
        )
        self.files.append(FoundFile(path, real, named, state is State.UNTRACKED))
