"""An archive of the platform, unpacked into a new folder and nowhere else."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from reconciler.errors import ApiError, SettingsError
from reconciler.providers.archive import MOST_BYTES, members, whole


def unpack(content: BinaryIO, target: Path, most_bytes: int = MOST_BYTES) -> tuple[str, ...]:
    """Write every regular file below ``target``; the paths written, sorted.

    Raises SettingsError when the folder holds something, ApiError when a member's name leads out
    of it or the archive cannot be read to its end: nothing is there then.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise SettingsError(f"{target} is not empty", "Name a new folder with -o.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".download-") as place, whole():
        made = Path(place) / "files"
        made.mkdir()
        found = members(content, most_bytes)
        names = [_write(made, safe_path(name), chunks) for name, chunks in found]
        os.replace(made, target)
    return tuple(sorted(names))


def _write(folder: Path, name: str, chunks: Iterable[bytes]) -> str:
    place = folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("wb") as file:
        file.writelines(chunks)
    return name


def safe_path(name: str) -> str:
    """A member's name as a relative path; ApiError for one that leads out of the folder."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not path.parts or ":" in path.parts[0]:
        raise ApiError(
            f"an archive of the platform holds the path {name!r}, which leads out of its folder",
            "It was not unpacked; look at who made that version.",
        )
    return str(path)
