"""Reading YAML: what each scalar means, what is refused and where, the limits, hostile bytes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.desired import yaml_reader, yaml_text
from reconciler.desired.position import Positions
from reconciler.desired.yaml_reader import YamlDocuments, read_documents
from tests.support.manifest_strategies import words


def read(text: str) -> YamlDocuments:
    return read_documents(text.encode(), "a.yaml")


def value(text: str) -> Any:
    reading = read(f"key: {text}\n")
    assert reading.problems == ()
    return reading.documents[0].value["key"]


def refused(text: str) -> list[str]:
    """``line:column code path`` of every problem."""
    return [f"{p.line}:{p.column} {p.code} {p.path}".rstrip() for p in read(text).problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None), ("~", None), ("null", None), ("NULL", None),
        ("true", True), ("True", True), ("FALSE", False),
        ("0", 0), ("-7", -7), ("+7", 7), ("999999999999999999", 999999999999999999),
        ("0.5", 0.5), (".5", 0.5), ("-1.5e3", -1500.0), ("1.0", 1.0), ("0.0", 0.0),
        ("y", "y"), ("N", "N"), ("None", "None"), ("nan", "nan"), ("=", "="),
        ("2026-11-01", "2026-11-01"), ("2026-11-01 10:00:00", "2026-11-01 10:00:00"),
        ("1.2.3", "1.2.3"), ("-", None), ("3.11-slim", "3.11-slim"), ("1a", "1a"), ("..", ".."),
        ('"yes"', "yes"), ("'010'", "010"), ('"1e3"', "1e3"), ('"\\u00e4\\n"', "ä\n"),
        ("|\n  a\n  b\n", "a\nb\n"), (">\n  a\n  b\n", "a b\n"), ("a # b", "a"), ("a#b", "a#b"),
    ],
)  # fmt: skip
def test_scalars(text: str, expected: object) -> None:
    if text == "-":
        expected = [None]
        text = "\n- "
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize("text", ["yes", "No", "ON", "off"])
def test_old_booleans_must_be_quoted(text: str) -> None:
    problem = read(f"label: {text}\n").problems[0]
    assert (problem.code, problem.line, problem.column) == ("ambiguous-boolean", 1, 8)
    assert f'"{text}"' in problem.hint
    # Reading goes on with the text, so that the rest is checked too.
    assert read(f"label: {text}\n").documents[0].value == {"label": text}


ODD_NUMBERS = [
    *("010", "08", "-0777", "01.5", "0x1f", "0b1", "0o17", "1_000", "1_0.5", "1:30", "-190:20:30"),
    *("1e3", "1E-3", "5e4123456789012345678901", "1.", ".inf", "-.INF", ".NaN", "1.0e999"),
]


@pytest.mark.parametrize(
    "text",
    ODD_NUMBERS,
)
def test_odd_numbers_must_be_quoted(text: str) -> None:
    assert refused(f"a: {text}\n") == ["1:4 ambiguous-number a"]


def test_a_number_too_long_to_keep() -> None:
    assert refused(f"a: {'9' * 24}\n") == ["1:4 number-too-large a"]


def test_documents_have_numbers_and_places() -> None:
    found = read("---\n---\na: 1\n--- {b: 2}\n...\n---\n# nothing\n").documents
    assert [(d.index, d.value, d.line, d.column) for d in found] == [
        (1, {"a": 1}, 3, 1),
        (2, {"b": 2}, 4, 5),
    ]


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"# a\n", b"---\n...\n"])
def test_nothing(data: bytes) -> None:
    assert read_documents(data) == YamlDocuments((), ())


def test_all_problems_of_a_file() -> None:
    text = """\
