"""Opening files that may turn out to be something else: a pipe, a device, a folder."""

from __future__ import annotations

import os
import stat
import unicodedata
from io import BufferedReader
from pathlib import Path


def open_regular(path: str | Path) -> BufferedReader:
    """The file, open for reading.  Raises ``OSError``, also for a pipe, device or folder."""
    # Non-blocking, so that a pipe cannot hold us before we see that it is one.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return open(descriptor, "rb")
    os.close(descriptor)
    # Reading a pipe or a device could block for ever or have effects.
    raise OSError("not a regular file")


def real_path(path: Path) -> Path:
    """The path with every link followed; a circle of links is left as it is.

    ``Path.resolve`` raises for such a circle.
    """
    return Path(os.path.realpath(path))


def reason(error: OSError) -> str:
    """What the system says of an error, without the path."""
    return (error.strerror or str(error)).lower()


def strange(name: str) -> bool:
    """Whether a name has characters that break logs and archives, or cannot be decoded."""
    return any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in name)
