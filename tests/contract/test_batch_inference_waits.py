"""Following a batch on the emulator: to its end by success, failure, time or the user, and home.

Cases: what is told meanwhile, files that are written, taken away or cut off, and a platform that
counts nothing.
"""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from reconciler.core.provider import Watch
from reconciler.core.resource import Resource
from reconciler.core.step import Wait
from reconciler.errors import ApiError, Interrupted, JobFailed, ReconcilerError
from reconciler.providers.batch_inference import operations as api
from reconciler.providers.batch_inference.provider import BatchInference
from tests.support.batch_inference_api import Ground, line, manifest

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
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["o.batch.json", "o.jsonl"]


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
    ground, wanted = Ground(), manifest(tmp_path, FAILING, output="o.jsonl")
    made = ground.batch(ground.file(FAILING))
    with pytest.raises(JobFailed) as caught:
        ground.provider.wait(wait(made, failed=1), watch(wanted))
    assert caught.value.log.splitlines() == [
        "b: server_error: The model did not answer.",
        "c: server_error: The model did not answer.",
    ]
    assert len((tmp_path / "o.partial.errors.jsonl").read_bytes().splitlines()) == 2
    ground.provider.wait(wait(made, failed=2), watch(wanted))
    assert len((tmp_path / "o.errors.jsonl").read_bytes().splitlines()) == 2
    wanted = manifest(tmp_path, output="o.jsonl")
    ground.provider.wait(wait(ground.batch(), failed=0), watch(wanted))
    assert not (tmp_path / "o.errors.jsonl").exists()


def test_a_batch_without_one_good_answer_leaves_an_empty_output_only_where_that_is_allowed(
    tmp_path: Path,
) -> None:
    ground, wanted = Ground(), manifest(tmp_path, line("a", "[fail]"), output="o.jsonl")
    (tmp_path / "o.jsonl").write_text("of an earlier batch")
    made = ground.batch(ground.file(line("a", "[fail]")))
    with pytest.raises(JobFailed, match="none of 1 request was answered"):
        ground.provider.wait(wait(made), watch(wanted))
    assert (tmp_path / "o.jsonl").read_text() == "of an earlier batch"
    ground.provider.wait(wait(made, failed=1), watch(wanted))
    assert (tmp_path / "o.jsonl").read_bytes() == b""


@pytest.mark.parametrize("end", ["refused", "cancelled", "expired", "rejected"])
def test_a_good_output_stays_whatever_happens_to_the_next_batch(tmp_path: Path, end: str) -> None:
    ground = Ground(job_time=10.0)
    bad = {
        "refused": line("a", model="gone"),
        "cancelled": line("a") + line("b"),
        "expired": line("a") + line("b", "[expire]"),
        "rejected": line("a") + line("b", "[fail]"),
    }[end]
    good = manifest(tmp_path, output="o.jsonl")
    ground.provider.wait(wait(ground.batch(), failed=0), watch(good))
    before = (tmp_path / "o.jsonl").read_bytes()
    made = ground.batch(ground.file(bad))
    if end == "cancelled":
        ground.emulator.clock.sleep(6)
        ground.http.post(f"/v1/batches/{made}/cancel")
    with pytest.raises(JobFailed):
        ground.provider.wait(wait(made, failed=0), watch(manifest(tmp_path, bad, output="o.jsonl")))
    assert (tmp_path / "o.jsonl").read_bytes() == before
    assert not (tmp_path / "o.errors.jsonl").exists()
    partial = tmp_path / "o.partial.jsonl"
    assert partial.exists() == (end != "refused")
    if end != "refused":
        assert [json.loads(each)["custom_id"] for each in partial.read_bytes().splitlines()] == [
            "a"
        ]
    (tmp_path / "o.jsonl").unlink()
    ground.provider.wait(
        wait(ground.batch(), failed=0), watch(manifest(tmp_path, output="o.jsonl"))
    )
    assert sorted(path.name for path in tmp_path.glob("o.*")) == ["o.batch.json", "o.jsonl"]


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


def answer(name: str, status: int = 200) -> bytes:
    record = {"custom_id": name, "response": {"status_code": status, "body": {"error": 1}}}
    return json.dumps(record).encode() + b"\n"


OK = b"".join(map(answer, "abc"))


