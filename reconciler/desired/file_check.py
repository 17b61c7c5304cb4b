"""Files that must not be sent, as far as their names and first bytes say so."""

from __future__ import annotations

from typing import Final

from reconciler.desired.path_problem import PathProblem
from reconciler.desired.secret_file import likely_secret
from reconciler.regular_file import strange

# https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md: the version comes first, and a pointer
# is shorter than 1024 bytes.
_LFS: Final = (
    b"version https://git-lfs.github.com/spec/",
    b"version https://hawser.github.com/spec/",
)
_LFS_BYTES: Final = 1024


def name_problem(path: str) -> PathProblem | None:
    """Why a file or folder of this name may not be sent."""
    what = ""
    if strange(path):
        what = "a name with control characters or bytes that are no text"
    elif "\\" in path:
        # The platform takes it for a separator of Windows and refuses the whole version.
        what = "a name with a backslash"
    hint = "Rename it, or leave it out with `exclude` or an ignore file."
    return PathProblem("file-name", f"{what}: {path!r}", hint) if what else None


def content_problem(path: str, head: bytes, *, named: bool) -> PathProblem | None:
    """Why the file may not be sent; ``named`` files may hold secrets.

    ``head`` are its first ``secret_file.HEAD_BYTES`` bytes.
    """
    if head.startswith(_LFS) and len(head) < _LFS_BYTES:
        message = f"{path!r} is a Git LFS pointer, not the file that it stands for"
        return PathProblem("lfs-pointer", message, "Run `git lfs pull`.")
    if likely_secret(path, head) and not named:
        message = f"{path!r} is likely to hold a secret"
        hint = "Leave it out with `exclude` or an ignore file, or name it in `include` as it is."
        return PathProblem("secret-file", message, hint)
    return None


def submodule_problem(path: str) -> PathProblem:
    """The problem of a submodule whose folder is empty, because it was not fetched."""
    message = f"the folder of the submodule {path or '.'!r} is empty"
    return PathProblem("empty-submodule", message, "Run `git submodule update --init`.")
