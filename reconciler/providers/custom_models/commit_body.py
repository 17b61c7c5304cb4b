"""The commit of a run as the platform records it (``gitModelVersion``)."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.core.commit import Commit


def commit_body(commit: Commit | None) -> Mapping[str, Mapping[str, str | None]]:
    """``gitModelVersion`` with its four required keys, or nothing without a commit."""
    if commit is None:
        return {}
    record = {
        "commitUrl": commit.url,
        "mainBranchCommitSha": commit.sha,
        # Nothing here knows of a pull request; the contract wants the key all the same.
        "pullRequestCommitSha": None,
        # A checkout of a bare commit, as a CI server makes it, is on no branch.
        "refName": commit.ref or commit.sha,
    }
    return {"gitModelVersion": record}
