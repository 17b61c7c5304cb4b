"""Following a batch on the emulator: to its end by success, failure, time or the user, and home.

Cases: what is told meanwhile, files that are written, taken away or cut off, and a platform that
counts nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from reconciler.core.provider import Watch
from reconciler.core.resource import Resource
from reconciler.core.step import Wait
from reconciler.errors import ApiError, Interrupted, JobFailed, ReconcilerError
from reconciler.providers.batch_inference import operations as api
from reconciler.providers.batch_inference.provider import BatchInference
from tests.contract.batch_inference_ground import Ground, line, manifest

FAILING = line("a") + line("b", "[fail]") + line("c", "[fail]")


def wait(batch: str, timeout: float = 600, **require: int) -> Wait:
    return Wait("batch", {"batch": batch, "require": require}, timeout)


def watch(
    resource: Resource | None = None,
    lines: list[str] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Watch:
    return Watch((lines if lines is not None else []).append, stop, resource)


def test_progress_is_told_once_for_each_state(tmp_path: Path) -> None:
    ground, wanted, told = Ground(job_time=100.0), manifest(tmp_path, output="out/o.jsonl"), []
    made = ground.batch()
    outputs = ground.provider.wait(wait(made, failed=0), watch(wanted, told))
    assert told[:2] == ["validating", "in_progress [....................] 0 of 3"]
    assert len(told) == len(set(told))
    assert max(ground.emulator.clock.slept) <= 30
    assert outputs["batchId"] == made
    lines = (tmp_path / "out" / "o.jsonl").read_bytes().splitlines()
    assert {json.loads(each)["custom_id"] for each in lines} == {"a", "b", "c"}
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["o.jsonl"]


def test_patience_has_an_end() -> None:
    ground = Ground(job_time=1_000.0)
    with pytest.raises(JobFailed) as caught:
        ground.provider.wait(wait(ground.batch(), timeout=30), watch())
    assert "is still validating after 30 s" in caught.value.message
    assert sum(ground.emulator.clock.slept) <= 30


def test_a_stop_leaves_the_batch_alone() -> None:
    ground = Ground(job_time=1_000.0)
    made = ground.batch()
    with pytest.raises(Interrupted) as caught:
        ground.provider.wait(wait(made), watch(stop=lambda: True))
    assert "which goes on" in caught.value.message
    assert ground.client.read(api.GET_BATCH, made).status == "validating"


def test_errors_lie_beside_the_output_until_there_are_none(tmp_path: Path) -> None:
    ground, wanted = Ground(), manifest(tmp_path, output="o.jsonl")
    made = ground.batch(ground.file(FAILING))
    with pytest.raises(JobFailed) as caught:
        ground.provider.wait(wait(made, failed=1), watch(wanted))
    assert caught.value.log.splitlines() == [
        "b: server_error: The model did not answer.",
        "c: server_error: The model did not answer.",
    ]
    assert len((tmp_path / "o.errors.jsonl").read_bytes().splitlines()) == 2
    ground.provider.wait(wait(made, failed=2), watch(wanted))
    ground.provider.wait(wait(ground.batch(), failed=0), watch(wanted))
    assert not (tmp_path / "o.errors.jsonl").exists()


def test_a_batch_without_one_good_answer_leaves_an_empty_output(tmp_path: Path) -> None:
    ground, wanted = Ground(), manifest(tmp_path, output="o.jsonl")
    (tmp_path / "o.jsonl").write_text("of an earlier batch")
    ground.provider.wait(wait(ground.batch(ground.file(line("a", "[fail]")))), watch(wanted))
    assert (tmp_path / "o.jsonl").read_bytes() == b""


def test_results_that_are_gone_do_not_hide_the_verdict(tmp_path: Path) -> None:
    ground, wanted = Ground(), manifest(tmp_path, output="o.jsonl")
    made = ground.batch(ground.file(FAILING))
    ground.emulator.clock.sleep(31 * 86_400)
    with pytest.raises(JobFailed) as caught:
        ground.provider.wait(wait(made, failed=0), watch(wanted))
    assert "2 of 3 requests failed" in caught.value.message
    assert not (tmp_path / "o.jsonl").exists()
    ground.fail("GET", "/content$", 403)
    with pytest.raises(ApiError):
        ground.provider.wait(wait(made, failed=0), watch(wanted))


def test_an_output_that_cannot_be_written_says_where_the_results_are(tmp_path: Path) -> None:
    ground, wanted = Ground(), manifest(tmp_path, output="smoke.jsonl/o.jsonl")
    with pytest.raises(ReconcilerError) as caught:
        ground.provider.wait(wait(ground.batch()), watch(wanted))
    assert "smoke.jsonl/o.jsonl cannot be written" in caught.value.message
    assert "reconciler download" in caught.value.hint
    taken = manifest(tmp_path, output="taken")
    (tmp_path / "taken" / "x").mkdir(parents=True)
    with pytest.raises(ReconcilerError):
        ground.provider.wait(wait(ground.batch()), watch(taken))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["smoke.jsonl", "taken"]


class Answers:
    """A server with one completed batch and these results."""

    def __init__(self, output: bytes, errors: bytes = b"", **counts: int) -> None:
        self.batch = {
            "id": "b",
            "input_file_id": "f",
            "status": "completed",
            "created_at": 1,
            "output_file_id": "output",
            "error_file_id": "errors" if errors else None,
            **({"request_counts": counts} if counts else {}),
        }
        self.contents = {"output": output, "errors": errors}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        *_, name, last = request.url.path.split("/")
        if last == "content":
            return httpx.Response(200, content=self.contents[name])
        return httpx.Response(200, json=self.batch)


def provided(answers: Answers) -> BatchInference:
    ground = Ground()
    ground.wire = httpx.MockTransport(answers)
    return BatchInference(ground.open())


@pytest.mark.parametrize(
    ("content", "completed"), [(b'{"id": "5f', 1), (b'{"id": 1}\n', 2), (b"", 1)]
)
def test_results_that_were_cut_off_are_not_kept(
    tmp_path: Path, content: bytes, completed: int
) -> None:
    wanted = manifest(tmp_path, output="o.jsonl")
    provider = provided(Answers(content, total=2, completed=completed, failed=0))
    with pytest.raises(ApiError) as caught:
        provider.wait(wait("b"), watch(wanted))
    assert "was cut off on its way" in caught.value.message
    assert not (tmp_path / "o.jsonl").exists()


def test_failures_are_counted_in_the_error_file_where_the_batch_counts_none(tmp_path: Path) -> None:
    errors = b'{"custom_id": "a", "response": {"status_code": 400, "body": {"error": 1}}}\n'
    provider = provided(Answers(b"{}\n", errors))
    provider.wait(wait("b", failed=1), watch())
    with pytest.raises(JobFailed) as caught:
        provider.wait(wait("b", failed=0), watch())
    assert caught.value.message == "batch b: 1 request failed, and require.failed allows 0"
    assert caught.value.log == "a: 400: {'error': 1}"
