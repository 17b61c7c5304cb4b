"""Git on a checkout that somebody else wrote: nothing of it runs, and it is read all the same.

Cases: every setting and every file by which a checkout can make git run a program.  Each comes with
a control: git as it is, or the product before it was careful, runs the payload.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.git.commit import compare_commits, read_commit
from reconciler.git.git_dir import GitError, find_git_dir
from reconciler.git.process import find_program
from tests.unit.test_git_commit import git

SECRET = "s3cr3t-T0ken"


class Payload:
    """A program that leaves a trace when it runs."""

    def __init__(self, folder: Path) -> None:
        self.trace = folder / "trace"
        self.program = folder / "payload"
        self.program.write_text(f'#!/bin/sh\nenv >> "{self.trace}"\nexec cat\n')
        self.program.chmod(0o755)

    @property
    def ran(self) -> bool:
        """Whether it ran since the last question."""
        ran = self.trace.exists()
        self.trace.unlink(missing_ok=True)
        return ran


@pytest.fixture
def payload(tmp_path: Path) -> Payload:
    """The program, outside of every checkout."""
    return Payload(tmp_path)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one commit that holds ``team/model.yaml``."""
    folder = tmp_path / "checkout"
    (folder / "team").mkdir(parents=True)
    (folder / "team/model.yaml").write_text("a")
    git(folder, "init", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "commit", "-m", "one")
    return folder


def configure(checkout: Path, *settings: str) -> None:
    """Settings of the checkout's own configuration, ``name=value``."""
    for name, _, value in (each.partition("=") for each in settings):
        git(checkout, "config", name, value)


def a_filter(checkout: Path, payload: Payload) -> Path:
    """A clean filter, and a file that git has to read."""
    configure(checkout, f"filter.evil.clean={payload.program}")
    (checkout / ".gitattributes").write_text("* filter=evil\n")
    (checkout / "team/model.yaml").write_text("b")
    return checkout / "team"


def a_long_running_filter(checkout: Path, payload: Payload) -> Path:
    """A filter that git starts once for all files."""
    configure(checkout, f"filter.evil.process={payload.program}")
    (checkout / ".gitattributes").write_text("* filter=evil\n")
    (checkout / "team/model.yaml").write_text("b")
    return checkout / "team"


def a_monitor(checkout: Path, payload: Payload) -> Path:
    """A file system monitor."""
    configure(checkout, f"core.fsmonitor={payload.program}")
    return checkout / "team"


def a_setting_behind_a_link(checkout: Path, payload: Payload) -> Path:
    """A configuration that lies in a file of the commit."""
    (checkout / "evil").write_text(f"[core]\n\tfsmonitor = {payload.program}\n")
    configure(checkout, "include.path=../evil")
    return checkout / "team"


def a_hook(checkout: Path, payload: Payload) -> Path:
    """A hook for the moment when git writes the index that it has refreshed."""
    (checkout / "hooks").mkdir()
    (checkout / "hooks/post-index-change").symlink_to(payload.program)
    configure(checkout, f"core.hooksPath={checkout / 'hooks'}")
    os.utime(checkout / "team/model.yaml", (1, 1))
    return checkout / "team"


def a_bare_repository(checkout: Path, payload: Payload) -> Path:
    """A folder of the commit that holds the files of a bare repository with a work tree."""
    inner = checkout / "team"
    (inner / "model.yaml").rename(checkout / "model.yaml")
    git(inner, "init", "--initial-branch=main")
    (checkout / "model.yaml").rename(inner / "model.yaml")
    git(inner, "add", "model.yaml")
    git(inner, "commit", "-m", "inner")
    for each in (inner / ".git").iterdir():
        each.rename(inner / each.name)
    (inner / ".git").rmdir()
    (inner / "model.yaml").write_text("b")
    (inner / ".gitattributes").write_text("* filter=evil\n")
    with (inner / "config").open("a") as config:
        config.write(f"[core]\nbare = false\nworktree = {inner}\n")
        config.write(f'[filter "evil"]\nclean = {payload.program}\n')
    return inner


