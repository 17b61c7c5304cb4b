"""A version made of the files of more than one folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.core.resource import Address
from reconciler.desired.pack import open_entry
from tests.support.manifests_on_disk import loaded, model, problems

MODEL = Address("CustomModel", "churn")

SHARED: dict[str, str | bytes] = {
    "team/m/a.py": "a",
    "team/m/d/b.py": "b",
    "common/c.py": "c",
    "common/d/e.py": "e",
    "common/x.tmp": "",
}


def many(*parts: str) -> dict[str, str | bytes]:
    """The manifest of a model with these file sets, and the files that they share."""
    listed = ", ".join(f"{{{part}}}" for part in parts)
    return {**SHARED, "team/a.yaml": model(spec=f"{{version: {{files: [{listed}]}}}}")}


def test_files_of_more_than_one_folder(tmp_path: Path) -> None:
    files = many("root: ./m", "root: ../common, under: common/, exclude: ['*.tmp']")
    made = loaded(tmp_path, files).graph.resources[MODEL].files["version.files"]
    assert [e.path for e in made.entries] == ["a.py", "common/c.py", "common/d/e.py", "d/b.py"]
    assert [open_entry(made, e.path).read() for e in made.entries] == [b"a", b"c", b"e", b"b"]
    moved = {"m/a.py": "a", "m/d/b.py": "b", "m/common/c.py": "c", "m/common/d/e.py": "e"}
    text = model(spec="{version: {files: {root: m}}}")
    plain = loaded(tmp_path / "plain", {"a.yaml": text, **moved}).graph.resources[MODEL]
    assert plain.files["version.files"].digest == made.digest


@pytest.mark.parametrize("under", ["common", "./common/", "common//", "x/../common"])
def test_one_place_has_many_spellings(tmp_path: Path, under: str) -> None:
    found = loaded(tmp_path, many(f"root: ../common, include: [c.py], under: {under}"))
    (entry,) = found.graph.resources[MODEL].files["version.files"].entries
    assert entry.path == "common/c.py"


@pytest.mark.parametrize(
    ("parts", "code", "path", "words"),
    [
        (["root: m", "root: m"], "same-path", "[1]", "files[0] and files[1] both bring 'd/b.py'"),
        (["root: m", "root: ../common, under: a.py"], "same-path", "[1]", "both bring 'a.py'"),
        (["root: ../common, under: a.py", "root: m"], "same-path", "[1]", "both bring 'a.py'"),
        (["root: m", "root: ../gone"], "no-such-file", "[1].root", "does not exist"),
        (["root: m", "root: ../common, exclude: ['*']"], "no-files", "[1].root", "no file"),
        (["root: m", "root: ../common, include: [x]"], "no-match", "[1].include[0]", "'x'"),
        (["root: m", "root: ../common, under: ../x"], "bad-path", "[1].under", "leads out"),
        (["root: m", "root: ../common, under: /x"], "bad-path", "[1].under", "not a folder"),
        (["root: m", "root: ../common, under: 'C:x'"], "bad-path", "[1].under", "not a folder"),
        (["root: m", "root: ../common, under: 'a\\b'"], "bad-path", "[1].under", "not a folder"),
        (["root: m", "root: ../common, udner: x"], "unknown-key", "[1].udner", "'under'"),
        (["root: m", "under: x"], "missing-key", "[1].root", "root"),
        (["root: m", "root: 1"], "wrong-type", "[1].root", "a text"),
        ([], "invalid-value", "", "at least 1"),
    ],
)
def test_lists_that_are_refused(
    tmp_path: Path, parts: list[str], code: str, path: str, words: str
) -> None:
    found = [each for each in problems(tmp_path, many(*parts)) if each.code == code]
    assert {each.path for each in found[-1:]} == {f"spec.version.files{path}"}
    assert words in found[-1].message
    assert found[-1].line == 4


def test_the_limit_counts_all_of_them(tmp_path: Path) -> None:
    extra = {f"common/{n}.py": "" for n in range(60)} | {f"team/m/{n}.py": "" for n in range(60)}
    text = many("root: m", "root: ../common, under: c")
    (found,) = problems(tmp_path, {**text, **extra})
    assert (found.code, found.path) == ("too-many-files", "spec.version.files")


@pytest.mark.parametrize("value", ["m", "3", "[m]"])
def test_what_is_neither_a_folder_nor_a_list_of_folders(tmp_path: Path, value: str) -> None:
    text = model(spec=f"{{version: {{files: {value}}}}}")
    (found,) = problems(tmp_path, {"a.yaml": text, "m/a": ""})
    assert found.code == "wrong-type"
    assert found.path == "spec.version.files" + ("[0]" if value == "[m]" else "")


def test_a_yaml_file_in_a_shared_folder_is_data(tmp_path: Path) -> None:
    files = many("root: m", "root: ../common, under: c, include: [params.yml]")
    found = loaded(tmp_path, {**files, "common/params.yml": "a: 1\n"})
    assert list(found.graph.resources) == [MODEL]
