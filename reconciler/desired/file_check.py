"""Files that must not be sent, as far as their names and first bytes say so."""

from __future__ import annotations

from reconciler.desired.path_problem import PathProblem
from reconciler.desired.secret_file import likely_secret


def content_problem(path: str, head: bytes, *, named: bool) -> PathProblem | None:
    """Why the file may not be sent; ``named`` files may hold secrets.

    ``head`` are its first ``secret_file.HEAD_BYTES`` bytes.
    """
    if likely_secret(path, head) and not named:
        message = f"{path!r} is likely to hold a secret"
        hint = "Leave it out with `exclude` or an ignore file, or name it in `include` as it is."
        return PathProblem("secret-file", message, hint)
    return None
