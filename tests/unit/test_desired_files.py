"""File sets of models: which files count, links, what is refused, and that only content matters."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.core.fileset import FileSet
from reconciler.core.resource import Address
from reconciler.desired import folder, ignore, ignore_file
from reconciler.desired.pack import open_entry
from reconciler.errors import Problem
from tests.support.manifests_on_disk import loaded, model, places, problems, put

MODEL = Address("CustomModel", "churn")


def tree(more: str = "") -> str:
    """A model whose files are the folder ``m``."""
    return model(spec=f"{{version: {{files: {{root: m{more}}}}}}}")


def model_files(tmp_path: Path, files: dict[str, str | bytes], more: str = "") -> FileSet:
    return (
        loaded(tmp_path, {"a.yaml": tree(more), **files})
        .graph.resources[MODEL]
        .files["version.files"]
    )


def names(tmp_path: Path, files: dict[str, str | bytes], more: str = "") -> list[str]:
    return [entry.path for entry in model_files(tmp_path, files, more).entries]


def refused(tmp_path: Path, more: str = "") -> Problem:
    """The one problem of the model in ``a.yaml`` with the folder as it is."""
    (found,) = problems(tmp_path, {"a.yaml": tree(more)})
    return found


# --- which files count -----------------------------------------------------------------------


def test_entries(tmp_path: Path) -> None:
    made = model_files(tmp_path, {"m/b/c.py": b"x", "m/a": b"", "m/.hidden": b"h"})
    assert made.form == "tree"
    assert made.source == str(tmp_path / "m")
    assert [(e.path, e.size) for e in made.entries] == [(".hidden", 1), ("a", 0), ("b/c.py", 1)]
    assert made.by_path["b/c.py"].sha256 == hashlib.sha256(b"x").hexdigest()


def test_what_never_counts(tmp_path: Path) -> None:
    noise = ["m/.git/config", "m/x/__pycache__/a", "m/a.pyc", "m/.DS_Store", "m/.reconcilerignore"]
    assert names(tmp_path, {"m/a.py": "", **dict.fromkeys(noise, "")}) == ["a.py"]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", ["a.py", "d/b.py", "d/c.csv", "e/f.csv"]),
        (", exclude: ['*.csv']", ["a.py", "d/b.py"]),
        (", exclude: [d/]", ["a.py", "e/f.csv"]),
        (", exclude: [/a.py, e]", ["d/b.py", "d/c.csv"]),
        (", exclude: ['*', '!d/', '!d/b.py']", ["d/b.py"]),
        (", exclude: ['*', '!*/', '!*.py']", ["a.py", "d/b.py"]),
        (", exclude: ['/*', '!/d/']", ["d/b.py", "d/c.csv"]),
        (", exclude: [d/*, '!d/b.py']", ["a.py", "d/b.py", "e/f.csv"]),
        (", include: [d/]", ["d/b.py", "d/c.csv"]),
        (", include: ['*.py']", ["a.py", "d/b.py"]),
        (", include: ['**', '!*.py']", ["d/c.csv", "e/f.csv"]),
        (", include: ['*.py'], exclude: [d]", ["a.py"]),
        (", exclude: [./d, ./e/]", ["a.py"]),
        (", include: [./a.py, ./d/*.py]", ["a.py", "d/b.py"]),
        (", include: [/a.py, d]", ["a.py", "d/b.py", "d/c.csv"]),
    ],
)
def test_patterns(tmp_path: Path, more: str, expected: list[str]) -> None:
    files: dict[str, str | bytes] = dict.fromkeys(
        ["m/a.py", "m/d/b.py", "m/d/c.csv", "m/e/f.csv"], ""
    )
    assert names(tmp_path, files, more) == expected


def test_ignore_files(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "m/.reconcilerignore": "# rest of a run\n*.log\n/tmp\n",
        "m/a.log": "",
        "m/tmp/x": "",
        "m/d/tmp/x": "",
        "m/d/.reconcilerignore": "!keep.log\n/only-here\n",
        "m/d/keep.log": "",
        "m/d/b.log": "",
        "m/d/only-here": "",
        "m/only-here": "",
    }
    assert names(tmp_path, files) == ["d/keep.log", "d/tmp/x", "only-here"]
    # The manifest has the last word.
    more = ", exclude: ['!a.log', only-here]"
    assert names(tmp_path, {}, more) == ["a.log", "d/keep.log", "d/tmp/x"]


def test_the_manifest_beside_its_files_is_none_of_them(tmp_path: Path) -> None:
    text = model(spec="{version: {files: {root: .}}}")
    made = loaded(tmp_path, {"m/model.yaml": text, "m/a.py": ""})
    (entry,) = made.graph.resources[MODEL].files["version.files"].entries
    assert entry.path == "a.py"


@pytest.mark.parametrize("root", ["./m", "m/", "m", "./x/../m", "./m/."])
def test_one_folder_has_many_spellings(tmp_path: Path, root: str) -> None:
    plain = loaded(tmp_path / "one", {"a.yaml": tree(), "m/f": "x"})
    text = model(spec=f"{{version: {{files: {{root: {root}}}}}}}")
    other = loaded(tmp_path / "two", {"b.yml": text, "m/f": "x"})
    assert plain.digest == other.digest


# --- counts and patterns that are refused ----------------------------------------------------


def test_no_file_is_left(tmp_path: Path) -> None:
    put(tmp_path, {"m/a.py": ""})
    found = refused(tmp_path, ", exclude: ['*']")
    assert places(tmp_path, [found]) == ["a.yaml:4:32 no-files spec.version.files.root"]


def test_too_many_files(tmp_path: Path) -> None:
    put(tmp_path, {f"m/{'big' if n < 90 else 'small'}/{n}": "" for n in range(101)})
    found = refused(tmp_path)
    assert found.code == "too-many-files"
    assert found.message == "101 files where 100 are allowed; most are here: 90 in big, 11 in small"
    (tmp_path / "m/big/0").unlink()
    loaded(tmp_path, {})


def test_a_walk_has_an_end(tmp_path: Path) -> None:
    # Folders that link to each other twice double with every level.
    for level in range(20):
        (tmp_path / f"m/{level}").mkdir(parents=True)
        for name in "ab":
            (tmp_path / f"m/{level}/{name}").symlink_to(f"../{level + 1}")
    (tmp_path / "m/20").mkdir()
    assert refused(tmp_path).message == f"more than {folder.MAX_VISITED} files and folders"


@pytest.mark.parametrize(
    ("more", "path"),
    [
        (", exclude: [a, '!']", "exclude[1]"),
        (", include: ['**', '" + "x" * (ignore.MAX_LENGTH + 1) + "']", "include[1]"),
        (", exclude: ['a[b']", "exclude[0]"),
        (", exclude: ['a\\']", "exclude[0]"),
        (f", exclude: [{'a,' * (ignore.MAX_PATTERNS + 1)}]", f"exclude[{ignore.MAX_PATTERNS}]"),
    ],
)
def test_bad_patterns(tmp_path: Path, more: str, path: str) -> None:
    put(tmp_path, {"m/a": ""})
    found = refused(tmp_path, more)
    assert (found.code, found.path) == ("bad-pattern", f"spec.version.files.{path}")


@pytest.mark.parametrize(
    ("more", "path", "hint"),
    [
        (", include: ['**', gone.py]", "include[1]", "Check the name"),
        (", include: [/etc/hostname, '*']", "include[0]", "Check the name"),
        (", include: ['*', d/]", "include[1]", "Check the name"),
        (", include: ['*', a.py], exclude: [/a.py]", "include[1]", "leaves it out"),
        (", include: [b, '*', ./a.py], exclude: [a.py]", "include[2]", "leaves it out"),
    ],
)
def test_an_include_without_a_file(tmp_path: Path, more: str, path: str, hint: str) -> None:
    put(tmp_path, {"m/a.py": "", "m/b": ""})
    found = refused(tmp_path, more)
    assert (found.code, found.path) == ("no-match", f"spec.version.files.{path}")
    assert hint in found.hint


def test_an_include_of_another_folder(tmp_path: Path) -> None:
    put(tmp_path, {"m/a.py": "", "common/c.py": ""})
    found = refused(tmp_path, ", include: ['*', '../common/*']")
    assert (found.code, found.path) == ("bad-pattern", "spec.version.files.include[1]")
    assert found.message == "the pattern '../common/*' can match nothing"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a\n!\n", ".reconcilerignore, line 2"),
        (b"\xff", "not UTF-8"),
        (b"#" * (ignore_file.MAX_BYTES + 1), "too large"),
    ],
)
def test_bad_ignore_files(tmp_path: Path, content: bytes, words: str) -> None:
    put(tmp_path, {"m/a": "", "m/.reconcilerignore": content})
    found = refused(tmp_path)
    assert found.code == "bad-pattern"
    assert words in found.message


# --- paths that are refused ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("root", "code", "words"),
    [
        ("/etc", "bad-path", "absolute"),
        ("~/m", "bad-path", "absolute"),
        ("'C:/m'", "bad-path", "absolute"),
        ("'m\\x'", "bad-path", "characters"),
        ('"m\\n"', "bad-path", "characters"),
        ("..", "bad-path", "leads out"),
        ("../../../../etc", "bad-path", "leads out"),
        ("../gone", "bad-path", "leads out"),
        ("m/../../etc", "bad-path", "leads out"),
        ("gone", "no-such-file", "does not exist"),
        ("m/a.py", "bad-path", "is not a folder"),
        (".git", "bad-path", ".git"),
        (".git/hooks", "bad-path", ".git"),
        ("out", "bad-path", "leads out"),
        ("loop", "no-such-file", "does not exist"),
        ("x" * 5000, "no-such-file", "does not exist"),
    ],
)
def test_bad_roots(tmp_path: Path, root: str, code: str, words: str) -> None:
    base = put(tmp_path / "base", {"m/a.py": "", ".git/hooks/x": ""})
    (base / "out").symlink_to(tmp_path)
    (base / "loop").symlink_to("loop")
    text = model(spec=f"{{version: {{files: {{root: {root}}}}}}}")
    (found,) = problems(base, {"a.yaml": text})
    assert (found.code, found.path, found.line) == (code, "spec.version.files.root", 4)
    assert words in found.message


def test_files_of_a_sibling_folder_are_fine(tmp_path: Path) -> None:
    text = model(spec="{version: {files: {root: ../shared}}}")
    loaded(tmp_path, {"models/a.yaml": text, "shared/a.py": ""})


# --- links and other things in a folder ------------------------------------------------------


def test_links_inside_are_followed(tmp_path: Path) -> None:
    put(tmp_path, {"m/a.py": "x", "m/d/b.py": "y"})
    (tmp_path / "m/link.py").symlink_to("a.py")
    (tmp_path / "m/other").symlink_to(tmp_path / "m/d")
    assert names(tmp_path, {}) == ["a.py", "d/b.py", "link.py", "other/b.py"]
    plain = {"m/a.py": "x", "m/link.py": "x", "m/d/b.py": "y", "m/other/b.py": "y"}
    assert model_files(tmp_path, {}) == model_files(tmp_path / "plain", plain)


@pytest.mark.parametrize(
    ("link", "target", "code"),
    [
        ("m/x", "../outside.txt", "link-outside"),
        ("m/x", "/etc/hostname", "link-outside"),
        ("m/x", "..", "link-outside"),
        ("m/x", ".git/config", "link-outside"),
        ("m/x", "gone", "bad-link"),
        ("m/x", "x", "bad-link"),
        ("m/d/x", ".", "bad-link"),
        ("m/d/x", "..", "bad-link"),
    ],
)
def test_bad_links(tmp_path: Path, link: str, target: str, code: str) -> None:
    put(tmp_path, {"m/a.py": "", "m/d/b.py": "", "m/.git/config": "", "outside.txt": ""})
    (tmp_path / link).symlink_to(target)
    found = refused(tmp_path)
    assert found.code == code
    assert repr(link.removeprefix("m/")) in found.message
    # What is left out may link wherever it likes.
    loaded(tmp_path, {"a.yaml": tree(", exclude: [x]")})


def test_two_folders_that_link_to_each_other(tmp_path: Path) -> None:
    put(tmp_path, {"m/a/1": "", "m/b/2": ""})
    (tmp_path / "m/a/to-b").symlink_to("../b")
    (tmp_path / "m/b/to-a").symlink_to("../a")
    found = problems(tmp_path, {"a.yaml": tree()})
    assert {each.code for each in found} == {"bad-link"}


def test_pipes_and_sockets_are_refused_unopened(tmp_path: Path) -> None:
    put(tmp_path, {"m/a.py": ""})
    os.mkfifo(tmp_path / "m/pipe")
    os.mkfifo(tmp_path / "m/.reconcilerignore")
    assert refused(tmp_path).code == "unreadable-file"
    (tmp_path / "m/.reconcilerignore").unlink()
    found = refused(tmp_path)
    assert (found.code, found.message) == ("not-a-file", "not a regular file: 'pipe'")
    assert names(tmp_path, {}, ", exclude: [pipe]") == ["a.py"]


def test_names_that_break_logs(tmp_path: Path) -> None:
    put(tmp_path, {"m/a\nb": "", "m/ok": ""})
    with open(os.fsencode(tmp_path / "m") + b"/\xff", "wb"):
        pass
    found = problems(tmp_path, {"a.yaml": tree()})
    assert [each.code for each in found] == ["file-name", "file-name"]
    assert all("\n" not in each.message for each in found)
    "".join(each.message for each in found).encode()


@pytest.mark.parametrize("name", ["a\\b.py", "d\\e/a.py", "d/\\"])
def test_names_with_a_backslash(tmp_path: Path, name: str) -> None:
    put(tmp_path, {f"m/{name}": "", "m/ok.py": ""})
    found = refused(tmp_path)
    assert (found.code, found.path) == ("file-name", "spec.version.files.root")
    assert found.message == f"a name with a backslash: {name.removesuffix('/a.py')!r}"
    assert names(tmp_path, {}, ", exclude: ['*\\\\*', d]") == ["ok.py"]


NFC, NFD = "mod\u00e8le.py", "mode\u0300le.py"


def test_a_name_in_another_unicode_form(tmp_path: Path) -> None:
    one = model_files(tmp_path / "one", {f"m/{NFC}": "x", "m/d\u00e9/a": "y"})
    other = model_files(tmp_path / "two", {f"m/{NFD}": "x", "m/de\u0301/a": "y"})
    assert other.digest == one.digest
    assert [entry.path for entry in other.entries] == ["d\u00e9/a", NFC]
    with open_entry(other, NFC) as stream:
        assert stream.read() == b"x"
    for pattern in (NFC, NFD):
        assert names(tmp_path / "two", {}, f", include: ['{pattern}']") == [NFC]
        (tmp_path / "two/m/.reconcilerignore").write_text(pattern, "utf-8")
        assert names(tmp_path / "two", {}) == ["d\u00e9/a"]
        (tmp_path / "two/m/.reconcilerignore").unlink()


def test_two_names_that_differ_in_their_unicode_form_only(tmp_path: Path) -> None:
    put(tmp_path, {f"m/d/{NFC}": "", f"m/d/{NFD}": "", "m/a.py": ""})
    found = refused(tmp_path)
    assert found.code == "file-name"
    assert found.message == f"two names that differ in their Unicode form only: 'd/{NFC}'"
    assert names(tmp_path, {}, ", exclude: [d]") == ["a.py"]
    assert names(tmp_path, {}, f", exclude: [{NFC}]") == ["a.py"]


# --- what may not be read ---------------------------------------------------------------------


@contextmanager
def unprivileged() -> Iterator[Path]:
    """A folder of a user who may not read everything, whoever runs the tests."""
    me = os.geteuid()
    with tempfile.TemporaryDirectory() as made:
        os.chown(made, me or 65_534, -1)
        os.seteuid(me or 65_534)
        try:
            yield Path(made)
        finally:
            os.seteuid(me)


def test_files_that_may_not_be_read() -> None:
    with unprivileged() as folder:
        put(folder, {"m/a.py": "", "m/d/b.py": "", "closed/c.yaml": model(), "z.yaml": model("z")})
        for path in ("m/a.py", "m/d", "closed", "z.yaml"):
            (folder / path).chmod(0)
        found = problems(folder, {"a.yaml": tree()})
        (folder / "m/d").chmod(0o700)
        again = problems(folder, {})
    assert places(folder, found) == [
        "a.yaml:4:32 unreadable-file spec.version.files.root",
        "closed unreadable",
        "m/d unreadable",
        "z.yaml unreadable",
    ]
    assert found[0].message == "cannot read 'd': permission denied"
    assert again[0].message == "cannot read 'a.py': permission denied"
