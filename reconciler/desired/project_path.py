"""The paths that a manifest names: relative to it, and inside of the project's folder."""

from __future__ import annotations

import os
from pathlib import Path, PureWindowsPath

from reconciler.desired.discover import Source
from reconciler.desired.path_problem import InputError, PathProblem
from reconciler.regular_file import strange


def locate(text: str, manifest: Source, *, new: bool = False) -> Path:
    """The real path that a manifest means by ``text``; it must be there unless it may be ``new``.

    Raises ``InputError``.
    """
    if not text or strange(text) or "\\" in text:
        raise bad_path(text, "is empty or has characters that no path here may have")
    if os.path.isabs(text) or PureWindowsPath(text).drive or text.startswith("~"):
        raise bad_path(text, "is absolute", "Paths start at the manifest's own folder.")
    plain = Path(os.path.normpath(manifest.folder / text))
    try:
        real = plain.resolve(strict=not new)
    except (OSError, RuntimeError) as error:
        if not plain.is_relative_to(manifest.root):
            raise _outside(text) from error
        raise bad_path(text, "does not exist", code="no-such-file") from error
    if not plain.is_relative_to(manifest.root) or not real.is_relative_to(manifest.root):
        raise _outside(text)
    if ".git" in real.relative_to(manifest.root).parts:
        # A checkout keeps its credentials there.
        raise bad_path(text, "lies in .git")
    return real


def bad_path(text: str, what: str, hint: str = "", code: str = "bad-path") -> InputError:
    """What is wrong with a path, as an error to raise."""
    return InputError(PathProblem(code, f"path {text[:100]!r} {what}", hint))


def _outside(text: str) -> InputError:
    hint = "Files must lie in the project directory (--project-dir)."
    return bad_path(text, "leads out of the project directory", hint)
