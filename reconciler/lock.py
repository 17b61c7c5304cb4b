"""One apply at a time per scope and platform on this machine; the loser learns who has it."""

from __future__ import annotations

import fcntl
import getpass
import hashlib
import json
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from reconciler.errors import LiveStateError, SettingsError


@contextmanager
def hold(scope: str, endpoints: tuple[str, ...], folder: Path | None = None) -> Iterator[None]:
    """Hold the lock inside the block; LiveStateError names the process that has it.

    The system frees it when the process ends, however it ends.
    """
    path = _place(scope, endpoints, folder)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise SettingsError(
            f"cannot open the lock {path}: {error.strerror}",
            "Make the folder for temporary files writable.",
        ) from error
    with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LiveStateError(
                f"{scope} is being applied by {_holder(file.read())}",
                "Wait for its end and run again: two at once could make things twice.",
            ) from None
        file.truncate(0)
        json.dump(_self(), file)
        file.flush()
        yield


def _place(scope: str, endpoints: tuple[str, ...], folder: Path | None) -> Path:
    folder = folder or Path(tempfile.gettempdir()) / f"reconciler-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise SettingsError(
            f"{folder} belongs to somebody else", "Set TMPDIR to a folder of your own."
        )
    name = hashlib.sha256(json.dumps([scope, *endpoints]).encode()).hexdigest()[:32]
    return folder / f"{name}.lock"


def _self() -> dict[str, str | int]:
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return {"pid": os.getpid(), "user": user, "host": socket.gethostname(), "since": now}


def _holder(text: str) -> str:
    try:
        held = json.loads(text)
        return f"{held['user']}@{held['host']}, process {held['pid']}, since {held['since']}"
    except (ValueError, KeyError, TypeError):
        return "another process on this machine"