@pytest.mark.parametrize(
    ("output", "says"),
    [
        (b"", "3 of 3 requests have no line in the results (a, b, c)"),
        (answer("a") + answer("b"), "1 of 3 requests have no line in the results (c)"),
        (answer("a") + answer("a") + answer("b"), "1 of 3 requests have no line"),
        (OK + answer("c"), "1 of 3 requests have more than one answer (c)"),
        (OK + answer("z"), "1 of 3 requests are answered and not in the input (z)"),
        (answer("a") + answer("b") + answer("c", 500), "1 of 3 requests failed"),
        (OK[:-3], "the results end in half a line"),
        (OK + b"[]", "the results end in half a line"),
    ],
)
def test_the_lines_decide_whatever_the_platform_counts(
    tmp_path: Path, output: bytes, says: str
) -> None:
    wanted = manifest(tmp_path, output="o.jsonl")
    (tmp_path / "o.jsonl").write_bytes(b"good")
    provider = provided(Answers(output, total=3, completed=3, failed=0))
    with pytest.raises(JobFailed) as caught:
        provider.wait(wait("b", failed=0), watch(wanted))
    assert says in caught.value.message
    assert (tmp_path / "o.jsonl").read_bytes() == b"good"
    good = provided(Answers(OK + b"\r\n", total=9, completed=1, failed=8))
    good.wait(wait("b", failed=0), watch(wanted))
    assert (tmp_path / "o.jsonl").read_bytes() == OK + b"\r\n"


def test_a_refusal_in_both_files_is_one_failure_and_an_answer_counts(tmp_path: Path) -> None:
    wanted = manifest(tmp_path)
    errors = answer("b", 400) + answer("c", 400)
    provider = provided(Answers(OK.replace(b"200", b"500", 2), errors, total=3))
    with pytest.raises(JobFailed) as caught:
        provider.wait(wait("b", failed=1), watch(wanted))
    assert "2 of 3 requests failed" in caught.value.message
    assert caught.value.log.splitlines() == [
        "a: 500: {'error': 1}",
        "b: 400: {'error': 1}",
    ]


def test_a_completed_batch_without_a_file_is_not_done(tmp_path: Path) -> None:
    wanted, answers = manifest(tmp_path), Answers(b"", total=3, completed=3, failed=0)
    answers.batch["output_file_id"] = None
    with pytest.raises(JobFailed, match="3 of 3 requests have no line"):
        provided(answers).wait(wait("b", failed=0), watch(wanted))


def test_failures_are_counted_in_the_files_where_the_batch_counts_none() -> None:
    errors = b'{"custom_id": "a", "response": {"status_code": 400, "body": {"error": 1}}}\n'
    provider = provided(Answers(answer("b"), errors))
    provider.wait(wait("b", failed=1), watch())
    with pytest.raises(JobFailed) as caught:
        provider.wait(wait("b", failed=0), watch())
    assert caught.value.message == "batch b: 1 of 2 requests failed, and require.failed allows 0"
    assert caught.value.log == "a: 400: {'error': 1}"


class Slices(httpx.SyncByteStream):
    """A large body that is never whole in memory."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __iter__(self) -> Iterator[bytes]:
        for number in range(self.count):
            text = "x" * 10_000
            record = {"custom_id": str(number), "response": {"status_code": 200, "body": text}}
            yield json.dumps(record).encode() + b"\n"


def test_the_record_beside_the_output_says_what_was_run(tmp_path: Path) -> None:
    ground, wanted = Ground(), manifest(tmp_path, FAILING, output="o.jsonl")
    made = ground.batch(ground.file(FAILING))
    with pytest.raises(JobFailed):
        ground.provider.wait(wait(made, failed=1), watch(wanted))
    assert not (tmp_path / "o.batch.json").exists()
    partial = json.loads((tmp_path / "o.partial.batch.json").read_text())
    assert partial["counts"] == {"total": 3, "completed": 1, "failed": 2}
    ground.provider.wait(wait(made, failed=2), watch(wanted))
    assert not (tmp_path / "o.partial.batch.json").exists()
    record = json.loads((tmp_path / "o.batch.json").read_text())
    assert record["input"] == f"sha256:{wanted.files['input'].entries[0].sha256}"
    assert record["outputBytes"] == (tmp_path / "o.jsonl").stat().st_size
    (attempt,) = record["attempts"]
    assert (attempt["batch"], attempt["status"]) == (made, "completed")
    assert attempt["usage"]["input_tokens"] > 0


def test_a_large_output_is_never_whole_in_memory(tmp_path: Path) -> None:
    count = 4_000
    wanted = manifest(tmp_path, b"".join(map(line, map(str, range(count)))), output="o.jsonl")
    answers = Answers(b"", total=count, completed=count)

    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/content"):
            return httpx.Response(200, stream=Slices(count))
        return answers(request)

    ground = Ground()
    ground.wire = httpx.MockTransport(serve)
    provider = BatchInference(ground.open())
    tracemalloc.start()
    try:
        provider.wait(wait("b", failed=0), watch(wanted))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    size = (tmp_path / "o.jsonl").stat().st_size
    assert size > 40_000_000
    # A download of 8 MiB is held in memory; more goes to a file.
    assert peak < size / 2
