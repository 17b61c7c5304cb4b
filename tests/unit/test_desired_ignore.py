"""Patterns of ignore files and manifests: what they match, and how much work a match can be.

Git's own words for each form are on https://git-scm.com/docs/gitignore; pathspec is an independent
implementation to compare with.
"""

from __future__ import annotations

from pathlib import Path

import pathspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.glob import Glob
from reconciler.desired.ignore import compile_ignore_file, compile_patterns, segment_tokens
from reconciler.desired.path_problem import InputError
from tests.support.manifests_on_disk import loaded, model

PARTS = ["a", "b", "ab", "*", "**", "a*", "*b", "?", "[ab]", "[!a]", "a*b*", "**a", "\\*"]
PATTERNS = st.builds(
    lambda negated, root, parts, end: f"{negated}{root}{'/'.join(parts)}{end}",
    st.sampled_from(["", "!"]),
    st.sampled_from(["", "/"]),
    st.lists(st.sampled_from(PARTS), min_size=1, max_size=4),
    st.sampled_from(["", "/"]),
).filter(lambda text: not text.endswith("**/"))  # pathspec takes files for folders there.
PATHS = st.lists(st.text("abc*", min_size=1, max_size=3), min_size=1, max_size=4).map("/".join)


@given(st.lists(PATTERNS, max_size=3), PATHS)
def test_like_another_implementation(patterns: list[str], path: str) -> None:
    expected = pathspec.GitIgnoreSpec.from_lines(patterns).check_file(path).include
    assert compile_patterns(patterns).verdict(path) is expected


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("# a", "# a", False),
        ("\\#a", "#a", True),
        ("\\!a", "!a", True),
        ("a  ", "a", True),
        ("a\\ ", "a ", True),
        ("a\\  ", "a ", True),
        ("a\\\\ ", "a\\", True),
        ("", "a", False),
        ("/", "a", False),
        ("a/**/", "a/b", False),
        ("a/**/", "a/b/c", True),
        ("a[]b]c", "a]c", True),
        ("a[!]b]c", "axc", True),
        ("a[^b]c", "abc", False),
        ("a[\\]]c", "a]c", True),
        ("a[b-]c", "a-c", True),
        ("a[!x]c", "a/c", False),
        ("[[:digit:]x]", "7", True),
        ("[[:digit:]x]", ":", False),
        ("[[:upper:]]", "a", False),
        ("ä?", "äö", True),
        ("./a", "d/a", True),
        ("././a/b", "a/b", True),
        ("!./a", "a", False),
        (".a", "a", False),
    ],
)
def test_forms(pattern: str, path: str, matches: bool) -> None:
    assert compile_ignore_file([pattern]).matches(path) is matches


@pytest.mark.parametrize(
    "pattern", ["", " ", "#a", "/", "./", ".", "..", "../a", "a/../b", "/../a"]
)
def test_what_can_match_nothing(pattern: str) -> None:
    with pytest.raises(InputError, match=r"nothing|not a gitignore"):
        compile_patterns([pattern])


@pytest.mark.parametrize("pattern", ["C:/a", "c:\\a", "~/a", "!~/a"])
def test_what_is_absolute(pattern: str) -> None:
    with pytest.raises(InputError, match="absolute"):
        compile_patterns([pattern])


@pytest.mark.parametrize(
    "pattern", ["!", "a//b", "a/./b", "a[", "a[]", "[b-a]", "a\\", "[[:digit:]"]
)
def test_not_a_pattern(pattern: str) -> None:
    with pytest.raises(InputError) as caught:
        compile_patterns(["fine", pattern])
    assert caught.value.problems[0].keys == (1,)


@pytest.mark.parametrize("pattern", ["*a*a*a*a*a*a*a*b", "?*?*?*?*?*b", "*" * 30 + "b"])
@pytest.mark.parametrize("size", [30, 60, 240])
def test_work_grows_with_the_path_and_no_faster(pattern: str, size: int) -> None:
    glob = Glob(tuple(segment_tokens(pattern)))
    visited = [len(states) for states in glob.states("a" * size)]
    assert len(visited) == size + 1
    assert max(visited) <= len(glob.tokens) + 1


@pytest.mark.parametrize("hostile", ["*a*a*a*a*a*a*a*b", "*a" * 30 + "*b"])
def test_a_pattern_that_no_backtracking_matcher_survives(tmp_path: Path, hostile: str) -> None:
    name = "b" + "a" * 90 + "c"
    text = model(
        spec=f"{{version: {{files: {{root: m, exclude: ['{hostile}', '{hostile}/**']}}}}}}"
    )
    files = {"a.yaml": text, f"m/{name}": "", "m/.reconcilerignore": f"{hostile}\n"}
    (resource,) = loaded(tmp_path, files).graph.resources.values()
    assert [entry.path for entry in resource.files["version.files"].entries] == [name]
