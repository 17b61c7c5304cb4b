"""Values set in the text of a YAML file.

Cases: scalars of every style, flow and block collections, lists, several documents, CRLF and a
byte order mark, keys that are not written, aliases, texts that need quotes.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.path_problem import Keys
from reconciler.desired.yaml_edit import YamlEdit, value_text

TEXT = """\
# head
a: 1    # one
b:   {c: x, d: [1, 2]}  # two
e:
  - f: old   # three
    g: 2
  # four
  - f: other
h: |
  some
  text
i:
# tail
---
a: second
"""


def edited(keys: Keys, value: Any, text: str = TEXT, document: int = 0) -> str:
    """The text with this value set."""
    edit = YamlEdit(text)
    assert edit.set(document, keys, value)
    return edit.text


@pytest.mark.parametrize(
    ("keys", "value", "old", "new"),
    [
        (("a",), 0.5, "a: 1    # one", "a: 0.5    # one"),
        (("b", "c"), None, "{c: x,", "{c: null,"),
        (("b", "d"), ["p", "q r"], "[1, 2]", "[p, q r]"),
        (("b",), {"c": True}, "{c: x, d: [1, 2]}", "{c: true}"),
        (("e", 0, "f"), "1.0", "f: old ", 'f: "1.0" '),
        (("e", 1, "f"), "yes", "f: other", 'f: "yes"'),
        (("h",), "one", "h: |\n  some\n  text\n", "h: one\n"),
        (("h",), "one\ntwo", "h: |\n  some\n  text\n", 'h: "one\\ntwo"\n'),
        (("i",), "2Gi", "i:\n", "i: 2Gi\n"),
    ],
)
def test_one_value_changes_and_nothing_else(keys: Keys, value: Any, old: str, new: str) -> None:
    assert edited(keys, value) == TEXT.replace(old, new, 1)


def test_a_block_is_replaced_behind_its_key() -> None:
    text = edited(("e",), [{"f": "new"}])
    assert "e: [{f: new}]\nh: |" in text
    assert text.startswith("# head\na: 1    # one")


def test_other_documents_and_line_ends_stay() -> None:
    text = "\ufeff" + TEXT.replace("\n", "\r\n")
    assert edited(("a",), 2, text, document=1) == text.replace("a: second", "a: 2")


@pytest.mark.parametrize("keys", [("z",), ("a", "b"), ("e", 7), ("e", 0, "z"), ("b", "d", "x"), ()])
def test_what_is_not_written_is_not_added(keys: Keys) -> None:
    edit = YamlEdit(TEXT)
    assert not edit.set(0, keys, 1)
    assert not edit.set(5, ("a",), 1)
    assert edit.text == TEXT


def test_an_alias_is_left_as_it_is() -> None:
    text = "a: &x {b: 1}\nc: *x\n"
    edit = YamlEdit(text)
    assert not edit.set(0, ("c",), 2)
    assert edit.text == text


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(VALUES)
def test_a_value_is_read_back_as_it_was(value: Any) -> None:
    assert yaml.safe_load(f"a: {value_text(value)}")["a"] == value