a: yes
a: 2
b: [!Ref x, {c: no, <<: {d: 1}}]
1: one
null: nothing
? [complex]
: value
d: !!str text
e: "a\\eb"
"""
    assert refused(text) == [
        "1:4 ambiguous-boolean a",
        "2:1 duplicate-key a",
        "3:5 custom-tag b[0]",
        "3:17 ambiguous-boolean b[1].c",
        "3:21 merge-key b[1]",
        "4:1 key-not-text",
        "5:1 key-not-text",
        "6:11 key-not-text",
        "8:4 custom-tag d",
        "9:4 control-character e",
    ]


def test_a_refused_key_takes_its_value_with_it() -> None:
    found = read("a: 1\na: 2\n1: {b: c}\n<<: {d: e}\n'<<': f\n").documents[0].value
    assert found == {"a": 1, "<<": "f"}


def test_a_duplicate_names_the_first() -> None:
    assert "line 1" in read("a: 1\nb: 2\na: 3\n").problems[0].message


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: [1\n", "2:1"),
        ("a: b: c\n", "1:5"),
        ("a: 'x\n", "2:1"),
        ("\ta: 1\n", "1:1"),
        ("a: %x\n", "1:4"),
        ("a: \x07\n", "0:0"),
    ],
)
def test_syntax(text: str, place: str) -> None:
    reading = read(text)
    assert not reading.whole
    found = reading.problems[-1]
    assert found.code in ("yaml-syntax", "key-not-text")
    assert f"{found.line}:{found.column}" == place
    assert "\n" not in found.message


def test_a_template_is_no_manifest() -> None:
    assert refused("{{ .Values.x }}\n") == ["1:14 key-not-text"]


def test_documents_before_a_syntax_error_are_kept() -> None:
    reading = read("a: 1\n---\nb: [\n")
    assert [each.value for each in reading.documents] == [{"a": 1}]
    assert not reading.whole


def test_encoding() -> None:
    found = read_documents(b"a: 1\nb: \xe4\n").problems[0]
    assert (found.code, found.line, found.column) == ("not-utf8", 2, 4)
    assert read_documents("a: 1\n".encode("utf-16")).problems[0].code == "not-utf8"
    assert refused("a: 1\nb: x\0y\n") == ["2:5 control-character"]


# --- anchors ---------------------------------------------------------------------------------


def test_aliases_stand_for_whole_values() -> None:
    text = "a: &x {b: [1]}\nc: *x\nd: &y text\ne: [*y, *y]\n*y : key\n"
    assert read(text).documents[0].value == {
        "a": {"b": [1]},
        "c": {"b": [1]},
        "d": "text",
        "e": ["text", "text"],
        "text": "key",
    }


def bomb(levels: int, width: int) -> str:
    lines = ['l0: &l0 ["lol"]']
    for level in range(1, levels):
        aliases = ",".join([f"*l{level - 1}"] * width)
        lines.append(f"l{level}: &l{level} [{aliases}]")
    return "\n".join(lines)


def test_an_alias_bomb_is_counted_not_expanded() -> None:
    text = bomb(9, 9)
    assert len(text) < 430
    reading = read(text)
    assert reading.documents == ()
    assert [problem.code for problem in reading.problems] == ["alias-bomb"]


def test_a_deep_tower_of_aliases() -> None:
    text = "[&a0 [x]," + ",".join(f"&a{n} [*a{n - 1}]" for n in range(1, 80)) + "]"
    assert read(text).problems[0].code in ("too-deep", "alias-bomb")
    wide = "[" + "x," * 500 + "&a0 [x]," + ",".join(f"&a{n} [*a{n - 1}]" for n in range(1, 80))
    assert [problem.code for problem in read(wide + "]").problems] == ["too-deep"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &x [*x]\n", "bad-alias"),
        ("a: *nothing\n", "bad-alias"),
        ("a: &x 1\n---\nb: *x\n", "bad-alias"),
        ("a: &x 1\nb: &x 2\n", "duplicate-anchor"),
    ],
)
def test_bad_anchors(text: str, code: str) -> None:
    assert [problem.code for problem in read(text).problems] == [code]


# --- limits ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("#" * (yaml_text.MAX_BYTES + 1), "file-too-large"),
        ("--- 1\n" * (yaml_reader.MAX_DOCUMENTS + 1), "too-many-documents"),
        ("[" * 100_000, "too-deep"),
        ("- " * 100_000, "too-deep"),
        ("{a: " * 1_000, "too-deep"),
        ("[" + "1," * yaml_reader.MAX_NODES + "]", "too-many-values"),
    ],
)
def test_limits(text: str, code: str) -> None:
    assert [problem.code for problem in read(text).problems] == [code]


def test_at_the_limits() -> None:
    assert read("[" * 64 + "]" * 64).problems == ()
    assert len(read("--- 1\n" * yaml_reader.MAX_DOCUMENTS).documents) == 1_000


# --- positions -------------------------------------------------------------------------------

PLACES = b"""\
# first
a: 1
---
b:
  c: [x, {d: e}]
  f: g
"""


@pytest.mark.parametrize(
    ("keys", "on_key", "place"),
    [
        (("b", "c", 1, "d"), False, (5, 14)),
        (("b", "c", 1, "d"), True, (5, 11)),
        (("b", "c", 0), True, (5, 7)),
        (("b", "f"), False, (6, 6)),
        (("b", "nothing"), True, (4, 1)),
        (("b", "c", 7), False, (5, 3)),
        (("b", "f", "deeper"), False, (6, 3)),
        ((), False, (4, 1)),
    ],
)
def test_positions(keys: Any, on_key: bool, place: tuple[int, int]) -> None:
    assert Positions(PLACES).find(1, keys, on_key=on_key) == place


def test_no_position() -> None:
    assert Positions(PLACES).find(2, ("a",)) is None
    assert Positions(b"a: *x\n").find(0, ("a",)) is None


# --- anything --------------------------------------------------------------------------------

_marks = (
    *("a", ": ", "- ", "\n", "  ", "[", "]", "{", "}", ",", "&x ", "*x", "!", "!!str ", "<<", "? "),
    *("---\n", "...\n", "'", '"', "\\", ">", "|", "#", "\t", "@", "`", "é", "😀", "%YAML 1.1\n"),
)
_words = ("yes", "1e3", "010", "~", "\\ud800", "\\x00", "%TAG ! a\n")
_pieces = st.sampled_from([*_marks, *_words, "\ufeff", "\x85", "\u2028", "\r"])


@given(st.binary(max_size=200) | st.lists(_pieces, max_size=30).map("".join).map(str.encode))
@example(b"\xff\xfea\x00")
@example(b'"\\ud800"')
@example(b"? ? ? a")
def test_any_bytes_give_values_or_problems(data: bytes) -> None:
    reading = read_documents(data)
    assert reading.whole or reading.problems
    positions = Positions(data)
    for document in reading.documents:
        positions.find(document.index, ("a", 0))


@given(st.recursive(st.none() | st.booleans() | st.integers(-99, 99) | words,
                    lambda inner: st.lists(inner, max_size=3)
                    | st.dictionaries(words, inner, max_size=3), max_leaves=10))  # fmt: skip
def test_quoted_values_come_back(made: object) -> None:
    text = yaml.dump({"key": made}, default_flow_style=True, allow_unicode=True)
    reading = read_documents(text.encode())
    # PyYAML leaves some texts bare that other readers take for numbers; those are refused.
    if not reading.problems:
        assert reading.documents[0].value == {"key": made}
    else:
        assert {problem.code for problem in reading.problems} <= {"ambiguous-number"}
