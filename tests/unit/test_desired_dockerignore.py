"""``.dockerignore`` of a context: Docker's rules, which are not those of git.

Cases of https://docs.docker.com/build/concepts/context/#dockerignore-files and of the tests of
moby/patternmatcher.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.core.fileset import FileSet
from reconciler.desired.dockerignore import DockerIgnore, read_dockerignore
from reconciler.desired.path_problem import InputError
from tests.support.manifests_on_disk import environment, loaded, problems, put

TEXT = environment(spec="{version: {dockerContext: c}}")


def context(tmp_path: Path, files: dict[str, str | bytes]) -> FileSet:
    made = loaded(tmp_path, {"a.yaml": TEXT, **{f"c/{name}": text for name, text in files.items()}})
    (resource,) = made.graph.resources.values()
    return resource.files["version.dockerContext"]


def names(files: FileSet) -> list[str]:
    return [entry.path for entry in files.entries]


def rules(tmp_path: Path, *lines: str) -> DockerIgnore:
    put(tmp_path, {".dockerignore": "\n".join(lines)})
    return read_dockerignore(tmp_path)


@pytest.mark.parametrize(
    ("pattern", "path", "ignored"),
    [
        ("**", "dir/file", True),
        ("**/**", "dir/file", True),
        ("dir/**", "dir/dir2/file", True),
        ("abc/**", "abc", False),
        ("**/dir", "dir/file", True),
        ("**/dir2/*", "dir/dir2/file", True),
        ("**/dir2/**", "dir/dir2/dir3/file", True),
        ("**file", "dir/file", True),
        ("**file", "dir/a-file", True),
        ("**/file*txt", "dir/dir/file.txt", True),
        ("**/**/*.txt", "file.txt", True),
        ("a**/*.txt", "a/dir/dir/file.txt", True),
        ("a**/*.txt", "b/file.txt", False),
        ("a/*.txt", "a/dir/file.txt", False),
        ("a/*.txt**", "a/file.txt", True),
        ("a[b-d]e", "ace", True),
        ("a[^b-d]e", "aze", True),
        ("a[!b]e", "a!e", True),
        ("a[!b]e", "aze", False),
        (".*", "foo", False),
        ("abc.def", "abcZdef", False),
        ("**/.foo", "bar.foo", False),
        ("a\\*b", "a*b", True),
        ("a\\*b", "axb", False),
        # A name without a slash means the root of the context, unlike in a .gitignore.
        ("*.log", "a.log", True),
        ("*.log", "d/a.log", False),
        ("data", "d/data", False),
        ("*/temp*", "somedir/temporary.txt", True),
        ("*/*/temp*", "somedir/temporary.txt", False),
        ("temp?", "tempa", True),
        ("temp?", "temp", False),
        # What filepath.Clean does.
        ("./data", "data/x", True),
        ("/data", "data/x", True),
        ("//data/", "data/x", True),
        ("a/../data", "data/x", True),
        ("  data  ", "data/x", True),
        (".", "data", False),
        ("/", "data", False),
        ("..", "data", False),
        ("# data", "# data", False),
        (" # data", "# data", True),
        ("", "data", False),
    ],
)
def test_patterns(tmp_path: Path, pattern: str, path: str, ignored: bool) -> None:
    assert rules(tmp_path, pattern).ignores(path) is ignored


@pytest.mark.parametrize(
    ("lines", "path", "ignored"),
    [
        (["*.md", "!README.md"], "README.md", False),
        (["*.md", "!README*.md", "README-secret.md"], "README-secret.md", True),
        (["*.md", "README-secret.md", "!README*.md"], "README-secret.md", False),
        (["docs", "!docs/README.md"], "docs/README.md", False),
        (["docs/", "!docs/README.md"], "docs/other.md", True),
        (["**", "!util/docker/web"], "util/docker/web/foo", False),
        (["**", "!util/docker/web", "util/docker/web/foo"], "util/docker/web/foo", True),
        (["!fileutils.go", "*.go"], "fileutils.go", True),
        (["*", "! /src"], "src/a.py", False),
        (["*"], "Dockerfile", False),
        (["*"], ".dockerignore", False),
        (["*"], "d/Dockerfile", True),
    ],
)
def test_the_last_match_decides(tmp_path: Path, lines: list[str], path: str, ignored: bool) -> None:
    assert rules(tmp_path, *lines).ignores(path) is ignored


@pytest.mark.parametrize("pattern", ["!", "!  ", "[", "a[^", "a[c-a]", "\\"])
def test_not_a_pattern(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(InputError, match=r"\.dockerignore, line 2: "):
        rules(tmp_path, "fine", pattern)


def test_a_byte_order_mark(tmp_path: Path) -> None:
    put(tmp_path, {".dockerignore": "\ufeffdata\r\nlogs\r\n"})
    found = read_dockerignore(tmp_path)
    assert [found.ignores(path) for path in ("data", "logs", "other")] == [True, True, False]


FILES: dict[str, str | bytes] = {
    "Dockerfile": "FROM x\n",
    ".dockerignore": "logs\n**/*.tmp\n*.md\n!README.md\nDockerfile\n",
    "README.md": "",
    "NOTES.md": "",
    "d/NOTES.md": "",
    "d/x.tmp": "",
    "logs/a": "",
}


def test_files_of_a_context(tmp_path: Path) -> None:
    made = context(tmp_path, FILES)
    assert names(made) == [".dockerignore", "Dockerfile", "README.md", "d/NOTES.md"]
    # What is ignored builds no new image.
    assert context(tmp_path, {"logs/b": "new", "d/y.tmp": "new"}) == made


def test_the_file_named_after_the_dockerfile_takes_precedence(tmp_path: Path) -> None:
    made = context(tmp_path, {**FILES, "Dockerfile.dockerignore": "d\nD*\n"})
    assert names(made) == [
        ".dockerignore",
        "Dockerfile",
        "Dockerfile.dockerignore",
        "NOTES.md",
        "README.md",
        "logs/a",
    ]


def test_both_kinds_of_ignore_files(tmp_path: Path) -> None:
    made = context(tmp_path, {**FILES, ".reconcilerignore": "README.md\n!x.tmp\n"})
    assert names(made) == [".dockerignore", "Dockerfile", "d/NOTES.md"]


def test_a_model_has_none(tmp_path: Path) -> None:
    text = TEXT.replace("ExecutionEnvironment", "CustomModel")
    text = text.replace("dockerContext: c", "files: {root: c}")
    made = loaded(tmp_path, {"a.yaml": text, "c/.dockerignore": "*", "c/a.py": ""})
    (resource,) = made.graph.resources.values()
    assert names(resource.files["version.files"]) == [".dockerignore", "a.py"]


def test_a_secret_is_sent_only_when_it_is_excepted_by_name(tmp_path: Path) -> None:
    put(tmp_path, {"c/d/server.key": "", "c/Dockerfile": ""})
    for line in ("", "!**/*.key", "!d"):
        (found,) = problems(tmp_path, {"a.yaml": TEXT, "c/.dockerignore": line})
        assert (found.code, found.path) == ("secret-file", "spec.version.dockerContext")
    assert "d/server.key" in names(context(tmp_path, {".dockerignore": "!d/server.key"}))
    assert "d/server.key" not in names(context(tmp_path, {".dockerignore": "**/*.key"}))


def test_an_ignore_file_that_is_a_folder(tmp_path: Path) -> None:
    put(tmp_path, {"c/Dockerfile": "", "c/.dockerignore/x": ""})
    (found,) = problems(tmp_path, {"a.yaml": TEXT})
    assert found.code == "unreadable-file"


def test_a_hostile_pattern(tmp_path: Path) -> None:
    pattern = "**a" * 30 + "*b"
    made = context(
        tmp_path, {".dockerignore": f"**/{pattern}\n{pattern}", "b" + "a" * 90 + "c": ""}
    )
    assert len(made.entries) == 2
