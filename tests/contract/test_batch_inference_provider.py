"""The provider of batch inference on the emulator: looking for effects, live state, day two.

Cases: what a lost write made and what it may be mistaken for, batches known by their file or their
metadata alone, verdicts that outlive the files, and cancels that come too late or are lost.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.core.provider import Watch
from reconciler.core.resource import Live, Resource
from reconciler.core.step import Call, Upload, Wait
from reconciler.errors import (
    ApiError,
    JobFailed,
    LiveStateError,
    ReconcilerError,
    SettingsError,
    StalePlanError,
    UnknownOutcome,
)
from reconciler.providers.batch_inference import operations as api
from reconciler.providers.batch_inference.provider import BatchInference
from tests.support.batch_inference_api import LINES, Ground, line, manifest

OWNED = {"reconciler_owner": "fraud/smoke"}
FAILING = line("a") + line("b", "[fail]") + line("c", "[fail]")


def name_of(resource: Resource) -> str:
    entry = resource.files["input"].entries[0]
    return f"reconciler.fraud.smoke.{entry.sha256[:12]}.jsonl"


def upload(resource: Resource) -> Call:
    entry = resource.files["input"].entries[0]
    name = name_of(resource)
    sent = Upload("file", entry.path, entry.sha256, entry.size, "input", name)
    return api.UPLOAD_FILE.call(body={"purpose": "batch"}, uploads=(sent,))


def create(file: str, *known: str) -> Call:
    body = {"input_file_id": file, "completion_window": "24h"}
    return api.CREATE_BATCH.call(body=body, recovery={"known": list(known)})


def facts(live: Live | None) -> Any:
    assert live is not None
    return live.facts


# -- writes and their effects ----------------------------------------------------------------


def test_an_upload_is_found_by_the_digest_in_its_name(tmp_path: Path) -> None:
    ground, wanted = Ground(), manifest(tmp_path)
    call = upload(wanted)
    assert ground.provider.recover(call, wanted) is None
    assert ground.emulator.clock.slept == [1.0, 3.0]
    made = ground.provider.send(call, wanted)
    assert ground.provider.recover(call, wanted) == made


def test_an_upload_that_arrived_in_part_is_no_effect(tmp_path: Path) -> None:
    ground, wanted = Ground(), manifest(tmp_path)
    ground.file(LINES[:-5], name_of(wanted))
    assert ground.provider.recover(upload(wanted), wanted) is None


def test_two_uploads_of_one_content_are_listed(tmp_path: Path) -> None:
    ground, wanted = Ground(), manifest(tmp_path)
    made = sorted(ground.file(name=name_of(wanted)) for _ in range(2))
    with pytest.raises(LiveStateError) as caught:
        ground.provider.recover(upload(wanted), wanted)
    assert ", ".join(made) in caught.value.message


def test_a_lost_batch_is_the_new_one_of_its_file() -> None:
    ground = Ground(job_time=10.0)
    file = ground.file()
    before = ground.batch(file)
    ground.batch()
    call = create(file, before)
    assert ground.provider.recover(call, None) is None
    made = ground.batch(file)
    assert ground.provider.recover(call, None) == {"batchId": made}
    twin = ground.batch(file)
    with pytest.raises(LiveStateError) as caught:
        ground.provider.recover(call, None)
    assert ", ".join(sorted((made, twin))) in caught.value.message


def answering(answer: object) -> httpx.MockTransport:
    """Empty lists, and this answer to every write."""
    empty = {"object": "list", "data": [], "has_more": False}

    def answered(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=empty if request.method == "GET" else answer)

    return httpx.MockTransport(answered)


def test_what_another_run_made_since_the_plan_is_not_made_again(tmp_path: Path) -> None:
    ground, wanted = Ground(job_time=10.0), manifest(tmp_path)
    file = ground.file(name=name_of(wanted))
    batch = ground.batch(file)
    assert ground.provider.send(upload(wanted), wanted) == {"fileId": file}
    assert ground.provider.send(create(file), None) == {"batchId": batch}


def test_an_unreadable_answer_is_an_unknown_outcome() -> None:
    ground = Ground()
    ground.wire = answering({"id": 7})
    with pytest.raises(UnknownOutcome):
        BatchInference(ground.open()).send(create("f"), None)


def test_a_file_that_the_platform_could_not_take_is_an_error(tmp_path: Path) -> None:
    ground, wanted = Ground(), manifest(tmp_path)
    file = {"id": "f", "filename": "x", "bytes": 1, "status": "error", "status_details": "no room"}
    ground.wire = answering(file)
    with pytest.raises(ApiError) as caught:
        BatchInference(ground.open()).send(upload(wanted), wanted)
    assert "no room" in caught.value.message


def test_an_input_that_changed_after_the_plan_is_not_sent(tmp_path: Path) -> None:
    ground, wanted = Ground(), manifest(tmp_path)
    with pytest.raises(StalePlanError):
        ground.provider.send(upload(wanted), manifest(tmp_path, LINES + line("d")))
    (tmp_path / "smoke.jsonl").write_bytes(LINES[:-1] + b" ")
    with pytest.raises(ReconcilerError) as caught:
        ground.provider.send(upload(wanted), wanted)
    assert "changed while the run went on" in str(caught.value) or caught.value.hint
    assert ground.client.list_files() == []


# -- live state ------------------------------------------------------------------------------


def test_nothing_there_is_no_live_object(tmp_path: Path) -> None:
    ground = Ground()
    ground.file()
    ground.batch()
    assert ground.provider.find(manifest(tmp_path)) is None
    assert ground.provider.list("BatchInference") == ()


def test_a_batch_is_known_by_its_file_where_no_metadata_is_kept(tmp_path: Path) -> None:
    ground, wanted = Ground(job_time=10.0), manifest(tmp_path)
    made = ground.batch(ground.file(name=name_of(wanted)))
    found = facts(ground.provider.find(wanted))
    assert (found.state, found.batches, found.running) == ("running", (made,), (made,))


def test_a_batch_is_known_by_its_metadata_where_its_file_is_gone(tmp_path: Path) -> None:
    ground, wanted = Ground(), manifest(tmp_path)
    file = ground.file(name=name_of(wanted))
    content = f"sha256:{wanted.files['input'].entries[0].sha256}"
    ground.batch(file, metadata={**OWNED, "reconciler_content": content})
    ground.http.delete(f"/v1/files/{file}")
    found = facts(ground.provider.find(wanted))
    assert (found.state, found.files) == ("done", ())


@pytest.mark.parametrize("owner", ["fraud/smok", "fraud/prod/smoke", "other/smoke"])
def test_a_batch_of_another_manifest_is_not_ours(tmp_path: Path, owner: str) -> None:
    ground = Ground()
    ground.batch(metadata={"reconciler_owner": owner})
    assert ground.provider.find(manifest(tmp_path)) is None


def test_a_refused_input_is_red_with_its_lines(tmp_path: Path) -> None:
    # Offline checks find this; the platform may know better.
    content = line("a", model="gone") + line("a", model="gone")
    ground, wanted = Ground(), manifest(tmp_path, content)
    ground.batch(ground.file(content, name_of(wanted)))
    found = facts(ground.provider.find(wanted))
    assert found.state == "failed"
    assert "the platform refused its input: line 1: The model 'gone' is not" in found.why
    wait = Wait("batch", {"batch": found.batch, "require": {}})
    with pytest.raises(JobFailed) as caught:
        ground.provider.wait(wait, Watch(lambda _: None, lambda: False))
    assert len(caught.value.log.splitlines()) == 2


def test_an_error_file_that_is_gone_does_not_change_the_verdict(tmp_path: Path) -> None:
    ground, wanted = Ground(), manifest(tmp_path, FAILING, require={"failed": 1})
    made = ground.batch(ground.file(FAILING, name_of(wanted)))
    errors = ground.client.read(api.GET_BATCH, made).error_file_id
    why = facts(ground.provider.find(wanted)).why
    assert why.startswith("2 of 3 requests failed, and require.failed allows 1; b: server_error")
    ground.http.delete(f"/v1/files/{errors}")
    assert "server_error" not in facts(BatchInference(ground.open()).find(wanted)).why
    ground.fail("GET", "/content$", 500)
    with pytest.raises(ApiError):
        BatchInference(ground.open()).find(wanted)


def test_what_is_observed_stays_while_a_batch_goes_on(tmp_path: Path) -> None:
    ground, wanted = Ground(job_time=10.0), manifest(tmp_path)
    made = ground.batch(ground.file(name=name_of(wanted)))
    live = ground.provider.find(wanted)
    assert live is not None
    before = ground.provider.snapshot(live)
    ground.emulator.clock.sleep(100)
    assert ground.provider.snapshot(live) == before
    assert before["jobs"]["batches"] == [made]
    assert ground.provider.snapshot(replace(live, owner="fraud/other")) is None
    assert ground.provider.read_details(wanted, live) is live


# -- day two ---------------------------------------------------------------------------------


def found(ground: Ground, resource: Resource) -> tuple[BatchInference, Live]:
    """A provider as a command opens it, and the live object."""
    provider = BatchInference(ground.open())
    live = provider.find(resource)
    assert live is not None
    return provider, live


def test_cancel_stops_batches_of_earlier_inputs_too(tmp_path: Path) -> None:
    ground, wanted = Ground(job_time=100.0), manifest(tmp_path)
    old = ground.batch(ground.file(line("old"), "reconciler.fraud.smoke.0123456789ab.jsonl"))
    new = ground.batch(ground.file(name=name_of(wanted)))
    other = ground.batch()
    provider, live = found(ground, wanted)
    assert sorted(provider.cancel(live)) == sorted([f"batch {old}", f"batch {new}"])
    assert ground.client.read(api.GET_BATCH, other).status == "validating"
    provider, live = found(ground, wanted)
    assert provider.cancel(live) == ()
    # It has no output yet, and at its end none at all: nothing was answered.
    for state in ("cancelling", "cancelled"):
        with pytest.raises(LiveStateError) as caught:
            provider.download(live, str(tmp_path / "results"))
        assert f"is {state} and has no results" in caught.value.message
        ground.emulator.clock.sleep(100)
        provider, live = found(ground, wanted)


def test_a_cancel_that_came_too_late_stops_nothing(tmp_path: Path) -> None:
    ground, wanted = Ground(job_time=100.0), manifest(tmp_path)
    ground.batch(ground.file(name=name_of(wanted)))
    provider, live = found(ground, wanted)
    ground.emulator.clock.sleep(1_000)
    assert provider.cancel(live) == ()


@pytest.mark.parametrize("status", [404, 405])
def test_a_platform_without_the_cancel_route_is_asked_to_delete(
    tmp_path: Path, status: int
) -> None:
    ground, wanted = Ground(job_time=100.0), manifest(tmp_path)
    made = ground.batch(ground.file(name=name_of(wanted)))
    provider, live = found(ground, wanted)
    fault = {"action": "status", "status": status, "method": "POST", "path": "/cancel$"}
    ground.emulator.control("POST", "faults", fault)
    assert provider.cancel(live) == (f"batch {made}",)
    assert ground.client.read(api.GET_BATCH, made).status in ("cancelling", "cancelled")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_cancel_whose_answer_is_lost_is_looked_at(tmp_path: Path, when: str) -> None:
    ground, wanted = Ground(job_time=100.0), manifest(tmp_path)
    made = ground.batch(ground.file(name=name_of(wanted)))
    provider, live = found(ground, wanted)
    ground.emulator.control(
        "POST", "faults", {"action": "drop", "when": when, "method": "POST", "path": "/cancel$"}
    )
    if when == "after":
        assert provider.cancel(live) == (f"batch {made}",)
    else:
        with pytest.raises(UnknownOutcome):
            provider.cancel(live)


def test_a_cancel_that_is_refused_says_so(tmp_path: Path) -> None:
    ground, wanted = Ground(job_time=100.0), manifest(tmp_path)
    ground.batch(ground.file(name=name_of(wanted)))
    provider, live = found(ground, wanted)
    ground.fail("POST", "/cancel$", 403)
    with pytest.raises(ApiError) as caught:
        provider.cancel(live)
    assert caught.value.status == 403


def test_a_file_without_a_batch_has_no_log_and_no_results(tmp_path: Path) -> None:
    ground, wanted = Ground(), manifest(tmp_path)
    ground.file(name=name_of(wanted))
    provider, live = found(ground, wanted)
    assert provider.history(live) == []
    for ask in (lambda: provider.logs(live, "build", 5), lambda: provider.download(live, "x")):
        with pytest.raises(LiveStateError) as caught:
            ask()
        assert "has no batch" in caught.value.message
    with pytest.raises(SettingsError):
        provider.logs(live, "conversion", 5)
    with pytest.raises(SettingsError):
        provider.download(live, str(tmp_path))
    assert provider.requests()["GET"] >= 2
    provider.close()
