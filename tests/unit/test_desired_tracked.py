"""What is sent from a git checkout, and files that are refused for the secrets in them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.core.resource import Address
from reconciler.desired.load import Desired
from reconciler.desired.tracked import Checkouts, GitError, State
from tests.support.git_commands import committed, git
from tests.support.manifests_on_disk import environment, loaded, model, problems, put

Files = Mapping[str, str | bytes]


def tree(more: str = "", root: str = "m") -> str:
    return model(spec=f"{{version: {{files: {{root: {root}{more}}}}}}}")


def sent(desired: Desired, key: str = "version.files") -> list[str]:
    (resource,) = desired.graph.resources.values()
    return [entry.path for entry in resource.files[key].entries]


def checkout(tmp_path: Path, files: Files) -> Path:
    return committed(put(tmp_path / "repository", files))


IGNORED: Files = {".gitignore": "*.log\n.venv/\n", "m/a.py": "", "a.yaml": tree()}


def test_what_git_ignores_is_left_out(tmp_path: Path) -> None:
    folder = checkout(tmp_path, IGNORED)
    put(folder, {"m/run.log": "", "m/.venv/lib/x.py": "", "m/new.py": ""})
    found = loaded(folder, {})
    assert sent(found) == ["a.py", "new.py"]
    (warning,) = found.warnings
    assert (warning.code, warning.path, warning.line) == (
        "untracked-file",
        "spec.version.files.root",
        4,
    )
    assert warning.message == "git does not track files that are sent: 'new.py'"
    git(folder, "add", "m/new.py")
    assert loaded(folder, {}).warnings == ()


def test_what_git_ignores_is_sent_on_demand(tmp_path: Path) -> None:
    folder = checkout(tmp_path, IGNORED)
    more = ", gitIgnored: include, exclude: [.venv]"
    found = loaded(folder, {"m/run.log": "", "m/.venv/x": "", "a.yaml": tree(more)})
    assert (sent(found), found.warnings) == (["a.py", "run.log"], ())


def test_a_context_too(tmp_path: Path) -> None:
    text = environment(spec="{version: {dockerContext: docker}}")
    folder = checkout(tmp_path, {".gitignore": "*.log", "a.yaml": text, "docker/Dockerfile": ""})
    found = loaded(folder, {"docker/run.log": ""})
    assert sent(found, "version.dockerContext") == ["Dockerfile"]


def test_many_untracked_files_are_counted(tmp_path: Path) -> None:
    folder = checkout(tmp_path, {"a.yaml": tree()})
    (warning,) = loaded(folder, {f"m/{n}.py": "" for n in range(5)}).warnings
    assert warning.message.endswith(": '0.py', '1.py', '2.py' and 2 more")


def test_nothing_but_ignored_files(tmp_path: Path) -> None:
    folder = checkout(tmp_path, {".gitignore": "m/", "a.yaml": tree()})
    (found,) = problems(folder, {"m/a.py": ""})
    assert (found.code, found.message) == ("no-files", "git ignores every file that is left")
    assert "gitIgnored: include" in found.hint


def test_a_clone_has_the_same_digest(tmp_path: Path) -> None:
    folder = checkout(tmp_path, {**IGNORED, "m/ä b.py": "x"})
    put(folder, {"m/run.log": "", "m/.venv/x": ""})
    git(tmp_path, "clone", "repository", "clone")
    assert loaded(folder, {}).digest == loaded(tmp_path / "clone", {}).digest


def test_a_worktree_and_a_folder_below_the_top(tmp_path: Path) -> None:
    files = {"sub/a.yaml": tree(), "sub/m/a.py": "", ".gitignore": "*.log"}
    folder = checkout(tmp_path, files)
    git(folder, "worktree", "add", "../other")
    for each in (folder, tmp_path / "other"):
        assert sent(loaded(each / "sub", {"m/run.log": ""})) == ["a.py"]


def test_links_to_what_git_ignores(tmp_path: Path) -> None:
    folder = put(tmp_path / "repository", {**IGNORED, "m/run.log": "", "m/.venv/x.py": ""})
    (folder / "m/link.txt").symlink_to("run.log")
    (folder / "m/lib").symlink_to(".venv")
    committed(folder)
    assert sent(loaded(folder, {})) == ["a.py"]


def test_a_submodule_and_another_repository_inside(tmp_path: Path) -> None:
    committed(put(tmp_path / "library", {"lib.py": "", ".gitignore": "*.log"}))
    folder = checkout(tmp_path, {"a.yaml": tree(), "m/a.py": ""})
    git(folder, "submodule", "add", "../library", "m/library")
    git(folder, "commit", "-am", "submodule")
    put(folder, {"m/library/run.log": ""})
    found = loaded(folder, {})
    assert (sent(found), found.warnings) == (["a.py", "library/.gitignore", "library/lib.py"], ())
    committed(put(folder / "m/nested", {"n.py": ""}))
    found = loaded(folder, {})
    assert "nested/n.py" in sent(found)
    assert [warning.code for warning in found.warnings] == ["untracked-file"]


def test_a_checkout_inside_of_an_ignored_folder_of_another_one(tmp_path: Path) -> None:
    committed(put(tmp_path, {".gitignore": "repository/\n"}))
    folder = checkout(tmp_path, IGNORED)
    assert sent(loaded(folder, {})) == ["a.py"]


def test_a_folder_that_only_looks_like_a_repository(tmp_path: Path) -> None:
    # A pull request can add the files of a bare repository whose settings run a program.
    folder = put(tmp_path, {"a.yaml": tree(), "m/a.py": "", "HEAD": "ref: refs/heads/main\n"})
    put(folder, {"objects/x": "", "refs/x": "", "config": "[core]\n\tbare = true\n"})
    calls: list[tuple[str, ...]] = []

    def never(top: Path, *arguments: str) -> bytes:
        calls.append(arguments)
        return b""

    assert Checkouts(folder, never).state(folder / "m/a.py") is State.TRACKED
    assert calls == []


def test_nothing_of_the_checkout_runs(tmp_path: Path) -> None:
    folder = checkout(tmp_path, {**IGNORED, ".gitattributes": "* filter=evil\n"})
    script = folder / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\ncat\n")
    script.chmod(0o755)
    for key in ("core.fsmonitor", "filter.evil.clean", "filter.evil.smudge", "core.pager"):
        git(folder, "config", key, str(script))
    for hook in ("post-index-change", "post-checkout"):
        (folder / ".git/hooks" / hook).write_text(script.read_text())
        (folder / ".git/hooks" / hook).chmod(0o755)
    (folder / "m/a.py").write_text("changed")
    (tmp_path / "ran").unlink(missing_ok=True)
    assert sent(loaded(folder, {"m/run.log": ""})) == ["a.py"]
    assert not (tmp_path / "ran").exists()


def test_git_lists_a_checkout_once(tmp_path: Path) -> None:
    put(tmp_path, {".git/x": "", "m/a": "", "n/b": ""})
    calls: list[tuple[str, ...]] = []

    def listed(top: Path, *arguments: str) -> bytes:
        calls.append(arguments)
        return b"100644 e69de29 0\tm/a\0" if "--stage" in arguments else b"n/b\0"

    checkouts = Checkouts(tmp_path, listed)
    states = {path: checkouts.state(tmp_path / path) for path in ("m/a", "n/b", "n", "c", "m/c")}
    assert [state.name for state in states.values()] == [
        "TRACKED",
        "UNTRACKED",
        "UNTRACKED",
        "IGNORED",
        "IGNORED",
    ]
    assert [call[2] for call in calls] == ["--stage", "--others"]


def test_a_name_in_another_unicode_form(tmp_path: Path) -> None:
    put(tmp_path, {".git/x": ""})
    checkouts = Checkouts(tmp_path, lambda top, *arguments: "100644 e69de29 0\te\u0301\0".encode())
    assert checkouts.state(tmp_path / "\u00e9") is State.TRACKED


def test_git_that_fails(tmp_path: Path) -> None:
    put(tmp_path, {".git/x": "", "m/a.py": "", "a.yaml": tree()})
    found = loaded(tmp_path, {})
    assert sent(found) == ["a.py"]
    (warning,) = found.warnings
    assert warning.code == "git-unreadable"
    assert "cannot read HEAD" in warning.message

    def missing(top: Path, *arguments: str) -> bytes:
        raise GitError("git is not installed")

    assert Checkouts(tmp_path, missing).state(tmp_path / "m/a.py") is State.TRACKED


# --- what was not fetched ----------------------------------------------------------------------

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12345\n".format("0" * 64)


def test_lfs_pointers_are_refused(tmp_path: Path) -> None:
    files = {"a.yaml": tree(), "m/a.py": "", "m/w.bin": POINTER, "m/d/v.bin": POINTER}
    found = problems(tmp_path, files)
    assert [each.code for each in found] == ["lfs-pointer"] * 2
    assert found[0].message == "'d/v.bin' is a Git LFS pointer, not the file that it stands for"
    assert found[0].hint == "Run `git lfs pull`."
    assert sent(loaded(tmp_path, {"a.yaml": tree(", exclude: ['*.bin']")})) == ["a.py"]
    (tmp_path / "m/w.bin").write_text(POINTER + "x" * 1024)
    (tmp_path / "m/d/v.bin").write_text(f" {POINTER}")
    assert sent(loaded(tmp_path, {"a.yaml": tree()})) == ["a.py", "d/v.bin", "w.bin"]


def test_an_image_that_is_an_lfs_pointer(tmp_path: Path) -> None:
    text = environment(spec="{version: {dockerImage: i.tar}}")
    (found,) = problems(tmp_path, {"a.yaml": text, "i.tar": POINTER})
    assert (found.code, found.path) == ("lfs-pointer", "spec.version.dockerImage")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone without its submodule ``m/library``; ``m`` holds a file beside it."""
    committed(put(tmp_path / "library", {"lib.py": ""}))
    folder = checkout(tmp_path, {"a.yaml": tree(), "m/a.py": ""})
    git(folder, "submodule", "add", "../library", "m/library")
    git(folder, "commit", "-am", "submodule")
    git(tmp_path, "clone", "repository", "clone")
    return tmp_path / "clone"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (tree(), "library"),
        (tree(root="m/library"), "."),
        (tree(", include: ['*.py']"), "library"),
        (tree(", include: [library/lib.py]"), "library"),
    ],
)
def test_an_empty_submodule_is_refused(clone: Path, text: str, name: str) -> None:
    (found,) = problems(clone, {"a.yaml": text})
    assert found.message == f"the folder of the submodule {name!r} is empty"
    assert (found.code, found.hint) == ("empty-submodule", "Run `git submodule update --init`.")
    git(clone, "submodule", "update", "--init")
    loaded(clone, {})


