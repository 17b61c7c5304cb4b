"""Facts of the git checkout that the manifests lie in, as far as git is there to tell them."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

TIMEOUT: Final = 5.0
# The platform wants an http(s) URL beside the hash (``gitModelVersion.commitUrl``); a name under
# ``invalid`` is reserved for what does not exist.
NO_PAGE: Final = "https://no-remote.invalid/commit"
_SCP: Final = re.compile(r"(?:[^@/\s]+@)?([A-Za-z0-9.-]{2,}):(?!/)([^\s\\?#]+)")


_SHA: Final = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Commit:
    """The commit that is checked out.

    ``ref`` is the branch, '' when none is.  ``url`` shows the commit on its host, or is
    a URL that leads nowhere; it never holds credentials.  ``dirty``: the project directory differs
    from the commit.
    """

    sha: str
    ref: str
    url: str
    dirty: bool


def read_commit(project_dir: Path, besides: Iterable[Path] = ()) -> Commit | None:
    """The commit of the checkout, or None outside of one or without git; raises nothing.

    The files ``besides`` may differ from it.
    """
    sha = _git(project_dir, "rev-parse", "--verify", "HEAD^{commit}")
    if not sha:
        return None
    kept_out = (f":(exclude,literal){name}" for name in _inside(project_dir, besides))
    status = _git(project_dir, "status", "--porcelain", "--no-renames", "--", ".", *kept_out)
    if status is None:
        return None
    ref = _git(project_dir, "symbolic-ref", "--quiet", "--short", "HEAD") or ""
    remote = _git(project_dir, "config", "--get", "remote.origin.url") or ""
    return Commit(sha, ref, commit_url(remote, sha), dirty=bool(status))


def _inside(folder: Path, paths: Iterable[Path]) -> Iterator[str]:
    """The paths that lie in the folder, seen from it."""
    for path in paths:
        name = os.path.relpath(path.absolute(), folder.absolute())
        if name.split(os.sep)[0] not in (os.curdir, os.pardir):
            yield Path(name).as_posix()


def commit_url(remote: str, sha: str) -> str:
    """``https://host/owner/repository/commit/<sha>`` of a remote, else a URL on no real host."""
    scp = _SCP.fullmatch(remote)
    page = f"{scp[1]}/{scp[2]}" if scp else _page(remote)
    if not page:
        return f"{NO_PAGE}/{sha}"
    return f"https://{page.rstrip('/').removesuffix('.git')}/commit/{sha}"


def _page(remote: str) -> str:
    """Host and path of a URL, without user, password and query; '' where none can be shown."""
    try:
        parts = urlsplit(remote)
        port = f":{parts.port}" if parts.port and parts.scheme == "https" else ""
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https", "ssh", "git") or not parts.hostname:
        return ""
    return f"{parts.hostname}{port}/{parts.path.lstrip('/')}"


def _git(folder: Path, *arguments: str) -> str | None:
    # Hooks and monitors of a checkout that is not ours must not run; nothing may ask or lock.
    safe = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", *safe, *arguments],
            cwd=folder,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=TIMEOUT,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace").strip()


@dataclass(frozen=True, slots=True)
class CommitOrder:
    """Commits against the one that is checked out: those after it, and those nobody knows here."""

    newer: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()


def compare_commits(project_dir: Path, recorded: Iterable[str]) -> CommitOrder:
    """Where each recorded commit stands; without git, or in a shallow clone, it is unknown.

    A commit on another branch is neither before nor after: no rollback.
    """
    head = _git(project_dir, "rev-parse", "--verify", "HEAD^{commit}") if recorded else None
    newer, unknown = set(), set()
    for sha in recorded:
        if sha == head:
            continue
        # What a platform calls a commit goes to a command line: only a hash may.
        if (
            not head
            or not _SHA.fullmatch(sha)
            or _git(project_dir, "cat-file", "-e", f"{sha}^{{commit}}") is None
        ):
            unknown.add(sha)
        elif _git(project_dir, "merge-base", "--is-ancestor", "HEAD", sha) is not None:
            newer.add(sha)
    return CommitOrder(frozenset(newer), frozenset(unknown))
