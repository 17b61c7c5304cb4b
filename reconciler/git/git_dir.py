"""Where the repository of a checkout lies, and which commit it has checked out; runs nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.regular_file import open_regular, real_path, reason

LARGEST: Final = 4096
"""Bytes that are read of a file that holds one line."""

DEEPEST: Final = 5
"""Symbolic references that are followed, as git does."""

HASH: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REF: Final = re.compile(r"refs(?:/(?!\.)[^\x00-\x20\x7f~^:?*\[\\/]+)+")


class GitError(Exception):
    """The checkout cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class GitDir:
    """The repository of the checkout at ``top``.

    ``own`` holds HEAD and the index; ``common`` holds objects and references, and is another
    folder in a linked worktree only.
    """

    top: Path
    own: Path
    common: Path

    def head(self) -> tuple[str, str]:
        """The commit that is checked out ('' before the first one) and its branch ('' if none).

        Raises GitError.
        """
        text, name = _line(self.own / "HEAD"), ""
        for _ in range(DEEPEST):
            if not text.startswith("ref:"):
                break
            ref = text.removeprefix("ref:").strip()
            name = name or ref
            text = self._resolve(ref)
        if text and not HASH.fullmatch(text):
            raise GitError("HEAD names no commit")
        return text, name.removeprefix("refs/heads/") if name.startswith("refs/heads/") else ""

    def _resolve(self, ref: str) -> str:
        if not _REF.fullmatch(ref) or ".." in ref:
            raise GitError("HEAD has an invalid reference")
        # The name that git writes where references lie in tables instead of files.
        if ref == "refs/heads/.invalid" or (self.common / "reftable").exists():
            raise GitError("the reftable format of references is not supported")
        try:
            return _line(self.common / ref)
        except GitError:
            return self._packed(ref)

    def _packed(self, ref: str) -> str:
        try:
            with open_regular(self.common / "packed-refs") as file:
                wanted = f" {ref}\n".encode()
                return next(
                    (line[: -len(wanted)] for line in file if line.endswith(wanted)), b""
                ).decode()
        except OSError:
            return ""


def find_git_dir(folder: Path) -> GitDir | None:
    """The repository of the checkout that a folder lies in, None outside of one.

    Only an entry called ``.git`` counts: git checks out no file of this name, so no commit can
    bring one.  A folder with the files of a bare repository is a folder like any other.
    Raises GitError.
    """
    start = real_path(folder)
    for top in (start, *start.parents):
        entry = top / ".git"
        if entry.is_symlink() or entry.exists():
            return _git_dir(top, entry)
    return None


def _git_dir(top: Path, entry: Path) -> GitDir:
    own = real_path(entry)
    if not own.is_dir():
        text = _line(own)
        if not text.startswith("gitdir:"):
            raise GitError(".git is neither a repository nor a link to one")
        own = real_path(top / text.removeprefix("gitdir:").strip())
    if own != top / ".git" and own.is_relative_to(top):
        raise GitError(".git leads to a folder inside the checkout")
    common = own
    if (own / "commondir").exists():
        common = real_path(own / _line(own / "commondir"))
    if common != top / ".git" and common.is_relative_to(top):
        raise GitError(".git leads to a folder inside the checkout")
    return GitDir(top, own, common)


def _line(path: Path) -> str:
    try:
        with open_regular(path) as file:
            return file.read(LARGEST).decode("utf-8", "surrogateescape").strip()
    except OSError as error:
        raise GitError(f"cannot read {path.name} of the repository: {reason(error)}") from error
