"""An archive of the platform, unpacked into a new folder and nowhere else."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from reconciler.errors import ApiError, SettingsError
from reconciler.providers.custom_models.archive import members, whole


def unpack(content: bytes, target: Path) -> tuple[str, ...]:
    """Write every regular file below ``target``; the paths written, sorted.

    Raises SettingsError when the folder holds something, ApiError when a member's name leads out
    of it: nothing is written then.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise SettingsError(f"{target} is not empty", "Name a new folder with -o.")
    with whole():
        names = [safe_path(name) for name, _, _ in members(content)]
    for name, (_, size, stream) in zip(names, members(content), strict=True):
        with whole():
            data = stream.read(size + 1)
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return tuple(sorted(names))


def safe_path(name: str) -> str:
    """A member's name as a relative path; ApiError for one that leads elsewhere."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not path.parts or ":" in path.parts[0]:
        raise ApiError(
            f"an archive of the platform holds the path {name!r}, which leads out of its folder",
            "It was not unpacked; look at who made that version.",
        )
    return str(path)
