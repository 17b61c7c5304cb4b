"""Files that the user names for results: no link is followed and no manifest overwritten."""

from __future__ import annotations

import os
from pathlib import Path

from reconciler.desired.discover import SUFFIXES
from reconciler.errors import SettingsError

_HINT = "Name a file that is neither a link nor a manifest, best outside of the checkout."


def write_output(path: Path, text: str) -> None:
    """Write a result there; raises SettingsError for a place that it must not go to."""
    refuse_target(path)
    # O_NOFOLLOW: the file may have become a link since it was looked at.
    no_follow = 0 if _is_device(path) else getattr(os, "O_NOFOLLOW", 0)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | no_follow
    with os.fdopen(os.open(path, flags, 0o666), "w", encoding="utf-8") as file:
        file.write(text)


def refuse_target(path: Path) -> None:
    """Raise SettingsError where a result must not be written.

    A link in the checkout can point to any file of the machine, and so can a folder of the path.
    Links above the working directory belong to the machine and not to a pull request.
    """
    if path.suffix.lower() in SUFFIXES:
        raise SettingsError(f"{path} has the name of a manifest", _HINT)
    if _is_device(path):
        return
    here = Path.cwd()
    whole = Path(os.path.normpath(here / path))
    inside = whole.parents if whole.is_relative_to(here) else ()
    folders = [each for each in inside if each != here and each.is_relative_to(here)]
    for each in (whole, *folders):
        if each.is_symlink():
            raise SettingsError(f"{path} leads through a link", _HINT)


def _is_device(path: Path) -> bool:
    # /dev/stdout is a link on Linux, and no checkout can put anything there.
    return Path(os.path.normpath(Path.cwd() / path)).is_relative_to("/dev")
