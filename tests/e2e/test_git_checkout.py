"""Manifests in a git checkout: the platform learns the commit; a commit alone is no change."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.scenarios.scenario import HERE
from tests.support.sandbox import Stage

PEOPLE = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=false")


def git(folder: Path, *arguments: str) -> str:
    """What git says."""
    done = subprocess.run(
        ["git", *PEOPLE, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(folder: Path, message: str) -> str:
    """Commit all that is there; the new commit's hash."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A checkout of one environment and one model."""
    project = tmp_path / "project"
    shutil.copytree(HERE / "bases" / "churn", project)
    # The lock of an apply is no business of the checkout's.
    (project / ".gitignore").write_text(".locks/\n")
    git(project, "init", "--quiet", "--initial-branch", "main")
    git(project, "remote", "add", "origin", "git@git.example.com:acme/fraud.git")
    return Stage(project)


def told(stage: Stage) -> list[object]:
    """The commit facts that the writes of one apply carry."""
    done = stage.run("apply", "--auto-approve")
    assert done.code == 0, done.out
    bodies = [entry.get("body") or entry.get("fields") or {} for entry in done.writes]
    facts = [body["gitModelVersion"] for body in bodies if "gitModelVersion" in body]
    return [json.loads(fact) if isinstance(fact, str) else fact for fact in facts]


def test_model_and_version_carry_the_commit(stage: Stage) -> None:
    sha = commit(stage.folder, "First")
    fact = {
        "commitUrl": f"https://git.example.com/acme/fraud/commit/{sha}",
        "mainBranchCommitSha": sha,
        "pullRequestCommitSha": None,
        "refName": "main",
    }
    assert told(stage) == [fact, fact]


def test_another_commit_of_the_same_files_is_no_change(stage: Stage) -> None:
    commit(stage.folder, "First")
    told(stage)
    commit(stage.folder, "Nothing new")
    assert stage.run("plan", "--detailed-exitcode").code == 0


def test_a_tree_that_is_not_committed_names_no_commit(stage: Stage) -> None:
    commit(stage.folder, "First")
    (stage.folder / "model" / "custom.py").write_text("# not committed\n")
    assert told(stage) == []


@pytest.mark.parametrize("remote", [None, "/srv/git/fraud.git"], ids=["none", "local"])
def test_a_checkout_without_a_page_or_a_branch_is_one_too(stage: Stage, remote: str | None) -> None:
    git(stage.folder, "remote", "remove", "origin")
    if remote:
        git(stage.folder, "remote", "add", "origin", remote)
    sha = commit(stage.folder, "First")
    git(stage.folder, "checkout", "--quiet", "--detach")
    facts = told(stage)
    assert facts
    assert all(fact["mainBranchCommitSha"] == fact["refName"] == sha for fact in facts)
    assert stage.run("plan", "--detailed-exitcode").code == 0
