"""The input of a batch, judged offline: every rule of the API's page, each with its line.

Cases: what makes a line wrong, how much is told and how large a file may be, tokens by hand, and a
property: whatever lies in a file, it is judged and never a defect.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.fileset import FileEntry, FileSet, file_set
from reconciler.providers.batch_inference.input import (
    MOST_BYTES,
    MOST_REQUESTS,
    Input,
    read_input,
)
from reconciler.providers.batch_inference.tokens import most_answered, prompt_tokens

CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"


def blob(path: Path, content: bytes) -> FileSet:
    path.write_bytes(content)
    entry = FileEntry(path.name, hashlib.sha256(content).hexdigest(), len(content))
    return file_set([entry], "blob", str(path))


def judged(folder: Path, *lines: Any, endpoint: str = CHAT) -> Input:
    """The input of these lines; what is no bytes is written as JSON."""
    content = b"\n".join(e if isinstance(e, bytes) else json.dumps(e).encode() for e in lines)
    return read_input(blob(folder / "smoke.jsonl", content), endpoint)


def asked(name: Any = "a", **more: Any) -> dict[str, Any]:
    """A good request, or one with other keys."""
    made = {"custom_id": name, "method": "POST", "url": CHAT, "body": {"model": "m"}, **more}
    return {key: value for key, value in made.items() if value is not ...}


def test_a_good_input_has_a_model_and_its_requests(tmp_path: Path) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "12345"}], "max_tokens": 7}
    found = judged(tmp_path, asked("a"), b"", asked("b", body=body), b"  ")
    assert (found.name, found.model, found.wrong) == ("smoke.jsonl", "m", ())
    assert [(r.line, r.prompt, r.answer) for r in found.requests] == [(1, 0, None), (3, 2, 7)]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"{", "is not JSON (Expecting property name enclosed in double quotes at column 2)"),
        (b"\xff", "is not JSON (it is not UTF-8)"),
        (b"\xef\xbb\xbf{}", "is not JSON (Unexpected UTF-8 BOM"),
        (b'{"custom_id": NaN}', "is not JSON (NaN is not a number in JSON)"),
        (b"[" * 100_000, "is not JSON (it is nested too deep)"),
        (b"[]", "is not a JSON object"),
        (b"null", "is not a JSON object"),
        (asked(...), "has no custom_id, a text that names the request"),
        (asked(""), "has no custom_id"),
        (asked(7), "has no custom_id"),
        (asked(method=...), "has no method; it must be POST"),
        (asked(method="GET"), "has the method 'GET' in the place of POST"),
        (asked(method=None), "has the method 'null' in the place of POST"),
        (asked(url=...), f"has no url; it must be {CHAT}, the endpoint of the batch"),
        (asked(url=RESPONSES), f"has the url '{RESPONSES}' in the place of {CHAT}"),
        (asked(url="x" * 500), "x…' in the place of"),
        (asked(body=...), "has no body, the request itself"),
        (asked(body=[]), "has no body, the request itself"),
        (asked(body={}), "has no body.model"),
        (asked(body={"model": ""}), "has no body.model"),
        (asked("first"), "has the custom_id 'first' of line 1; each must be unique"),
        (asked(body={"model": "n"}), "asks the model 'n', and others 'm': one per file"),
    ],
)
def test_a_wrong_line_is_told_with_its_number(tmp_path: Path, line: Any, told: str) -> None:
    (wrong,) = judged(tmp_path, asked("first"), line).wrong
    assert wrong.startswith("smoke.jsonl:2: ")
    assert told in wrong
    assert len(wrong) < 200


def test_all_that_is_wrong_with_a_line_is_told(tmp_path: Path) -> None:
    found = judged(tmp_path, {})
    assert [wrong.partition(": has no ")[2].split()[0] for wrong in found.wrong] == [
        "custom_id,",
        "method;",
        "url;",
        "body,",
    ]


def test_the_url_is_held_against_the_manifest(tmp_path: Path) -> None:
    body = {"model": "m", "input": "12345678", "instructions": "1234", "max_output_tokens": 9}
    line = asked(url=RESPONSES, body=body)
    assert len(judged(tmp_path, line).wrong) == 1
    found = judged(tmp_path, line, endpoint=RESPONSES)
    assert found.wrong == ()
    assert [(r.prompt, r.answer) for r in found.requests] == [(3, 9)]


def test_twenty_are_told_and_the_rest_counted(tmp_path: Path) -> None:
    found = judged(tmp_path, *[[]] * 25)
    assert len(found.wrong) == 21
    assert found.wrong[-1] == "and 5 more"
    assert judged(tmp_path, *[[]] * 20).wrong[-1] == "smoke.jsonl:20: is not a JSON object"


def test_an_input_holds_a_request_at_least(tmp_path: Path) -> None:
    assert judged(tmp_path, b"\n \n").wrong == ("smoke.jsonl holds no request",)


def test_an_input_holds_no_more_requests_than_a_batch_takes(tmp_path: Path) -> None:
    body = b'"method": "POST", "url": "/v1/chat/completions", "body": {"model": "m"}}'
    lines = [b'{"custom_id": "%d", %s' % (n, body) for n in range(MOST_REQUESTS)]
    assert judged(tmp_path, *lines).wrong == ()
    (wrong,) = judged(tmp_path, *lines, b"", b"not even JSON", b"and another").wrong
    assert wrong == "smoke.jsonl:50002: more than 50000 requests, the most a batch takes"


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    entry = FileEntry("smoke.jsonl", "0" * 64, MOST_BYTES + 1)
    (wrong,) = read_input(file_set([entry], "blob", str(tmp_path / "none")), CHAT).wrong
    assert wrong == "smoke.jsonl has 209715201 bytes, and a batch takes 209715200 at most"


def test_a_file_that_went_away_is_told(tmp_path: Path) -> None:
    entry = FileEntry("smoke.jsonl", "0" * 64, 7)
    (wrong,) = read_input(file_set([entry], "blob", str(tmp_path / "none")), CHAT).wrong
    assert wrong == "smoke.jsonl cannot be read: no such file or directory"


def test_other_bytes_at_the_same_path_are_read_anew(tmp_path: Path) -> None:
    assert judged(tmp_path, asked()).wrong == ()
    assert judged(tmp_path, asked(7)).wrong != ()


@pytest.mark.parametrize(
    ("content", "tokens"),
    [
        ("", 0),
        ("1234", 1),
        ("12345", 2),
        ([{"type": "text", "text": "12345678"}], 2),
        ([{"type": "image_url", "image_url": {"url": "data:" + "x" * 999}}], 0),
        (None, 0),
        (7, 0),
    ],
)
def test_tokens_of_a_prompt_are_a_quarter_of_its_characters(content: Any, tokens: int) -> None:
    assert prompt_tokens({"messages": [{"role": "user", "content": content}]}, CHAT) == tokens
    assert prompt_tokens({"input": content}, RESPONSES) == tokens


@pytest.mark.parametrize("value", [None, 0, -1, True, "64", 6.4, []])
def test_no_limit_is_read_out_of_what_is_none(value: Any) -> None:
    assert most_answered({"max_tokens": value}) is None
    assert most_answered({"max_tokens": value, "max_completion_tokens": 5}) == 5


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["content", "text", "model", "messages"]), inner)
    ),
    max_leaves=8,
)
LINE = st.binary(max_size=40) | st.fixed_dictionaries(
    {},
    optional={"custom_id": JSON, "method": JSON, "url": JSON, "body": JSON},
).map(lambda value: json.dumps(value).encode())


@given(st.lists(LINE, max_size=30))
def test_whatever_lies_in_a_file_is_judged(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    found = judged(tmp_path_factory.mktemp("input"), *lines)
    assert found.wrong
    assert len(found.wrong) <= 21
    assert all("\n" not in wrong for wrong in found.wrong)
