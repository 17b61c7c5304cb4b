"""The commit of the checkout that holds the manifests, and the order of recorded commits."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from reconciler.core.commit import Commit
from reconciler.errors import Problem
from reconciler.git.dirty import is_dirty
from reconciler.git.git_dir import HASH, GitError, find_git_dir
from reconciler.git.process import Git, open_git
from reconciler.regular_file import real_path

# Platforms that record a commit want an http(s) URL beside its hash.  Names under ``invalid`` are
# reserved for hosts that do not exist (RFC 2606).
NO_PAGE: Final = "https://no-remote.invalid/commit"
_SCP: Final = re.compile(r"(?:[^@/\s]+@)?([A-Za-z0-9.-]{2,}):(?!/)([^\s\\?#]+)")


def read_commit(
    project_dir: Path, environment: Mapping[str, str], besides: Iterable[Path] = ()
) -> Commit | None:
    """The commit of the checkout, None outside of one and before the first commit.

    ``environment`` is that of the process.  The files ``besides`` may differ from the commit.
    Raises GitError for a checkout that cannot be read.
    """
    where = find_git_dir(project_dir)
    sha, ref = where.head() if where else ("", "")
    if where is None or not sha:
        return None
    folder = real_path(project_dir).relative_to(where.top).as_posix()
    own = frozenset(_inside(where.top, besides))
    with open_git(where, environment) as git:
        git.run("cat-file", "-e", f"{sha}^{{commit}}")
        return Commit(sha, ref, commit_url(git.remote, sha), dirty=is_dirty(git, folder, own))


def _inside(top: Path, paths: Iterable[Path]) -> Iterator[str]:
    """The paths that lie in the checkout, seen from its top."""
    for path in paths:
        real = real_path(path.parent) / path.name
        if real.is_relative_to(top):
            yield real.relative_to(top).as_posix()


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


@dataclass(frozen=True, slots=True)
class CommitOrder:
    """Recorded commits that come after the one checked out, and those this clone does not hold."""

    newer: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CommitFacts:
    """What git knows for one run; ``error`` says why the commit could not be read, '' if it was."""

    commit: Commit | None
    order: CommitOrder
    error: str = ""


def commit_facts(
    project_dir: Path,
    environment: Mapping[str, str],
    besides: Iterable[Path],
    recorded: Collection[str],
) -> CommitFacts:
    """The commit to record and where the commits recorded on live objects stand; raises nothing.

    There is none to record in a dirty checkout: its files are those of no commit.
    """
    order = compare_commits(project_dir, recorded, environment)
    try:
        commit = read_commit(project_dir, environment, besides)
    except GitError as error:
        return CommitFacts(None, order, str(error))
    return CommitFacts(None if commit is None or commit.dirty else commit, order)


def compare_commits(
    project_dir: Path, recorded: Collection[str], environment: Mapping[str, str]
) -> CommitOrder:
    """Where each recorded commit stands; without git, or in a shallow clone, it is unknown.

    A commit on another branch is neither before nor after: no rollback.
    """
    if not recorded:
        return CommitOrder()
    try:
        where = find_git_dir(project_dir)
        head = where.head()[0] if where else ""
        if where is None or not head:
            return CommitOrder(unknown=frozenset(recorded))
        with open_git(where, environment) as git:
            return _order(git, head, recorded)
    except GitError:
        # Whoever reads the commit says why.
        return CommitOrder(unknown=frozenset(recorded))


def _order(git: Git, head: str, recorded: Collection[str]) -> CommitOrder:
    newer, unknown = set(), set()
    for sha in set(recorded) - {head}:
        # What a platform calls a commit goes to a command line: only a hash may.
        if not HASH.fullmatch(sha) or not _holds(git, "cat-file", "-e", f"{sha}^{{commit}}"):
            unknown.add(sha)
        elif _holds(git, "merge-base", "--is-ancestor", head, sha):
            newer.add(sha)
    return CommitOrder(frozenset(newer), frozenset(unknown))


def _holds(git: Git, *question: str) -> bool:
    try:
        git.run(*question)
    except GitError:
        return False
    return True


def unreadable(reason: str, recorded: bool) -> Problem:
    """The problem of a checkout whose commit is not known.

    It blocks where live objects name the commit that they were made from (``recorded``): nobody
    could tell whether this one is older.
    """
    return Problem(
        "unreadable-checkout",
        f"the checkout's commit cannot be read: {reason}",
        "Install git and complete the checkout, or use --allow-rollback to go on without a check "
        "of the commit's age."
        if recorded
        else "Install git and complete the checkout; until then no commit is recorded.",
        blocked=recorded,
        warning=not recorded,
    )
