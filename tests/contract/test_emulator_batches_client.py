"""The official openai client, unchanged, on a served emulator: files and batches."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from reconciler.emulator.app import Options, create_app
from reconciler.emulator.serve import running
from tests.contract.test_emulator_batches import CHAT, line
from tests.support.emulator import Clock


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def client(clock: Clock) -> Iterator[openai.OpenAI]:
    app = create_app(Options(token="key", job_time=100.0, page_size=2), clock, clock.sleep)
    with (
        running(app) as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key="key", max_retries=0) as client,
    ):
        yield client


def created(client: openai.OpenAI, content: bytes, **fields: Any) -> Any:
    """A batch of this content."""
    file = client.files.create(file=("in.jsonl", content), purpose="batch")
    return client.batches.create(
        input_file_id=file.id, endpoint=CHAT, completion_window="24h", **fields
    )


def test_files(client: openai.OpenAI) -> None:
    made = [
        client.files.create(
            file=(f"{n}.jsonl", b"{}\n"),
            purpose="batch",
            expires_after={"anchor": "created_at", "seconds": 3_600},
        )
        for n in range(5)
    ]
    assert made[0].expires_at == made[0].created_at + 3_600
    # Two a page, so that the client has to follow the cursor.
    assert [file.id for file in client.files.list()] == [file.id for file in made[::-1]]
    ordered = client.files.list(order="asc", purpose="batch", limit=1)
    assert [file.filename for file in ordered] == [f"{n}.jsonl" for n in range(5)]
    assert client.files.retrieve(made[0].id) == made[0]
    assert client.files.content(made[0].id).read() == b"{}\n"
    for file in made:
        assert client.files.delete(file.id).deleted is True
    with pytest.raises(openai.NotFoundError, match="No such File object"):
        client.files.retrieve(made[0].id)


def test_a_batch_from_its_file_to_its_answers(client: openai.OpenAI, clock: Clock) -> None:
    content = line("good") + line("bad", "[fail]")
    batch = created(client, content, metadata={"scope": "fraud"})
    assert (batch.status, batch.metadata) == ("validating", {"scope": "fraud"})
    clock.sleep(100)
    batch = client.batches.retrieve(batch.id)
    assert batch.status == "completed"
    assert batch.request_counts
    assert (batch.request_counts.completed, batch.request_counts.failed) == (1, 1)
    assert batch.usage
    assert batch.usage.total_tokens > 0
    output = client.files.content(batch.output_file_id or "").text
    assert json.loads(output)["custom_id"] == "good"
    error = client.files.content(batch.error_file_id or "").text
    assert json.loads(error)["error"]["code"] == "server_error"


def test_a_wrong_file(client: openai.OpenAI, clock: Clock) -> None:
    batch = created(client, line("a") + line("a"))
    clock.sleep(20)
    batch = client.batches.retrieve(batch.id)
    assert batch.status == "failed"
    assert batch.errors
    assert batch.errors.data
    assert (batch.errors.data[0].code, batch.errors.data[0].line) == ("duplicate_custom_id", 2)


def test_batches_are_cancelled_and_listed_over_pages(client: openai.OpenAI, clock: Clock) -> None:
    made = [created(client, line("a")) for _ in range(5)]
    clock.sleep(95)
    assert client.batches.cancel(made[0].id).status == "cancelling"
    clock.sleep(10)
    assert client.batches.retrieve(made[0].id).status == "cancelled"
    listed = [batch.id for batch in client.batches.list(limit=2)]
    assert listed[:5] == [batch.id for batch in made[::-1]]
    assert len(listed) == len(set(listed)) > 5
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        client.batches.cancel(made[0].id)
    # The client finds no message in the form that this status has.
    assert "Cannot cancel a batch" in refused.value.response.text


def test_what_the_client_has_no_method_for(client: openai.OpenAI) -> None:
    models: Any = client.get("/active-models", cast_to=object)
    assert "emulator/tiny-chat" in models["active_models"]
    config: Any = client.get("/model-config", cast_to=object)
    assert [model["name"] for model in config["active_models"]] == models["active_models"]
    batch = created(client, line("a"))
    deleted: Any = client.delete(f"/batches/{batch.id}", cast_to=object)
    assert deleted["status"] == "cancelling"


def test_a_wrong_key_and_a_wrong_purpose(client: openai.OpenAI) -> None:
    with pytest.raises(openai.AuthenticationError, match="Incorrect API key"):
        client.with_options(api_key="other").files.list()
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        client.files.create(file=("a.jsonl", b"{}"), purpose="fine-tune")
    assert refused.value.response.json()["detail"][0]["loc"] == ["body", "purpose"]
