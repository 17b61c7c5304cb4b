"""One apply at a time for a scope on a platform, on this machine; the loser learns who has it."""

from __future__ import annotations

import fcntl
import getpass
import hashlib
import json
import os
import socket
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from reconciler.errors import LiveStateError, SettingsError


@contextmanager
def hold(scope: str, endpoints: Iterable[str], folder: Path | None = None) -> Iterator[None]:
    """Hold a lock for each platform inside the block; LiveStateError names who has one of them.

    An apply of a part of the project uses fewer platforms, and is kept out of those all the same.
    The system frees the locks when the process ends, however it ends.
    """
    with ExitStack() as stack:
        for endpoint in sorted(set(endpoints)):
            stack.enter_context(_one(scope, endpoint, folder))
        yield


@contextmanager
def _one(scope: str, endpoint: str, folder: Path | None) -> Iterator[None]:
    path = _place(scope, endpoint, folder)
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


def _place(scope: str, endpoint: str, folder: Path | None) -> Path:
    folder = folder or Path(tempfile.gettempdir()) / f"reconciler-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"cannot make the folder of locks {folder}: {error.strerror}",
            "Set TMPDIR to a folder that you may write to.",
        ) from error
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise SettingsError(
            f"{folder} belongs to another user", "Set TMPDIR to a folder of your own."
        )
    name = hashlib.sha256(json.dumps([scope, endpoint]).encode()).hexdigest()[:32]
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