def a_submodule(checkout: Path, payload: Payload) -> Path:
    """A repository inside, with a monitor of its own."""
    git(checkout, "clone", str(checkout), "team/inner")
    configure(checkout / "team/inner", f"core.fsmonitor={payload.program}")
    git(checkout, "add", "team/inner")
    git(checkout, "commit", "-m", "inner")
    return checkout / "team"


WAYS: list[Callable[[Path, Payload], Path]] = [
    a_filter,
    a_long_running_filter,
    a_monitor,
    a_setting_behind_a_link,
    a_hook,
    a_bare_repository,
    a_submodule,
]


@pytest.mark.parametrize("way", WAYS)
def test_nothing_of_the_checkout_runs(
    checkout: Path, payload: Payload, way: Callable[[Path, Payload], Path]
) -> None:
    folder = way(checkout, payload)
    sha = git(checkout, "rev-parse", "HEAD")
    assert not payload.trace.exists() or payload.ran
    commit = read_commit(folder, {**os.environ, "DATAROBOT_API_TOKEN": SECRET})
    assert commit is not None
    assert commit.sha == sha, "not the commit of the real checkout"
    compare_commits(folder, {"a" * 40}, os.environ)
    assert not payload.ran
    # Control: plain git does run it. A long running filter that does not answer fails it.
    subprocess.run(["git", "status"], cwd=folder, capture_output=True, check=False)
    assert payload.ran


def test_git_gets_no_secret_and_no_git_from_the_checkout(checkout: Path, tmp_path: Path) -> None:
    real = find_program(os.environ, checkout)
    outside = tmp_path / "bin"
    for folder in (checkout, outside):
        folder.mkdir(exist_ok=True)
        text = f'#!/bin/sh\nenv >> "{folder}.trace"\nexec {real} "$@"\n'
        (folder / "git").write_text(text)
        (folder / "git").chmod(0o755)
    path = os.pathsep.join((str(checkout), ".", "", str(outside), os.environ["PATH"]))
    env = {**os.environ, "PATH": path, "DATAROBOT_API_TOKEN": SECRET, "GIT_DIR": "elsewhere"}
    assert read_commit(checkout, env) is not None
    assert not Path(f"{checkout}.trace").exists()
    seen = Path(f"{outside}.trace").read_text()
    assert "GIT_DIR=" in seen
    assert SECRET not in seen
    assert "elsewhere" not in seen


def test_a_checkout_of_another_user_is_read(checkout: Path, tmp_path: Path) -> None:
    real = find_program(os.environ, checkout)
    (tmp_path / "bin").mkdir()
    # The switch of git's own tests for a checkout of somebody else.
    text = f'#!/bin/sh\nexport GIT_TEST_ASSUME_DIFFERENT_OWNER=1\nexec {real} "$@"\n'
    (tmp_path / "bin/git").write_text(text)
    (tmp_path / "bin/git").chmod(0o755)
    env = {**os.environ, "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    plain = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=checkout, env=env, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert "dubious ownership" in plain.stderr
    commit = read_commit(checkout, env)
    assert commit is not None
    assert commit.sha == git(checkout, "rev-parse", "HEAD")


@pytest.mark.parametrize("how", ["link", "file", "common"])
def test_a_repository_that_leads_back_into_the_checkout_is_refused(
    checkout: Path, how: str
) -> None:
    if how == "common":
        git(checkout, "clone", "--bare", str(checkout), "team/bare")
        (checkout / ".git/commondir").write_text("../team/bare\n")
    else:
        (checkout / ".git").rename(checkout / "team/repository")
        if how == "link":
            (checkout / ".git").symlink_to("team/repository")
        else:
            (checkout / ".git").write_text("gitdir: team/repository\n")
    with pytest.raises(GitError, match="inside the checkout"):
        find_git_dir(checkout / "team")


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes in folders there")
def test_a_pipe_does_not_hold_us(checkout: Path) -> None:
    (checkout / ".git/HEAD").unlink()
    os.mkfifo(checkout / ".git/HEAD")
    with pytest.raises(GitError, match="regular file"):
        read_commit(checkout, os.environ)


def test_a_slow_or_broken_git_is_named(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").write_text("no program")
    (tmp_path / "bin/git").chmod(0o755)
    with pytest.raises(GitError, match="git cannot be started"):
        read_commit(checkout, {"PATH": str(tmp_path / "bin")})
