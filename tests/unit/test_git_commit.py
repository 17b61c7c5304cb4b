"""Facts of a checkout: there, not there, dirty, shallow, and no credentials in addresses."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from reconciler.core.commit import Commit
from reconciler.git.commit import commit_url, compare_commits
from reconciler.git.commit import read_commit as read
from reconciler.git.git_dir import GitError

SHA = "a" * 40


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def read_commit(folder: Path, besides: Iterable[Path] = ()) -> Commit | None:
    """The commit, read with the environment of this process."""
    return read(folder, os.environ, besides)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with two commits on ``main``."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--initial-branch=main")
    for number in range(2):
        (folder / "models").mkdir(exist_ok=True)
        (folder / "models/a.yaml").write_text(str(number))
        git(folder, "add", ".")
        git(folder, "commit", "-m", str(number))
    return folder


def test_a_clean_checkout(checkout: Path) -> None:
    commit = read_commit(checkout)
    assert commit is not None
    assert commit.sha == git(checkout, "rev-parse", "HEAD")
    assert (commit.ref, commit.dirty) == ("main", False)
    assert commit.url == f"https://no-remote.invalid/commit/{commit.sha}"
    assert read_commit(checkout / "models") == commit


def test_a_remote_and_a_detached_head(checkout: Path) -> None:
    git(checkout, "remote", "add", "origin", "git@github.com:acme/models.git")
    git(checkout, "checkout", "--detach")
    commit = read_commit(checkout)
    assert commit is not None
    assert (commit.ref, commit.url) == ("", f"https://github.com/acme/models/commit/{commit.sha}")


def test_only_changes_in_the_folder_make_it_dirty(checkout: Path) -> None:
    (checkout / "README.md").write_text("new")
    inside = read_commit(checkout / "models")
    whole = read_commit(checkout)
    assert inside is not None
    assert whole is not None
    assert (inside.dirty, whole.dirty) == (False, True)
    (checkout / "models/a.yaml").write_text("changed")
    changed = read_commit(checkout / "models")
    assert changed is not None
    assert changed.dirty


def test_files_that_are_named_do_not_make_it_dirty(checkout: Path) -> None:
    named = (checkout / "models" / "plan*.json", checkout / "a.yaml")
    named[0].write_text("ours")
    inside = read_commit(checkout / "models", named)
    assert inside is not None
    assert not inside.dirty
    (checkout / "models" / "plan1.json").write_text("a name is no pattern")
    other = read_commit(checkout / "models", named)
    assert other is not None
    assert other.dirty


def test_a_shallow_clone(checkout: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--depth=1", checkout.as_uri(), str(clone))
    commit = read_commit(clone)
    assert commit is not None
    assert commit.sha == git(checkout, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ({".git/index": "no index"}, "index file"),
        ({".git/HEAD": "nonsense"}, "HEAD names no commit"),
        ({".git/HEAD": "ref: ../../../etc/passwd"}, "HEAD has an invalid reference"),
        ({".git/HEAD": "b" * 40}, "b" * 40),
        ({".git/config": "[core"}, "bad config"),
    ],
)
def test_a_damaged_checkout(checkout: Path, damage: dict[str, str], reason: str) -> None:
    for name, text in damage.items():
        (checkout / name).write_text(text)
    with pytest.raises(GitError, match=reason):
        read_commit(checkout)


def test_no_checkout(tmp_path: Path) -> None:
    assert read_commit(tmp_path) is None
    assert read_commit(tmp_path / "gone") is None
    git(tmp_path, "init")
    assert read_commit(tmp_path) is None


def test_a_checkout_without_git(checkout: Path, tmp_path: Path) -> None:
    empty = {"PATH": str(tmp_path)}
    with pytest.raises(GitError, match="git is not installed"):
        read(checkout, empty)
    assert compare_commits(checkout, {SHA}, empty).unknown == {SHA}
    assert read(tmp_path, empty) is None


def test_a_linked_worktree_and_packed_references(checkout: Path, tmp_path: Path) -> None:
    git(checkout, "worktree", "add", "-b", "feature/x", str(tmp_path / "linked"))
    git(checkout, "pack-refs", "--all")
    commit = read_commit(tmp_path / "linked")
    assert commit is not None
    assert (commit.ref, commit.sha) == ("feature/x", git(checkout, "rev-parse", "HEAD"))


def test_a_repository_with_other_hashes(tmp_path: Path) -> None:
    git(tmp_path, "init", "--object-format=sha256")
    (tmp_path / "a.yaml").write_text("a")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "one")
    commit = read_commit(tmp_path)
    assert commit is not None
    assert (len(commit.sha), commit.dirty) == (64, False)


def test_the_order_of_commits(checkout: Path) -> None:
    new, old = git(checkout, "rev-parse", "HEAD"), git(checkout, "rev-parse", "HEAD~1")
    strange = {SHA, "--output=x", ""}
    order = compare_commits(checkout, {new, old, *strange}, os.environ)
    assert (order.newer, order.unknown) == (set(), strange)
    git(checkout, "checkout", "--detach", old)
    assert compare_commits(checkout, {new, old}, os.environ).newer == {new}


def test_files_of_the_user_and_of_the_clone_that_are_ignored(
    checkout: Path, tmp_path: Path
) -> None:
    (checkout / "a.swp").touch()
    (checkout / ".git/info/exclude").write_text("*.swp\n")
    (tmp_path / "home/.config/git").mkdir(parents=True)
    (tmp_path / "home/.config/git/ignore").write_text("*.idea\n")
    (checkout / "b.idea").touch()
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home")}
    commit = read(checkout, env)
    assert commit is not None
    assert not commit.dirty
    (tmp_path / "list").write_text("*.old\n")
    (tmp_path / "home/.gitconfig").write_text("[core]\nexcludesFile = ~/../list\n")
    (checkout / "b.idea").rename(checkout / "b.old")
    commit = read(checkout, env)
    assert commit is not None
    assert not commit.dirty


def test_line_ends_that_git_converts_are_no_change(checkout: Path) -> None:
    (checkout / "models/a.yaml").write_bytes(b"a\n")
    git(checkout, "commit", "-a", "-m", "line")
    git(checkout, "config", "core.autocrlf", "true")
    (checkout / "models/a.yaml").unlink()
    git(checkout, "checkout", "models/a.yaml")
    assert (checkout / "models/a.yaml").read_bytes() == b"a\r\n"
    os.utime(checkout / "models/a.yaml", (1, 1))
    converted = read_commit(checkout)
    git(checkout, "config", "core.autocrlf", "false")
    changed = read_commit(checkout)
    assert changed is not None
    assert converted is not None
    assert (changed.dirty, converted.dirty) == (True, False)


def test_large_files_are_compared_by_their_pointer(checkout: Path) -> None:
    digest = hashlib.sha256(b"large").hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 5\n"
    (checkout / "model.bin").write_text(pointer)
    git(checkout, "add", ".")
    git(checkout, "commit", "-m", "large")
    (checkout / "model.bin").write_bytes(b"large")
    fetched = read_commit(checkout)
    (checkout / "model.bin").write_bytes(b"other")
    changed = read_commit(checkout)
    assert fetched is not None
    assert changed is not None
    assert (fetched.dirty, changed.dirty) == (False, True)


def test_a_submodule_counts_by_its_commit(checkout: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", str(checkout), "inner")
    git(checkout, "-c", "protocol.file.allow=always", "submodule", "add", str(tmp_path / "inner"))
    git(checkout, "commit", "-m", "submodule")
    clean = read_commit(checkout)
    git(checkout / "inner", "checkout", "HEAD~1")
    moved = read_commit(checkout)
    inner = read_commit(checkout / "inner")
    assert clean is not None
    assert moved is not None
    assert inner is not None
    assert (clean.dirty, moved.dirty, inner.dirty) == (False, True, False)


@pytest.mark.parametrize(
    ("remote", "page"),
    [
        ("https://github.com/acme/models.git", "https://github.com/acme/models"),
        ("https://user:s3cret@github.com/acme/models", "https://github.com/acme/models"),
        ("https://x-access-token:t@host:8443/a/b.git/", "https://host:8443/a/b"),
        ("http://git.acme.io/a/b", "https://git.acme.io/a/b"),
        ("git@gitlab.com:group/sub/models.git", "https://gitlab.com/group/sub/models"),
        ("ssh://git@host.io:2222/a/b.git", "https://host.io/a/b"),
        ("git://host.io/a/b", "https://host.io/a/b"),
        ("https://host.io/a/b?token=s3cret#x", "https://host.io/a/b"),
    ],
)
def test_addresses(remote: str, page: str) -> None:
    assert commit_url(remote, SHA) == f"{page}/commit/{SHA}"


@pytest.mark.parametrize(
    "remote",
    ["", "/srv/git/models.git", "../models", "file:///srv/git/models", "C:\\models", "https:///x",
     "https://[::1/x", "ext::sh -c touch", "https://host.io:port/x"],
)  # fmt: skip
def test_remotes_without_a_page(remote: str) -> None:
    assert commit_url(remote, SHA) == f"https://no-remote.invalid/commit/{SHA}"
