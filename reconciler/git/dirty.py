"""Whether a folder of a checkout differs from the commit."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from pathlib import Path
from typing import Final

from reconciler.git.git_dir import GitError
from reconciler.git.process import Git
from reconciler.regular_file import open_regular

# https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md: keys are sorted, oid before size.
_POINTER: Final = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-.*\n)*oid sha256:([0-9a-f]{64})\n"
    rb"size [0-9]+\n"
)


def is_dirty(git: Git, folder: str, besides: Collection[str] = ()) -> bool:
    """Whether anything below this folder is changed, staged, removed or untracked.

    The paths ``besides``, seen from the top of the checkout, do not count.  Of a submodule only
    the commit counts: to look at its files git would start itself in there.  Raises GitError.
    """
    printed = git.run(
        *("status", "--porcelain", "-z", "--no-renames", "--ignore-submodules=dirty"),
        # A new folder is shown as a whole otherwise, also when it holds nothing that counts.
        *(("--untracked-files=all",) if besides else ()),
        *("--", folder),
    )
    ours = {path.encode("utf-8", "surrogateescape") for path in besides}
    entries = [each for each in printed.split(b"\0") if each and each[3:] not in ours]
    return any(not entry.startswith(b" M ") or _changed(git, entry[3:]) for entry in entries)


def _changed(git: Git, path: bytes) -> bool:
    # Without its filter git takes every file of Git LFS that it has to read for a changed one.
    name = path.decode("utf-8", "surrogateescape")
    try:
        pointer = _POINTER.fullmatch(git.run("cat-file", "blob", f":0:{name}"))
    except GitError:
        # Another commit of a submodule, for example.
        return True
    return pointer is None or _sha256(git.top / name) != pointer[1].decode()


def _sha256(path: Path) -> str:
    try:
        with open_regular(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
