"""Batches: their life by the clock, answers, failed lines, cancellation, expiry, and files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.emulator.world import attached
from tests.support.emulator import ANN, OWNER, Clock, Emulator

CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
TINY = "emulator/tiny-chat"


class Batches:
    """An emulator with a client of the batch inference API."""

    def __init__(self, **options: Any) -> None:
        self.emulator = Emulator(**options)
        self.http = self.of(OWNER)

    def of(self, user: str) -> httpx.Client:
        return self.emulator.client(None, Authorization=f"Bearer {user}")

    def upload(self, content: bytes, **fields: str) -> str:
        sent = {"file": ("in.jsonl", content)}
        response = self.http.post("/v1/files", files=sent, data=fields)
        assert response.status_code == 200, response.text
        return str(response.json()["id"])

    def create(self, content: bytes, **fields: Any) -> Any:
        body = {"input_file_id": self.upload(content), **fields}
        response = self.http.post("/v1/batches", json=body)
        assert response.status_code == 200, response.text
        assert response.json()["status"] == "validating"
        return response.json()

    def get(self, batch: Any) -> Any:
        return self.http.get(f"/v1/batches/{batch['id']}").json()

    def lines(self, file_id: str) -> dict[str, Any]:
        content = self.http.get(f"/v1/files/{file_id}/content").text
        records = [json.loads(text) for text in content.splitlines()]
        return {record["custom_id"]: record for record in records}


def line(custom_id: str, prompt: str = "hello", **body: Any) -> bytes:
    """One request for a chat completion."""
    message = {"role": "user", "content": prompt}
    return raw_line(custom_id, {"model": TINY, "messages": [message], **body})


def raw_line(custom_id: str, body: Any, url: str = CHAT) -> bytes:
    request = {"custom_id": custom_id, "method": "POST", "url": url, "body": body}
    return json.dumps(request).encode() + b"\n"


def test_a_batch_without_job_time_is_complete_when_asked_for() -> None:
    batches = Batches()
    created = batches.create(line("a") + line("b"), metadata={"scope": "fraud"})
    assert created["request_counts"] == {"total": 0, "completed": 0, "failed": 0}
    ended = batches.get(created)
    assert ended["status"] == "completed"
    assert ended["request_counts"] == {"total": 2, "completed": 2, "failed": 0}
    assert (ended["metadata"], ended["model"], ended["endpoint"]) == (
        {"scope": "fraud"},
        TINY,
        CHAT,
    )
    assert (ended["errors"], ended["error_file_id"]) == (None, None)
    now = int(batches.emulator.clock())
    assert ended["created_at"] == ended["completed_at"] == ended["in_progress_at"] == now
    assert ended["expires_at"] == now + 86_400


def test_answers_are_made_from_the_request_alone() -> None:
    batches = Batches()
    content = line("a", "what?") + line("b", "what?") + line("c", "other") + line("d", max_tokens=1)
    first, second = (batches.get(batches.create(content)) for _ in range(2))
    answers = [batches.lines(batch["output_file_id"]) for batch in (first, second)]
    bodies = [
        {key: record["response"]["body"]["choices"][0]["message"] for key, record in held.items()}
        for held in answers
    ]
    assert bodies[0] == bodies[1]
    assert bodies[0]["a"] == bodies[0]["b"] != bodies[0]["c"]
    assert bodies[0]["a"]["content"].endswith(" what?")
    cut = answers[0]["d"]["response"]["body"]
    assert cut["choices"][0]["finish_reason"] == "length"
    assert cut["usage"] == {"prompt_tokens": 2, "completion_tokens": 1, "total_tokens": 3}
    assert first["usage"]["input_tokens"] == 8
    assert answers[0]["a"]["id"].startswith("batch_req_")
    assert answers[0]["a"]["id"] != answers[1]["a"]["id"]


def test_the_other_endpoint_answers_in_its_own_shape() -> None:
    batches = Batches()
    body = {"model": TINY, "input": [{"role": "user", "content": [{"text": "hi"}, {"text": 7}]}]}
    content = raw_line("a", body, RESPONSES)
    ended = batches.get(batches.create(content, endpoint=RESPONSES))
    answer = batches.lines(ended["output_file_id"])["a"]["response"]["body"]
    assert answer["object"] == "response"
    assert answer["output"][0]["content"][0]["text"].endswith(" hi")


def test_lines_fail_by_what_they_ask() -> None:
    batches = Batches()
    content = b"".join(
        [
            line("good"),
            line("asked", "please [fail]"),
            line("long", max_tokens=2_048),
            line("prompt", "x" * 8_200),
            line("number", max_tokens="many"),
            raw_line("empty", {"model": TINY, "messages": []}),
            raw_line("text", {"model": TINY, "messages": "hi"}),
        ]
    )
    ended = batches.get(batches.create(content))
    assert ended["status"] == "completed"
    assert ended["request_counts"] == {"total": 7, "completed": 1, "failed": 6}
    assert list(batches.lines(ended["output_file_id"])) == ["good"]
    failed = batches.lines(ended["error_file_id"])
    assert failed["asked"]["response"] is None
    assert failed["asked"]["error"]["code"] == "server_error"
    codes = {
        key: record["response"]["body"]["error"]["code"]
        for key, record in failed.items()
        if record["response"]
    }
    assert codes == {
        "long": "context_length_exceeded",
        "prompt": "context_length_exceeded",
        **dict.fromkeys(("number", "empty", "text"), "invalid_request_error"),
    }
    assert failed["long"]["response"]["status_code"] == 400


def test_a_batch_goes_through_its_states_by_the_clock() -> None:
    batches = Batches(job_time=100.0)
    created = batches.create(b"".join(line(f"{n}") for n in range(10)) + line("x", "[fail]"))
    seen = []
    for seconds in (0, 19, 1, 35, 34, 1, 10):
        batches.emulator.clock.sleep(seconds)
        batch = batches.get(created)
        counts = batch["request_counts"]
        seen.append((batch["status"], counts["total"], counts["completed"], counts["failed"]))
        assert (batch["output_file_id"] is None) == (batch["status"] != "completed")
    assert seen == [
        ("validating", 0, 0, 0),
        ("validating", 0, 0, 0),
        ("in_progress", 11, 0, 0),
        ("in_progress", 11, 5, 0),
        ("in_progress", 11, 10, 0),
        ("finalizing", 11, 10, 1),
        ("completed", 11, 10, 1),
    ]
    times = [batch[f"{name}_at"] - batch["created_at"] for name in ("in_progress", "finalizing")]
    assert times == [20, 90]
    assert batch["completed_at"] - batch["created_at"] == 100


@pytest.mark.parametrize("asked_late", [0, 1_000])
def test_a_batch_that_nobody_looks_at_ends_in_time_all_the_same(asked_late: int) -> None:
    batches = Batches(job_time=100.0)
    created = batches.create(line("a"))
    batches.emulator.clock.sleep(100 + asked_late)
    assert batches.get(created)["completed_at"] == created["created_at"] + 100


def test_cancelling_keeps_what_was_answered() -> None:
    batches = Batches(job_time=100.0)
    created = batches.create(b"".join(line(f"{n}") for n in range(10)))
    batches.emulator.clock.sleep(55)
    path = f"/v1/batches/{created['id']}"
    stopping = batches.http.post(f"{path}/cancel").json()
    assert stopping["status"] == "cancelling"
    assert batches.http.delete(path).json()["status"] == "cancelling"
    batches.emulator.clock.sleep(10)
    stopped = batches.get(created)
    assert stopped["status"] == "cancelled"
    assert stopped["request_counts"] == {"total": 10, "completed": 5, "failed": 0}
    assert stopped["cancelled_at"] - stopped["cancelling_at"] == 10
    assert list(batches.lines(stopped["output_file_id"])) == [f"{n}" for n in range(5)]
    assert (stopped["completed_at"], stopped["finalizing_at"]) == (None, None)
    again = batches.http.post(f"{path}/cancel")
    assert again.status_code == 422
    assert again.json()["detail"][0]["msg"] == "Cannot cancel a batch with status 'cancelled'."


def test_a_batch_cancelled_before_any_answer_has_no_file() -> None:
    batches = Batches(job_time=100.0)
    created = batches.create(line("a"))
    batches.http.post(f"/v1/batches/{created['id']}/cancel")
    batches.emulator.clock.sleep(100)
    stopped = batches.get(created)
    assert (stopped["status"], stopped["output_file_id"]) == ("cancelled", None)


@pytest.mark.parametrize("job_time", [0.0, 200_000.0])
def test_a_batch_expires_when_its_window_has_passed(job_time: float) -> None:
    batches = Batches(job_time=job_time)
    prompts = ["[stall]" if n == 0 and not job_time else "hello" for n in range(4)]
    created = batches.create(b"".join(line(f"{n}", text) for n, text in enumerate(prompts)))
    batches.emulator.clock.sleep(86_399)
    assert batches.get(created)["status"] == "in_progress"
    batches.emulator.clock.sleep(1)
    ended = batches.get(created)
    assert ended["status"] == "expired"
    assert ended["expired_at"] == ended["expires_at"] == created["created_at"] + 86_400
    late = batches.lines(ended["error_file_id"])
    assert {record["error"]["code"] for record in late.values()} == {"batch_expired"}
    done = batches.lines(ended["output_file_id"])
    assert len(done) == ended["request_counts"]["completed"] == 4 - len(late)
    assert 0 < len(late) < 4


def test_a_line_can_make_its_batch_expire_at_once_or_hold_it_up() -> None:
    batches = Batches()
    ended = batches.get(batches.create(line("a") + line("b", "[expire]")))
    assert (ended["status"], ended["request_counts"]["completed"]) == ("expired", 1)
    held = batches.create(line("a") + line("b", "[stall]"))
    assert batches.get(held)["status"] == "in_progress"
    stopped = batches.http.post(f"/v1/batches/{held['id']}/cancel").json()
    assert stopped["status"] == "cancelling"
    assert batches.get(held)["status"] == "cancelled"


def test_deleting_a_batch_that_has_ended_is_refused_like_its_cancellation() -> None:
    batches = Batches()
    ended = batches.get(batches.create(line("a")))
    path = f"/v1/batches/{ended['id']}"
    answers = batches.http.delete(path), batches.http.post(f"{path}/cancel")
    assert [answer.status_code for answer in answers] == [422, 422]
    texts = {answer.json()["detail"][0]["msg"] for answer in answers}
    assert texts == {"Cannot cancel a batch with status 'completed'."}
    assert batches.get(ended) == ended
    assert "a" in batches.lines(ended["output_file_id"])


def test_a_running_batch_does_not_need_its_file_any_more() -> None:
    batches = Batches(job_time=10.0)
    created = batches.create(line("a"))
    deleted = batches.http.delete(f"/v1/files/{created['input_file_id']}").json()
    assert deleted == {"id": created["input_file_id"], "object": "file", "deleted": True}
    batches.emulator.clock.sleep(10)
    assert batches.get(created)["status"] == "completed"


def test_batches_and_files_go_on_over_a_restart(tmp_path: Path) -> None:
    state, clock = tmp_path / "state.db", Clock()
    before = Batches(clock=clock, state=state, job_time=100.0)
    created, other = before.create(line("a")), before.create(line("b"))
    before.http.post(f"/v1/batches/{other['id']}/cancel")
    attached(before.emulator.app).store.close()
    clock.sleep(100)
    after = Batches(clock=clock, state=state)
    ended = after.get(created)
    assert ended["status"] == "completed"
    assert "a" in after.lines(ended["output_file_id"])
    assert after.get(other)["status"] == "cancelled"
    after.emulator.control("POST", "reset")
    assert after.http.get("/v1/files").json()["data"] == []
    attached(after.emulator.app).store.close()


def test_files_and_batches_are_seen_by_their_owner_alone() -> None:
    batches = Batches()
    batch = batches.create(line("a"))
    ann = batches.of(ANN)
    assert ann.get("/v1/files").json()["data"] == ann.get("/v1/batches").json()["data"] == []
    for path in (f"/v1/batches/{batch['id']}", f"/v1/files/{batch['input_file_id']}/content"):
        assert ann.get(path).status_code == 404
    body = {"input_file_id": batch["input_file_id"]}
    assert ann.post("/v1/batches", json=body).status_code == 404
