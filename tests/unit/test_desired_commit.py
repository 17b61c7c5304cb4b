"""Facts of a checkout: there, not there, dirty, shallow, and no credentials in addresses."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from reconciler.desired.commit import commit_url, read_commit

SHA = "a" * 40


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


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


def test_a_damaged_checkout(checkout: Path) -> None:
    (checkout / ".git/index").write_bytes(b"no index")
    assert read_commit(checkout) is None


def test_no_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_commit(tmp_path) is None
    assert read_commit(tmp_path / "gone") is None
    git(tmp_path, "init")
    assert read_commit(tmp_path) is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert read_commit(tmp_path) is None


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
