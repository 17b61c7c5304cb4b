"""Sets of files and what differs between two of them.

Cases: order, digest over path and content, equality, totals, the delta applied to the old set,
renames with equal content, renames among copies.
"""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.fileset import FileDelta, FileEntry, FileSet, file_delta, file_set
from reconciler.core.text_digest import TextDigest

PATHS = st.sampled_from(["a", "b", "c/d", "c/e", "ä", "z.txt", "a b"])
FILES = st.dictionaries(PATHS, st.integers(0, 2))


def of(files: dict[str, int], **more: str) -> FileSet:
    """The set of these paths; the number stands for the content."""
    return file_set((FileEntry(p, f"{n}" * 64, n) for p, n in files.items()), **more)


def contents(files: FileSet) -> dict[str, str]:
    """Digest by path."""
    return {path: entry.sha256 for path, entry in files.by_path.items()}


@given(FILES, FILES)
def test_the_delta_makes_the_new_set_of_the_old_one(old: dict, new: dict) -> None:
    before, after = of(old), of(new)
    delta = file_delta(before, after)
    held = contents(before)
    for path in (*delta.removed, *(origin for origin, _ in delta.renamed)):
        del held[path]
    for path in (*delta.added, *(to for _, to in delta.renamed)):
        assert path not in held
        held[path] = contents(after)[path]
    for path in delta.changed:
        assert held[path] != contents(after)[path]
        held[path] = contents(after)[path]
    assert held == contents(after)


@given(FILES, FILES)
def test_renames_pair_equal_content_and_leave_no_pair_over(old: dict, new: dict) -> None:
    before, after = of(old), of(new)
    delta = file_delta(before, after)
    for origin, to in delta.renamed:
        assert contents(before)[origin] == contents(after)[to]
        assert origin not in new
        assert to not in old
    left = {contents(before)[path] for path in delta.removed}
    assert not left & {contents(after)[path] for path in delta.added}


@given(FILES, FILES)
def test_the_digest_tells_sets_apart(old: dict, new: dict) -> None:
    before, after = of(old), of(new)
    assert (before.digest == after.digest) is (before == after) is (old == new)
    assert bool(file_delta(before, after)) is (old != new)


@given(FILES, FILES)
def test_the_same_sets_give_the_same_sorted_delta(old: dict, new: dict) -> None:
    delta = file_delta(of(old), of(new))
    again = file_delta(of(dict(reversed(old.items()))), of(dict(reversed(new.items()))))
    assert delta == again
    for paths in (delta.added, delta.changed, delta.removed):
        assert list(paths) == sorted(paths)
    assert [to for _, to in delta.renamed] == sorted(to for _, to in delta.renamed)


def test_a_set_is_in_the_order_of_its_paths() -> None:
    made = of({"b": 1, "a": 2})
    assert [entry.path for entry in made.entries] == ["a", "b"]
    assert made.size == 3
    assert made.by_path["b"].size == 1


def test_a_path_is_part_of_the_digest() -> None:
    assert of({"a": 1}).digest != of({"b": 1}).digest
    assert of({"a": 1, "b": 2}).digest != of({"a": 2, "b": 1}).digest
    assert of({}).digest.startswith("sha256:")


def test_no_two_sets_spell_the_same_bytes() -> None:
    digest = "0" * 64
    joined = file_set([FileEntry(f"a{digest}\nb", digest, 0)])
    apart = file_set([FileEntry("a", digest, 0), FileEntry("b", digest, 0)])
    assert joined.digest != apart.digest


def test_where_files_lie_and_how_they_travel_is_no_difference() -> None:
    here, there = of({"a": 1}, source="/here"), of({"a": 1}, form="context", source="/there")
    assert here == there
    assert here.digest == there.digest
    assert not file_delta(here, there)


def test_a_renamed_and_a_changed_file_are_told_apart() -> None:
    delta = file_delta(of({"a": 1, "b": 1, "c": 2}), of({"a": 2, "d": 1, "e": 0}))
    assert delta == FileDelta(added=("e",), changed=("a",), removed=("c",), renamed=(("b", "d"),))


def test_of_two_copies_each_is_renamed_once() -> None:
    delta = file_delta(of({"a": 1, "b": 1}), of({"c": 1, "d": 1, "e": 1}))
    assert delta.renamed == (("a", "c"), ("b", "d"))
    assert delta.added == ("e",)


def text_digest(*chunks: bytes) -> str:
    total = TextDigest()
    for chunk in chunks:
        total.update(chunk)
    return total.hexdigest()


@given(st.lists(st.sampled_from([b"", b"a", b"\r", b"\n", b"\r\n", b"b\rc"])))
def test_a_digest_of_text_knows_no_line_ends_and_no_chunks(chunks: list[bytes]) -> None:
    whole = b"".join(chunks)
    expected = hashlib.sha256(whole.replace(b"\r\n", b"\n")).hexdigest()
    assert text_digest(*chunks) == text_digest(whole) == expected


def test_what_has_a_nul_is_no_text() -> None:
    assert text_digest(b"a\r", b"\n\0", b"b") == ""


def test_files_of_which_only_line_ends_differ() -> None:
    def entry(path: str, content: bytes) -> FileEntry:
        digest = hashlib.sha256(content).hexdigest()
        return FileEntry(path, digest, len(content), text_digest(content))

    old = {"a": b"x\ny\n", "b": b"x\n", "c": b"\0\n", "d": b"x\r\n"}
    new = {"a": b"x\r\ny\n", "b": b"z\r\n", "c": b"\0\r\n", "d": b"x\r\n"}
    before, after = (file_set(entry(*each) for each in files.items()) for files in (old, new))
    delta = file_delta(before, after)
    assert (delta.changed, delta.line_ends) == (("a", "b", "c"), ("a",))
