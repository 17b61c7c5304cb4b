"""What batches refuse: wrong input files, wrong calls; models, lists, limits and error shapes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.test_emulator_batches import RESPONSES, TINY, Batches, line, raw_line
from tests.support.emulator import Emulator

OTHER = {"model": "Qwen/Qwen3-32B", "messages": [{"role": "user", "content": "hi"}]}


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", [("empty_file", None, None)]),
        (b"\n \n", [("empty_file", None, None)]),
        (line("a") + b"{not json\n", [("invalid_json_line", 2, None)]),
        (b'{"a": NaN}\n', [("invalid_json_line", 1, None)]),
        (b"[1]\n", [("invalid_json_line", 1, None)]),
        (b"\xff\xfe\n", [("invalid_json_line", 1, None)]),
        (b'{"a":' * 200 + b"1" + b"}" * 200, [("invalid_json_line", 1, None)]),
        (b"[" * 50_000, [("invalid_json_line", 1, None)]),
        (line("a") + b"\n" + line("a"), [("duplicate_custom_id", 3, "custom_id")]),
        (line(""), [("missing_required_parameter", 1, "custom_id")]),
        (line("a") + raw_line("b", OTHER), [("mismatched_model", 2, "body.model")]),
        (line("a", model="gone/model"), [("model_not_found", 1, "body.model")]),
        (line("a", model=None), [("missing_required_parameter", 1, "body.model")]),
        (raw_line("a", None), [("missing_required_parameter", 1, "body")]),
        (raw_line("a", OTHER, RESPONSES), [("invalid_url", 1, "url")]),
        (line("a").replace(b"POST", b"GET"), [("invalid_method", 1, "method")]),
        (
            b"{}\n" + line("a", model="gone/model"),
            [
                ("missing_required_parameter", 1, "custom_id"),
                ("invalid_method", 1, "method"),
                ("invalid_url", 1, "url"),
                ("missing_required_parameter", 1, "body"),
                ("model_not_found", 2, "body.model"),
            ],
        ),
    ],
)
def test_a_wrong_file_fails_its_batch(content: bytes, found: list[tuple[Any, ...]]) -> None:
    batches = Batches()
    ended = batches.get(batches.create(content))
    assert ended["status"] == "failed"
    errors = [(e["code"], e["line"], e["param"]) for e in ended["errors"]["data"]]
    assert errors == found
    assert all(error["message"] for error in ended["errors"]["data"])
    assert ended["failed_at"] == ended["created_at"]
    assert (ended["in_progress_at"], ended["output_file_id"]) == (None, None)


def test_the_validation_takes_its_time() -> None:
    batches = Batches(job_time=100.0)
    created = batches.create(b"{")
    batches.emulator.clock.sleep(19)
    assert (batches.get(created)["status"], batches.get(created)["errors"]) == ("validating", None)
    batches.emulator.clock.sleep(1)
    assert batches.get(created)["status"] == "failed"
    assert batches.get(created)["failed_at"] == created["created_at"] + 20


def test_limits_of_lines_and_bytes() -> None:
    batches = Batches()
    assert batches.emulator.control("POST", "batches/limits", {"lines": 2, "bytes": 1_000}) == {
        "lines": 2,
        "bytes": 1_000,
    }
    ended = batches.get(batches.create(line("a") + line("b") + line("c")))
    assert ended["errors"]["data"][0]["code"] == "too_many_tasks"
    refused = batches.http.post("/v1/files", files={"file": ("big.jsonl", b"x" * 1_001)})
    assert refused.status_code == 422
    assert refused.json()["detail"][0] == {
        "loc": ["body", "file"],
        "msg": "is larger than 1000 bytes",
        "type": "value_error",
    }


def test_a_file_may_have_fifty_thousand_lines() -> None:
    batches = Batches()
    ended = batches.get(batches.create(b"{}\n" * 50_001))
    (error,) = ended["errors"]["data"]
    assert error["message"] == "The input file holds 50001 requests; 50000 are allowed."
    # One wrong line fewer is read, and the first thousand mistakes are told.
    ended = batches.get(batches.create(b"{}\n" * 50_000))
    assert len(ended["errors"]["data"]) == 1_000


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "input_file_id"),
        ({"input_file_id": 7}, "input_file_id"),
        ({"endpoint": "/v1/embeddings"}, "endpoint"),
        ({"completion_window": "1h"}, "completion_window"),
        ({"metadata": {f"{n}": "x" for n in range(17)}}, "metadata"),
        ({"metadata": {"k" * 65: "x"}}, "metadata"),
        ({"metadata": {"k": "x" * 513}}, "metadata"),
        ({"metadata": {"k": 1}}, "metadata"),
        ({"output_expires_after": {"anchor": "created_at", "seconds": 1}}, "output_expires_after"),
    ],
)
def test_wrong_bodies_of_batches(body: dict[str, Any], place: str) -> None:
    batches = Batches()
    whole = {"input_file_id": batches.upload(line("a")), **body} if body else {}
    answer = batches.http.post("/v1/batches", json=whole)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", place]
    assert batches.http.get("/v1/batches").json()["data"] == []


def test_further_keys_of_a_batch_are_passed_over() -> None:
    assert "more" not in Batches().create(line("a"), more=True, metadata=None)


def test_a_batch_needs_a_file_that_is_there_and_is_an_input() -> None:
    batches = Batches()
    missing = batches.http.post("/v1/batches", json={"input_file_id": "file-unknown"})
    assert missing.status_code == 404
    assert missing.json()["error"]["message"] == "No such File object: file-unknown"
    output = batches.get(batches.create(line("a")))["output_file_id"]
    assert batches.http.post("/v1/batches", json={"input_file_id": output}).status_code == 422


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"purpose": "batch"}},
        {"json": {"purpose": "batch"}},
        {"files": {"other": ("a.jsonl", b"x")}},
        {"files": {"file": ("a.jsonl", b"x")}, "data": {"purpose": "fine-tune"}},
        {"content": b"broken", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"files": {"file": ("a.jsonl", b"x")}, "data": {"expires_after[seconds]": "60"}},
    ],
)
def test_wrong_uploads(sent: dict[str, Any]) -> None:
    answer = Batches().http.post("/v1/files", **sent)
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_files_go_when_their_time_has_come() -> None:
    batches = Batches()
    fields = {"expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"}
    early = batches.upload(b"{}", **fields)
    life = {"anchor": "created_at", "seconds": 7_200}
    ended = batches.get(batches.create(line("a"), output_expires_after=life))
    kept = {
        early: 3_600,
        ended["output_file_id"]: 7_200,
        ended["input_file_id"]: 30 * 86_400,
    }
    for file_id, seconds in kept.items():
        shown = batches.http.get(f"/v1/files/{file_id}").json()
        assert shown["expires_at"] - shown["created_at"] == seconds
    made, clock = batches.emulator.clock(), batches.emulator.clock
    for gone, seconds in enumerate(sorted(kept.values())):
        for moment, left in ((seconds - 1, 3 - gone), (seconds, 2 - gone)):
            clock.sleep(made + moment - clock())
            assert len(batches.http.get("/v1/files").json()["data"]) == left
    assert batches.http.get(f"/v1/files/{early}/content").status_code == 404


def test_lists_are_paged_by_a_cursor() -> None:
    batches = Batches()
    files = [batches.upload(b"x") for _ in range(5)]
    first = batches.http.get("/v1/files", params={"limit": 2}).json()
    assert [file["id"] for file in first["data"]] == files[:2:-1]
    assert (first["first_id"], first["last_id"], first["has_more"]) == (files[4], files[3], True)
    query = {"after": files[1], "order": "asc", "limit": 3, "purpose": "batch"}
    last = batches.http.get("/v1/files", params=query).json()
    assert [file["id"] for file in last["data"]] == files[2:]
    assert last["has_more"] is False
    empty = batches.http.get("/v1/files", params={"purpose": "assistants"}).json()
    assert empty == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }
    assert batches.http.get("/v1/files", params={"after": "0"}).status_code == 404
    for query in ({"limit": "0"}, {"limit": "10001"}, {"order": "up"}, {"ordr": "asc"}):
        answer = batches.http.get("/v1/files", params=query)
        assert answer.json()["detail"][0]["loc"] == ["query", next(iter(query))]
    assert batches.http.get("/v1/batches", params={"limit": "101"}).status_code == 422


def test_models_are_everybodys_and_a_control_adds_and_ends_them() -> None:
    emulator = Emulator(token="secret")
    http = emulator.client(None)
    names = http.get("/v1/active-models").json()["active_models"]
    models = http.get("/v1/model-config").json()["active_models"]
    assert [model["name"] for model in models] == names
    tiny = next(model for model in models if model["name"] == TINY)
    assert (tiny["context_length"], tiny["status"]) == (2_048, "active")
    assert (tiny["input_price_cents"], tiny["output_price_cents"]) == (1, 2)
    new = {"name": "acme/own", "context_length": 100, "input_price_cents": 0.5}
    emulator.control("POST", "batches/models", new)
    emulator.control("POST", "batches/models", {"name": TINY, "status": "inactive"})
    changed = http.get("/v1/model-config").json()["active_models"]
    assert new.items() <= changed[-1].items()
    assert TINY not in http.get("/v1/active-models").json()["active_models"]
    emulator.control("POST", "reset")
    assert http.get("/v1/active-models").json()["active_models"] == names


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/v1/files/unknown", 404, "not_found_error"),
        ("GET", "/v1/batches/unknown", 404, "not_found_error"),
        ("GET", "/v1/nowhere", 404, "not_found_error"),
        ("PUT", "/v1/files", 405, "invalid_request_error"),
    ],
)
def test_errors_have_the_shape_of_this_api(method: str, path: str, status: int, kind: str) -> None:
    answer = Batches().http.request(method, path)
    assert answer.status_code == status
    assert answer.json()["error"]["type"] == kind
    assert answer.json()["error"].keys() == {"message", "type", "param", "code"}


def test_tokens_and_planned_faults_have_it_too() -> None:
    emulator = Emulator(token="secret")
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Token secret"}):
        refused = emulator.client(None, **headers).get("/v1/batches")
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")
    http = emulator.client(None, Authorization="Bearer secret")
    expected = {429: "rate_limit_error", 500: "server_error"}
    for status, kind in expected.items():
        fault = {"action": "status", "status": status, "headers": {"Retry-After": "3"}}
        emulator.control("POST", "faults", fault)
        answer = http.get("/v1/active-models")
        assert (answer.status_code, answer.json()["error"]["type"]) == (status, kind)
        assert answer.headers["Retry-After"] == "3"


def test_a_lost_answer_leaves_what_was_made() -> None:
    batches = Batches()
    for path in ("/v1/files", "/v1/batches"):
        fault = {"action": "drop", "when": "after", "method": "POST", "path": path}
        batches.emulator.control("POST", "faults", fault)
    with pytest.raises(Exception, match="connection closed"):
        batches.upload(line("a"))
    (file,) = batches.http.get("/v1/files").json()["data"]
    with pytest.raises(Exception, match="connection closed"):
        batches.http.post("/v1/batches", json={"input_file_id": file["id"]})
    assert len(batches.http.get("/v1/batches").json()["data"]) == 1
    logged = [json.dumps(entry) for entry in batches.emulator.log()]
    assert any('"files": ["in.jsonl"]' in entry for entry in logged)
