"""The ownership mark at the end of a description.

Cases: the round trip for any text, texts that look like a mark, marks that are not on the last
line, marks that a platform cut off, broken marks, what the platform adds behind the mark, marks
of another object, the longest mark, owners taken apart.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.marker import LONGEST, WAS, Marker, join, name_of, of_object, scope_of, split
from reconciler.core.step import KnownAfter, KnownText

TEXTS = st.text() | st.builds(
    "".join, st.lists(st.sampled_from(["a", "\n", " ", "[", "]", "[reconciler owner=a/b]", "="]))
)
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", fullmatch=True)
MARKS = st.builds(
    Marker,
    owner=st.builds("{}/{}".format, st.sampled_from(["fleet", "fleet/prod"]), NAMES),
    content=st.sampled_from(["", "sha256:0123abcd"]),
    protect=st.booleans(),
    project=st.sampled_from(["", "7f3a9c21"]),
    id=st.sampled_from(["", "0123456789abcdef01234567"]),
    notes=st.dictionaries(st.sampled_from(["kept", "from"]), st.sampled_from(["a", "b=c", "d:e"])),
)


@given(TEXTS, MARKS)
def test_split_takes_apart_what_join_put_together(text: str, mark: Marker) -> None:
    assert split(join(text, mark)) == (text, mark)


@given(TEXTS)
def test_no_mark_leaves_the_text_as_it_is(text: str) -> None:
    assert join(text, None) == text
    shown, mark = split(text)
    assert mark is not None or shown == text


def test_nothing_is_an_empty_text() -> None:
    mark = Marker("fleet/argo")
    assert join(None, None) == ""
    assert split(None) == ("", None)
    assert join(None, mark) == join("", mark) == str(mark)
    assert split(str(mark)) == ("", mark)


def test_the_mark_is_written_as_people_read_it() -> None:
    mark = Marker("fleet/argo", "sha256:0a", protect=True)
    assert str(mark) == "[reconciler owner=fleet/argo content=sha256:0a protect=true]"
    assert join("A ship.", mark) == f"A ship.\n{mark}"
    noted = Marker("fleet/argo", notes={"zone": "b", "kept": "a"})
    assert str(noted) == "[reconciler owner=fleet/argo kept=a zone=b]"


@pytest.mark.parametrize(
    "text",
    [
        "[reconciler]",
        "[reconciler ]",
        "[reconciler owner=]",
        "[reconciler owner=a b]",
        "[reconciler owner]",
        "[reconciler content=sha256:0a]",
        "[Reconciler owner=fleet/argo]",
        "[reconciler owner=fleet/argo",
    ],
)
def test_what_is_no_mark_stays_text(text: str) -> None:
    assert split(text) == (text, None)


@pytest.mark.parametrize(
    ("description", "text"),
    [
        ("A ship.\n[reconciler owner=fleet/argo] was here", "A ship. was here"),
        ("A ship.\n[reconciler owner=fleet/argo]\nlast line", "A ship.\nlast line"),
        ("A ship.\r\n[reconciler owner=fleet/argo]\r\nlast\r\n", "A ship.\r\nlast"),
        ("see [reconciler owner=fleet/argo]", "see "),
        (" [reconciler owner=fleet/argo]", " "),
        ("[reconciler owner=fleet/argo]\nlast line", "last line"),
        ("A ship.\n[reconciler owner=fleet/argo content=sha256:0a", "A ship."),
        ("A ship.\n[reconciler owner=fleet/argo ", "A ship."),
    ],
)
def test_a_mark_is_found_wherever_it_stands(description: str, text: str) -> None:
    shown, mark = split(description)
    assert (shown, mark) == (text, Marker("fleet/argo"))
    assert mark is not None
    assert not mark.in_place


def test_a_mark_where_we_put_it_is_in_its_place() -> None:
    for description in ("A ship.\n[reconciler owner=a/b]", "[reconciler owner=a/b]\r\n"):
        mark = split(description)[1]
        assert mark is not None
        assert mark.in_place


def test_a_cut_owner_is_no_owner() -> None:
    assert split("[reconciler owner=fleet/ar") == ("[reconciler owner=fleet/ar", None)


def test_a_mark_of_another_object_is_none_of_this_one() -> None:
    for own, kept in (("", True), ("argo-id", True), ("other-id", False)):
        mark = Marker("fleet/argo", id=own)
        assert (of_object(mark, "argo-id") is mark) is kept
    assert of_object(None, "argo-id") is None


def test_an_id_may_be_known_only_later() -> None:
    mark = Marker("fleet/argo", id=KnownAfter("Ship/argo", "id"))
    text = join("A ship.", mark)
    assert isinstance(text, KnownText)
    assert text.resolve(lambda after: "0a") == "A ship.\n[reconciler owner=fleet/argo id=0a]"


def test_only_the_last_of_two_marks_counts() -> None:
    first, last = Marker("fleet/old"), Marker("fleet/new")
    assert split(f"text\n{first}\n{last}") == (f"text\n{first}", last)


def test_blanks_that_a_form_adds_behind_the_mark_do_no_harm() -> None:
    assert split("text\n[reconciler owner=fleet/argo] \r\n\n") == ("text", Marker("fleet/argo"))


def test_only_the_word_true_protects() -> None:
    for word in ("false", "True", "1", "yes"):
        _, mark = split(f"[reconciler owner=fleet/argo protect={word}]")
        assert mark is not None
        assert not mark.protect


def test_the_longest_mark_fits_into_the_room_kept_for_it() -> None:
    longest = "x" * 63
    mark = Marker(
        f"{longest}/{longest}/{longest}",
        f"sha256:{'0' * 64}",
        protect=True,
        notes={WAS: longest, "ondelete": "permanent"},
        project="u" * 32,
        id="0" * 24,
    )
    assert len("\n" + str(mark)) <= LONGEST


@given(st.sampled_from(["fleet", "fleet/prod"]), NAMES)
def test_an_owner_is_a_scope_and_a_name(scope: str, name: str) -> None:
    assert (scope_of(f"{scope}/{name}"), name_of(f"{scope}/{name}")) == (scope, name)


def test_an_owner_of_another_tool_may_have_no_scope() -> None:
    assert scope_of("argo") == scope_of(None) == scope_of("") == ""
    assert name_of("argo") == "argo"