@pytest.mark.parametrize("more", [", exclude: [library]", ", include: [/a.py]"])
def test_an_empty_submodule_that_is_not_wanted(clone: Path, more: str) -> None:
    assert sent(loaded(clone, {"a.yaml": tree(more)})) == ["a.py"]


# --- secrets -----------------------------------------------------------------------------------

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMII\n"


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (".env", ""),
        (".env.local", ""),
        ("d/.ENV", ""),
        (".netrc", ""),
        ("id_ed25519", ""),
        ("server.key", ""),
        ("store.p12", ""),
        (".aws/credentials", ""),
        (".kube/config", ""),
        ("token.json", ""),
        ("server.pem", f"text\n{KEY}"),
        ("server.pem", "-----BEGIN PRIVATE KEY-----\n"),
        ("account.json", '{"private_key": "-----BEGIN PRIVATE KEY-----\\nMII"}'),
    ],
)
def test_secrets_are_refused_unless_they_are_named(tmp_path: Path, path: str, content: str) -> None:
    (found,) = problems(tmp_path, {"a.yaml": tree(), "m/a.py": "", f"m/{path}": content})
    assert (found.code, found.path) == ("secret-file", "spec.version.files.root")
    assert repr(path) in found.message
    for more in (f", include: ['**', {path}]", f", exclude: ['!{path}']"):
        assert path in sent(loaded(tmp_path, {"a.yaml": tree(more)}))
    name = path.rpartition("/")[2]
    (found,) = problems(tmp_path, {"a.yaml": tree(f", include: ['**', '{name[:-1]}?']")})
    assert found.code == "secret-file"
    assert sent(loaded(tmp_path, {"a.yaml": tree(f", exclude: ['{name}']")})) == ["a.py"]
    (tmp_path / "m/.reconcilerignore").write_text(f"!{path}\n")
    assert path in sent(loaded(tmp_path, {"a.yaml": tree()}))


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("tokenizer.json", "{}"),
        ("special_tokens_map.json", "{}"),
        ("ca.pem", "-----BEGIN CERTIFICATE-----\n"),
        ("keys.py", "print('x -----BEGIN PRIVATE KEY-----')\n"),
        ("config.json", "{}"),
        ("env.py", ""),
    ],
)
def test_what_is_no_secret(tmp_path: Path, path: str, content: str) -> None:
    assert sent(loaded(tmp_path, {"a.yaml": tree(), f"m/{path}": content})) == [path]


def test_the_address_of_a_warning(tmp_path: Path) -> None:
    folder = checkout(tmp_path, {"a.yaml": tree()})
    (warning,) = loaded(folder, {"m/a.py": ""}).warnings
    assert warning.address == str(Address("CustomModel", "churn"))
    assert warning.warning
