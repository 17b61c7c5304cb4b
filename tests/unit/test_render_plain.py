"""Strings from outside on one line of a terminal.

Cases: controls, escape sequences, directions, separators, half characters, letters of every
language, values as JSON cut at a width, tables.
"""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.step import KnownAfter
from reconciler.render.plain import WIDEST, inert, log_lines, plain, value
from reconciler.render.table import table

ANY = st.text(st.characters(exclude_categories=[]))


def harmless(text: str) -> bool:
    """Whether a terminal shows exactly these characters, on one line, from left to right."""
    hidden = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    return not any(unicodedata.category(char) in hidden for char in text)


@given(ANY)
def test_any_text_is_shown_on_one_line_and_tells_what_was_in_it(text: str) -> None:
    shown = plain(text)
    assert harmless(shown)
    assert plain(shown) == shown
    shown.encode()
    assert json.loads(f'"{shown}"') == text if not set(text) & {'"', "\\"} else shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, 100 % ~!", "plain text, 100 % ~!"),
        ("Grüße 世界 ελ 😀", "Grüße 世界 ελ 😀"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x1b[31mred\x1b[0m", "\\u001b[31mred\\u001b[0m"),
        ("\x9b31m\x7f\x00", "\\u009b31m\\u007f\\u0000"),
        ("user\u202egnp.exe", "user\\u202egnp.exe"),
        ("\u2066a\u2069\u200bb\ufeff", "\\u2066a\\u2069\\u200bb\\ufeff"),
        ("a\u2028b\u2029c\x85d", "a\\u2028b\\u2029c\\u0085d"),
        ("\ud800", "\\ud800"),
        ("\u0430nn@example.com", "\\u0430nn@example.com"),
        ("\u0430\u0431@example.com", "\\u0430\\u0431@example.com"),
        ("\u03bfwner\uff41", "\\u03bfwner\\uff41"),
        ("a\u200bnn@example.com", "a\\u200bnn@example.com"),
        (
            "\u041f\u0440\u0438\u0432\u0435\u0442 world",
            "\u041f\u0440\u0438\u0432\u0435\u0442 world",
        ),
        ("\U000e0041", "\\udb40\\udc41"),
        ("", ""),
    ],
)
def test_what_could_move_or_colour_is_spelled_out(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("held", "shown"),
    [
        (None, "(none)"),
        ("", '""'),
        ("None", '"None"'),
        (0, "0"),
        (0.0, "0.0"),
        (False, "false"),
        ([], "[]"),
        ({"b": 1, "a": [None]}, '{"b": 1, "a": [null]}'),
        ('say "hi"', '"say \\"hi\\""'),
        ("a\nb", '"a\\nb"'),
        (KnownAfter("Ship/argo", "id"), "(known after Ship/argo)"),
    ],
)
def test_a_value_is_told_apart_from_every_other(held: Any, shown: str) -> None:
    assert value(held) == shown


@pytest.mark.parametrize(
    ("held", "shown"),
    [
        (2**31, "2Gi"),
        (3 * 2**20, "3Mi"),
        (2**10, "1Ki"),
        (1000, "1000"),
        (1025, "1025"),
        (None, "(none)"),
    ],
)
def test_bytes_are_told_as_one_would_write_them(held: Any, shown: str) -> None:
    assert value(held, "bytes") == shown


def test_a_value_known_later_is_told_inside_of_others_too() -> None:
    assert "(known after Ship/argo)" in value([KnownAfter("Ship/argo", "id")])
    assert harmless(value(KnownAfter("Ship/\x1b[31m", "id")))


@given(ANY | st.lists(ANY, max_size=3) | st.dictionaries(ANY, ANY, max_size=2))
def test_any_value_fits_on_a_line(held: Any) -> None:
    shown = value(held)
    assert harmless(shown)
    assert len(shown) <= WIDEST


def test_a_long_value_is_cut_where_one_can_see_it() -> None:
    shown = value("x" * 1_000)
    assert len(shown) == WIDEST
    assert shown.endswith("…")
    assert value("x" * (WIDEST - 2)) == f'"{"x" * (WIDEST - 2)}"'


def test_a_log_keeps_its_lines_and_its_columns() -> None:
    assert log_lines("a\tb\r\n\x1b[31mc\n\nd") == ["a       b", "\\u001b[31mc", "", "d"]
    assert log_lines("") == []


def test_a_table_has_a_column_for_each_key_that_says_something() -> None:
    rows = [
        {"version": "1.1", "note": "", "failed": 0, "used": True, "by": "ann"},
        {"version": "1.10", "note": None, "failed": 0, "used": False, "by": "b\x1b[31m"},
    ]
    assert table(rows).split("\n") == [
        "VERSION  FAILED  USED  BY",
        "1.1      0       yes   ann",
        "1.10     0       no    b\\u001b[31m",
    ]


def test_a_table_of_nothing_says_so() -> None:
    assert table([]) == "(none)"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("::error::pwn", "\\u003a:error::pwn"),
        ("  ::set-output name=x::y", "  \\u003a:set-output name=x::y"),
        ("##[group]x", "\\u0023#[group]x"),
        ("a ##[error]b", "a \\u0023#[error]b"),
        ("a ##vso[task.setvariable]b", "a \\u0023#vso[task.setvariable]b"),
        ("x\n \t::stop-commands::y\nz", "x\n \t\\u003a:stop-commands::y\nz"),
        ("## heading, a [link]", "## heading, a [link]"),
        ("std::vector # ok", "std::vector # ok"),
    ],
)
def test_a_line_of_a_log_is_no_command_to_a_runner(line: str, shown: str) -> None:
    assert inert(line) == shown
