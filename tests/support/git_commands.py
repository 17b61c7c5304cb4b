"""Git for tests: an identity of its own, and no settings of the machine's user."""

from __future__ import annotations

import subprocess
from pathlib import Path

_SETTINGS = (
    "user.name=a",
    "user.email=a@example.com",
    "commit.gpgsign=false",
    "protocol.file.allow=always",
    "core.excludesFile=/dev/null",
)


def git(folder: Path, *arguments: str) -> str:
    """What git prints; it must succeed."""
    settings = [word for each in _SETTINGS for word in ("-c", each)]
    done = subprocess.run(
        ["git", *settings, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def committed(folder: Path) -> Path:
    """The folder as a repository whose first commit holds all that git does not ignore."""
    git(folder, "init", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "commit", "-m", "first")
    return folder
