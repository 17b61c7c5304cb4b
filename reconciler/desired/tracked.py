"""What git tracks, ignores, or does neither of, in the checkouts that files lie in.

The checkout is not trusted: its files decide nothing about where git looks (the ``.git`` is found
here, so that a folder that only looks like a repository is none), and git runs none of its
filters, hooks or monitors.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final

from reconciler.git.git_dir import GitError, find_git_dir
from reconciler.git.process import open_git

SUBMODULE: Final = b"160000 "
"""The mode of a tracked path that is a commit of another repository."""


Git = Callable[..., bytes]
"""What git prints for the checkout at a folder, with these arguments; raises GitError."""


def safe_git(environment: Mapping[str, str]) -> Git:
    """Git that runs nothing of a checkout; ``environment`` is that of the process."""

    def run(top: Path, *arguments: str) -> bytes:
        where = find_git_dir(top)
        if where is None:
            raise GitError(".git is neither a repository nor a link to one")
        with open_git(where, environment) as git:
            return git.run(*arguments)

    return run


class State(IntEnum):
    """How git stands to a file; outside of a checkout every file counts as tracked."""

    IGNORED = 0
    UNTRACKED = 1
    TRACKED = 2


@dataclass(frozen=True)
class Checkout:
    """The files of one checkout below one of its folders, by their paths from its top.

    A submodule is a tracked path; another repository inside is an untracked one.
    """

    top: Path
    tracked: frozenset[str] = frozenset()
    untracked: frozenset[str] = frozenset()
    submodules: frozenset[str] = frozenset()
    error: str = ""

    def state(self, real: Path) -> State:
        """Of a file or folder: the most that is known of it or of anything in it."""
        path = _normal(real.relative_to(self.top).as_posix())
        if self.error or path in self.tracked or path in self._folders[0]:
            return State.TRACKED
        if path in self.untracked or path in self._folders[1]:
            return State.UNTRACKED
        return State.IGNORED

    @cached_property
    def _folders(self) -> tuple[frozenset[str], frozenset[str]]:
        return _folders(self.tracked), _folders(self.untracked)


def _folders(paths: frozenset[str]) -> frozenset[str]:
    found: set[str] = set()
    for path in paths:
        for parent in PurePosixPath(path).parents:
            if (name := parent.as_posix()) in found:
                break
            found.add(name)
    return frozenset(found)


def _normal(path: str) -> str:
    # A file system may hold another Unicode form of a name than git's index does.
    return unicodedata.normalize("NFC", path)


@dataclass
class Checkouts:
    """The checkouts of one load below a project's root; each is listed once."""

    root: Path
    git: Git
    _by_folder: dict[Path, Checkout | None] = field(default_factory=dict)

    def at(self, folder: Path) -> Checkout | None:
        """The checkout that a real folder belongs to, or None."""
        if folder not in self._by_folder:
            if (folder / ".git").exists():
                self._by_folder[folder] = self._list(folder)
            else:
                above = folder.parent
                self._by_folder[folder] = self.at(above) if above != folder else None
        return self._by_folder[folder]

    def state(self, real: Path) -> State:
        """How git stands to a file or folder below the root.

        Of a repository inside of another one both must know the file: a clone has it otherwise not.
        """
        checkout = self.at(real.parent)
        if checkout is None:
            return State.TRACKED
        state = checkout.state(real)
        if checkout.top != self.root and checkout.top.is_relative_to(self.root):
            state = min(state, self.state(checkout.top))
        return state

    def is_submodule(self, real: Path) -> bool:
        """Whether the commit holds another repository at this path, fetched or not."""
        checkout = self.at(real.parent)
        if checkout is None or not real.is_relative_to(checkout.top):
            return False
        return _normal(real.relative_to(checkout.top).as_posix()) in checkout.submodules

    def _list(self, top: Path) -> Checkout:
        inside = self.root.is_relative_to(top) and self.root != top
        where = ("--", str(self.root)) if inside else ()
        others = ("--others", "--exclude-standard")
        try:
            staged = self.git(top, "ls-files", "-z", "--stage", *where)
            untracked = self.git(top, "ls-files", "-z", *others, *where)
        except GitError as error:
            return Checkout(top, error=str(error))
        # "<mode> <object> <stage>\t<path>"
        entries = [entry.partition(b"\t") for entry in staged.split(b"\0") if entry]
        linked = (path for facts, _, path in entries if facts.startswith(SUBMODULE))
        tracked = _paths(path for _, _, path in entries)
        return Checkout(top, tracked, _paths(untracked.split(b"\0")), _paths(linked))


def _paths(names: Iterable[bytes]) -> frozenset[str]:
    # As Python decodes file names; a repository inside of the checkout ends with a slash.
    decoded = (name.decode("utf-8", "surrogateescape") for name in names if name)
    return frozenset(_normal(name.rstrip("/")) for name in decoded)
