"""Which files are manifests: paths, folders, hidden and excluded files, data beside manifests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.desired.load import Desired, load
from reconciler.desired.path_problem import dig, dotted, undotted
from reconciler.errors import ManifestError, Problem
from tests.support.manifests_on_disk import (
    KINDS,
    environment,
    loaded,
    model,
    places,
    problems,
    project,
    put,
)


def names(made: Desired) -> list[str]:
    return [str(address) for address in made.graph.resources]


def below(folder: Path, paths: tuple[str, ...]) -> list[str]:
    return [path.removeprefix(f"{folder}/") for path in paths]


def refused(paths: list[Path], folder: Path) -> list[Problem]:
    with pytest.raises(ManifestError) as caught:
        load(paths, folder, KINDS)
    return list(caught.value.problems)


# --- paths -----------------------------------------------------------------------------------


def test_nothing_at_all(tmp_path: Path) -> None:
    made = loaded(tmp_path, {"README.md": "no manifest"})
    assert (names(made), made.left_out, made.whole) == ([], (), True)
    assert made.digest.startswith("sha256:")


def test_yaml_files_of_all_folders(tmp_path: Path) -> None:
    files = {"a.yaml": model("a"), "b/c/d.yml": model("b"), "e.yaml.bak": "no", "f.txt": "no"}
    assert names(loaded(tmp_path, {**files, "empty.yaml": ""})) == [
        "CustomModel/a",
        "CustomModel/b",
    ]


def test_given_paths(tmp_path: Path) -> None:
    put(tmp_path, {"a.yaml": model("a"), "b/c.yaml": model("b"), "b/d.json": model("d")})
    file = load([tmp_path / "a.yaml"], tmp_path, KINDS)
    assert (names(file), file.whole) == (["CustomModel/a"], False)
    # A file that is named is read whatever its name, and once however often it is named.
    paths = [tmp_path / "b", tmp_path / "b/d.json", tmp_path / "b/../b/c.yaml"]
    assert names(load(paths, tmp_path, KINDS)) == ["CustomModel/b", "CustomModel/d"]
    assert load([tmp_path / "b/.."], tmp_path, KINDS).whole


def test_files_are_named_as_the_user_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, {"m/a.yaml": model("a"), "m/b.yaml": model("a")})
    monkeypatch.chdir(tmp_path)
    assert refused([], Path("."))[0].location == "m/b.yaml:3:18"
    assert refused([Path("m")], Path("."))[0].location == "m/b.yaml:3:18"
    assert refused([], Path("m"))[0].location == "m/b.yaml:3:18"
    assert refused([], tmp_path)[0].file == f"{tmp_path}/m/b.yaml"
    (tmp_path / "m/b.yaml").unlink()
    assert load([], Path("."), KINDS).graph.order()[0].name == "a"
    problem = Problem("any", "any", address="CustomModel/a", path="metadata")
    assert load([], Path("m"), KINDS).locate(problem).location == "m/a.yaml:3:11"


def test_paths_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    found = refused([tmp_path / "gone", tmp_path / "loop", tmp_path], tmp_path)
    assert [each.code for each in found] == ["no-such-path", "no-such-path"]
    assert [each.code for each in refused([], tmp_path / "gone")] == ["no-such-path"]


def test_pipes_and_broken_links_are_not_read(tmp_path: Path) -> None:
    put(tmp_path, {"folder.yaml/a.yaml": model()})
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "gone.yaml").symlink_to("nowhere")
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "out.yaml").symlink_to("/etc/hostname")
    found = problems(tmp_path, {})
    assert places(tmp_path, found) == [
        "gone.yaml unreadable",
        "loop.yaml unreadable",
        "out.yaml link-outside",
        "pipe.yaml unreadable",
    ]


def test_links_inside_the_project_are_read_once(tmp_path: Path) -> None:
    put(tmp_path, {"a.yaml": model()})
    (tmp_path / "b.yaml").symlink_to("a.yaml")
    assert names(loaded(tmp_path, {})) == ["CustomModel/churn"]


def test_strange_names(tmp_path: Path) -> None:
    found = problems(tmp_path, {"a\nb.yaml": model(), "c\x1b[2J/d.yaml": model()})
    assert [each.code for each in found] == ["file-name", "file-name"]
    assert all(each.location.isprintable() and each.message.isprintable() for each in found)


def test_a_path_outside_brings_its_own_root(tmp_path: Path) -> None:
    text = model(spec="{version: {files: {root: ../shared}}}")
    put(tmp_path, {"here/x": "", "there/a.yaml": text, "shared/f": ""})
    here = tmp_path / "here"
    assert [each.code for each in refused([tmp_path / "there"], here)] == ["bad-path"]
    assert [each.code for each in refused([tmp_path / "there/a.yaml"], here)] == ["bad-path"]
    assert names(load([tmp_path / "there"], tmp_path, KINDS)) == ["CustomModel/churn"]


def test_too_many_documents_in_all(tmp_path: Path) -> None:
    text = "---\n".join(model(f"m{n}") for n in range(10))
    put(tmp_path, {f"{n}.yaml": "--- {}\n" * 1000 for n in range(21)})
    found = problems(tmp_path, {"a.yaml": text})
    assert {each.code for each in found} == {"too-many-documents"}


# --- the project's file ----------------------------------------------------------------------


def test_a_given_folder_brings_its_project(tmp_path: Path) -> None:
    put(tmp_path, {"x/reconciler.yaml": project("{exclude: [/b.yaml]}"), "x/a.yaml": model("a")})
    put(tmp_path, {"x/b.yaml": "[", "y/a.yaml": model("a")})
    made = load([tmp_path / "x"], tmp_path, KINDS)
    assert (made.project.scope, names(made), made.whole) == ("fraud", ["CustomModel/a"], True)
    assert load([tmp_path / "x/reconciler.yaml"], tmp_path, KINDS).project.scope == "fraud"
    assert load([tmp_path / "x/a.yaml"], tmp_path, KINDS).project.scope == "fraud"
    assert load([tmp_path / "y"], tmp_path, KINDS).project.scope == "default"


def test_only_the_project_of_a_file_that_was_not_asked_for(tmp_path: Path) -> None:
    put(tmp_path, {"reconciler.yaml": f"{project()}---\n{model('b')}", "a/a.yaml": model("a")})
    made = load([tmp_path / "a"], tmp_path, KINDS)
    assert (made.project.scope, names(made)) == ("fraud", ["CustomModel/a"])


def test_two_projects(tmp_path: Path) -> None:
    put(tmp_path, {"reconciler.yaml": project(), "x/reconciler.yaml": project()})
    found = refused([tmp_path / "x"], tmp_path)
    assert [each.code for each in found] == ["two-projects", "misplaced-project"]


def test_a_project_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").mkdir()
    assert [each.code for each in problems(tmp_path, {})] == ["unreadable"]


# --- left out --------------------------------------------------------------------------------


def test_hidden_and_linked_things_are_left_out(tmp_path: Path) -> None:
    put(
        tmp_path,
        {".github/x.yaml": "on: push", ".venv/y.yaml": "[", ".hidden.yaml": "{", "z/a": ""},
    )
    (tmp_path / "link").symlink_to("z")
    made = loaded(tmp_path, {"a.yaml": model()})
    assert below(tmp_path, made.left_out) == [".hidden.yaml", "link"]
    # What is named is read.
    assert refused([tmp_path / ".hidden.yaml"], tmp_path)[0].code == "yaml-syntax"


def test_excluded_files_are_left_out(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "reconciler.yaml": project("{exclude: ['drafts/**', '*.helm.yaml', '!keep.helm.yaml']}"),
        "drafts/deep/a.yaml": "[",
        "chart/x.helm.yaml": "{{ .Values }}",
        "keep.helm.yaml": model(),
    }
    made = loaded(tmp_path, files)
    assert names(made) == ["CustomModel/churn"]
    assert below(tmp_path, made.left_out) == ["chart/x.helm.yaml", "drafts/deep/a.yaml"]
    assert refused([tmp_path / "drafts/deep/a.yaml"], tmp_path)[0].code == "yaml-syntax"


def test_yaml_in_the_files_of_a_model_is_data(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.yaml": model(spec="{version: {files: {root: ./model}}}"),
        "e.yaml": environment(spec="{version: {dockerContext: ./docker}}"),
        "model/model-metadata.yaml": "name: x\n",
        "model/deep/broken.yaml": "a: [",
        "docker/env.yaml": "a: !Ref b\n---\nkind: Pod\napiVersion: v1\n",
    }
    made = loaded(tmp_path, files)
    assert below(tmp_path, made.left_out) == [
        "docker/env.yaml",
        "model/deep/broken.yaml",
        "model/model-metadata.yaml",
    ]


@pytest.mark.parametrize(
    "text",
    [model("b"), model("b").replace("v1", "v2"), model("b").replace("reconciler/v1", "x"),
     "apiVersion: reconciler/v1\nkind: Custm\n", project()],
)  # fmt: skip
def test_what_looks_like_a_manifest_inside_is_refused(tmp_path: Path, text: str) -> None:
    files = {"a.yaml": model(spec="{version: {files: {root: ./model}}}"), "model/b.yaml": text}
    found = problems(tmp_path, files)
    assert [(each.code, each.line) for each in found] == [("manifest-in-files", 1)]


def test_manifests_beside_their_files(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "m/a.yaml": model("a", "{version: {files: {root: .}}}"),
        "m/b.yaml": model("b"),
        "m/config.yaml": "name: x\n",
        "m/code.py": "",
    }
    made = loaded(tmp_path, files)
    assert names(made) == ["CustomModel/a", "CustomModel/b"]
    assert below(tmp_path, made.left_out) == ["m/config.yaml"]
    # A mistyped word makes no data of it.
    found = problems(tmp_path, {"m/b.yaml": model("b").replace("reconciler/", "reconcilr/")})
    assert [each.code for each in found] == ["not-a-manifest"]


def test_the_same_folder_from_outside_too(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "m/a.yaml": model("a", "{version: {files: {root: .}}}"),
        "b.yaml": model("b", "{version: {files: {root: m}}}"),
        "m/code.py": "",
    }
    found = problems(tmp_path, files)
    assert [each.code for each in found] == ["manifest-in-files"]


# --- key paths -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (("spec", "users", 0, "role"), "spec.users[0].role"),
        ((0, "a"), "[0].a"),
        (("a", 1, 2), "a[1][2]"),
        ((), ""),
    ],
)
def test_key_paths(keys: tuple[str | int, ...], text: str) -> None:
    assert dotted(keys) == text
    assert undotted(text) == keys


def test_digging() -> None:
    value = {"a": [{"b": 1}]}
    assert dig(value, ("a", 0, "b")) == 1
    assert dig(value, ("a", 1)) is None
    assert dig(value, ("a", "b")) is None
    assert dig(value, ("x", "y")) is None


# --- anything --------------------------------------------------------------------------------

_lines = st.sampled_from(
    [line for text in (model(), environment(), project()) for line in text.splitlines()]
    + [
        "  version: {files: {root: m}, environment: {ref: py311}, replicas: ${var.n}}",
        "  name: [&a x, *a]",
        "  dockerContext: ..",
        "spec: {version: {dockerContext: .}}",
        "spec: {targets: {p: {patches: [{kind: CustomModel, name: churn, spec: {name: 1}}]}}}",
        "spec: {variables: {n: 1}, exclude: ['!'], providers: {x: {token: y}}}",
        "lifecycle: {ignoreChanges: [a.b, '', '[', '..']}",
        "dependsOn: [CustomModel/churn, /, 3]",
        "---",
        "metadata: 1",
        "kind: 2",
        "spec:",
        "- x",
    ]
)


@settings(max_examples=max(50, settings().max_examples // 2))
@given(st.lists(_lines, max_size=14), st.lists(_lines, max_size=8))
def test_any_lines_give_a_state_or_problems(
    tmp_path_factory: pytest.TempPathFactory, one: list[str], other: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    put(folder, {"a.yaml": "\n".join(one), "reconciler.yaml": "\n".join(other), "m/f": ""})
    found: list[Problem] | None = None
    try:
        load([], folder, KINDS, target="p" if len(one) % 2 else None)
    except ManifestError as error:
        found = list(error.problems)
    assert found is None or found
    assert all(problem.code and problem.message for problem in found or [])
