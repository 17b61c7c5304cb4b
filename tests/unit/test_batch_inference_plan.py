"""What a batch needs, decided by hand-made facts: names, costs, context, verdicts, manifests.

Cases: how uploads are named and known again, what an estimate says, which lines fail and how, and
what a manifest may say of its output.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from reconciler.core.fileset import FileEntry
from reconciler.core.resource import Address, Resource
from reconciler.desired.load import Desired, load
from reconciler.errors import ManifestError
from reconciler.providers.all import KINDS
from reconciler.providers.batch_inference import matching
from reconciler.providers.batch_inference.estimate import config_of, estimated_cost, too_long
from reconciler.providers.batch_inference.input import Input, Request
from reconciler.providers.batch_inference.responses import Batch, ModelConfig, StoredFile
from reconciler.providers.batch_inference.result_lines import failed_lines
from reconciler.providers.batch_inference.verdict import complaint, is_running
from reconciler.providers.batch_inference.waits import progress

ENTRY = FileEntry("smoke.jsonl", "0123456789abcdef" * 4, 10)
COUNTS = {"total": 3, "completed": 1, "failed": 2}
LINE = json.dumps(
    {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "m"}}
)


def batch(status: str = "completed", **more: Any) -> Batch:
    return Batch(id="b", input_file_id="f", status=status, **more)


def config(**more: Any) -> ModelConfig:
    return ModelConfig.model_validate({"id": "i", "status": "active", **more})


# -- identity --------------------------------------------------------------------------------


def test_names_of_uploads_are_apart_for_every_scope_and_name() -> None:
    owners = ("fraud/smoke", "fraud/prod/smoke", "fraud-prod/smoke", "fraud/prod.smoke", "a/b.c")
    names = {owned_by: matching.file_name(owned_by, ENTRY) for owned_by in owners}
    assert names["fraud/prod/smoke"] == "reconciler.fraud_prod.smoke.0123456789ab.jsonl"
    for owned_by, name in names.items():
        file = StoredFile(id="f", filename=name, bytes=10, status="processed")
        known = [other for other in owners if matching.digest_of_file(file, other)]
        assert known == [owned_by]
        assert matching.digest_of_file(file, owned_by) == "0123456789ab"


@pytest.mark.parametrize("name", ["x.jsonl", "reconciler.fraud.smoke.jsonl", "0123456789ab.jsonl"])
def test_files_of_others_have_no_digest(name: str) -> None:
    file = StoredFile(id="f", filename=name, bytes=10, status="processed")
    assert matching.digest_of_file(file, "fraud/smoke") == ""


def test_metadata_fits_what_a_batch_may_carry() -> None:
    told = matching.metadata("p" * 63 + "/" + "t" * 63 + "/" + "n" * 63, ENTRY)
    assert all(len(key) <= 64 and len(value) <= 512 for key, value in told.items())
    found = matching.digest_of_batch(batch(metadata=dict(told)), told[matching.OWNER], {})
    assert found == "0123456789ab"


def test_metadata_that_is_not_ours_does_not_matter() -> None:
    other = batch(metadata={"reconciler_owner": 7, "x": None})
    assert matching.digest_of_batch(other, "fraud/smoke", {}) == ""
    assert matching.digest_of_batch(other, "fraud/smoke", {"f": "0123456789ab"}) == "0123456789ab"


def test_the_owner_is_the_scope_and_the_name() -> None:
    made = Resource(Address("BatchInference", "smoke"), {}, scope="fraud/prod")
    assert matching.owner(made) == "fraud/prod/smoke"


# -- estimate --------------------------------------------------------------------------------


def told(requests: list[Request], **prices: Any) -> str:
    field = estimated_cost(Input("in.jsonl", "m", tuple(requests)), config(**prices))
    return f"{field.new} ({field.reason})"


def test_a_cost_is_tokens_times_prices() -> None:
    prices = {"input_price_cents": 20, "output_price_cents": Decimal("40.5")}
    text = told([Request(1, 1_000_000, 2_000_000), Request(2, 0, 0)], **prices)
    assert text.startswith("$1.01 (about 1000000 tokens in and at most 2000000 out, at 20 and 40.5")
    assert told([Request(1, 1, 1)], **prices).startswith("under $0.01 (about 1 token in")
    assert told([], **prices).startswith("$0.00 ")


def test_answers_without_a_limit_are_said_to_be_left_out() -> None:
    text = told([Request(1, 4, None)], input_price_cents=20, output_price_cents=40)
    assert text.startswith("under $0.01 and the answers of 1 request without max_tokens (")


@pytest.mark.parametrize("prices", [{}, {"input_price_cents": 1}, {"output_price_cents": 1}])
def test_a_cost_without_prices_is_unknown(prices: dict[str, int]) -> None:
    assert told([Request(1, 1, 1)], **prices).startswith("unknown (")


def test_a_model_is_found_by_its_name_before_its_other_names() -> None:
    first, second = config(id="m", name="n"), config(id="x", name="m", model_code="c")
    assert config_of("m", [first, second]) is second
    assert config_of("n", [first, second]) is first
    assert config_of("c", [first, second]) is second
    assert config_of("none", [first, second]) is None


def test_only_what_cannot_fit_is_certain() -> None:
    given = Input("in.jsonl", "m", (Request(1, 50, 50), Request(2, 51, 50), Request(3, 1, 101)))
    found = list(too_long(given, config(context_length=100)))
    assert [(text.partition(": ")[0], certain) for text, certain in found] == [
        ("in.jsonl:2", False),
        ("in.jsonl:3", True),
    ]
    assert list(too_long(given, config())) == []
    assert list(too_long(given, None)) == []


def test_a_prompt_alone_may_be_too_long() -> None:
    ((text, certain),) = too_long(
        Input("in", "m", (Request(1, 9, None),)), config(context_length=8)
    )
    assert (text, certain) == (
        "in:1: about 9 tokens of prompt are more than the 8 of the model's context",
        False,
    )


def test_many_that_are_too_long_are_counted() -> None:
    requests = tuple(Request(n, 0, 9) for n in range(1, 24))
    found = list(too_long(Input("in.jsonl", "m", requests), config(context_length=8)))
    assert len(found) == 21
    assert found[-1] == ("and 3 more", True)


# -- verdict ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["validating", "in_progress", "finalizing", "queued", "new"])
def test_a_status_that_we_do_not_know_is_on_the_way(status: str) -> None:
    assert is_running(batch(status))


@pytest.mark.parametrize("status", ["canceled", "CANCELLED", "Completed", " expired", "FAILED"])
def test_an_end_is_known_in_every_spelling(status: str) -> None:
    assert not is_running(batch(status))


@pytest.mark.parametrize(
    ("found", "require", "says"),
    [
        (batch(), {"failed": 0}, ""),
        (batch(), {}, ""),
        (batch(request_counts=COUNTS, output_file_id="o"), {}, ""),
        (batch(request_counts=COUNTS, output_file_id="o"), {"failed": 2}, ""),
        (batch(request_counts=COUNTS, output_file_id="o"), {"failed": 1}, "2 of 3 requests failed"),
        (batch(request_counts=COUNTS), {}, "it counts 1 answer, and has no output file"),
        (batch(request_counts={"total": 3, "failed": 2}), {}, "a result for 2 of 3 requests only"),
        (batch(request_counts={"total": 3, "failed": 3}), {}, "none of 3 requests was answered"),
        (batch(request_counts={"total": 3, "failed": 3}), {"failed": 3}, ""),
        (batch("failed"), {}, "the platform refused its input: it gave no reason"),
        (batch("failed", errors=[{"message": "empty"}]), {}, "refused its input: empty"),
        (batch("failed", errors=[{"code": "empty"}]), {}, "refused its input: empty"),
        (batch("expired"), {}, "it expired: 0 of 0 requests were answered"),
        (batch("cancelled"), {}, "it was cancelled"),
    ],
)
def test_a_batch_that_has_ended_is_judged(found: Batch, require: dict[str, int], says: str) -> None:
    complained = complaint([found], require)
    assert says in complained
    assert bool(says) == bool(complained)


def test_failed_lines_are_read_in_every_shape() -> None:
    records: list[Any] = [
        {"custom_id": "a", "error": {"code": "x", "message": "late"}, "response": None},
        {
            "custom_id": "b",
            "error": None,
            "response": {"status_code": 400, "body": {"error": {"message": "too long"}}},
        },
        {"custom_id": "c", "response": {"status_code": 500, "body": "oops"}},
        {"custom_id": "d"},
        [],
    ]
    content = b"\n".join(json.dumps(record).encode() for record in records) + b"\nnot JSON\n"
    assert list(failed_lines(content.splitlines(keepends=True))) == [
        "a: x: late",
        "b: 400: too long",
        "c: 500: oops",
        "d: no answer",
    ]


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        (None, "in_progress"),
        ({"total": 0}, "in_progress"),
        ({"total": 4}, "in_progress [....................] 0 of 4"),
        ({"total": 4, "completed": 2, "failed": 1}, "[###############.....] 3 of 4, 1 failed"),
        ({"total": 4, "completed": 9}, "[####################] 9 of 4"),
    ],
)
def test_progress_has_a_bar(counts: dict[str, int] | None, text: str) -> None:
    assert progress(batch("in_progress", request_counts=counts)).endswith(text)


# -- manifests -------------------------------------------------------------------------------


def loaded(folder: Path, spec: str, more: str = "") -> Desired:
    (folder / "smoke.jsonl").write_text(LINE)
    head = f"apiVersion: reconciler/v1\nkind: BatchInference\nmetadata: {{name: smoke{more}}}\n"
    (folder / "smoke.yaml").write_text(f"{head}spec: {{input: ./smoke.jsonl{spec}}}\n")
    return load([], folder, KINDS)


def codes(folder: Path, spec: str, more: str = "") -> list[str]:
    with pytest.raises(ManifestError) as caught:
        loaded(folder, spec, more)
    return [problem.code for problem in caught.value.problems]


def test_a_manifest_has_its_scope_and_an_output_that_need_not_be_there(tmp_path: Path) -> None:
    (resource,) = loaded(tmp_path, ", output: ./out/new/smoke.jsonl, timeout: 2h").graph
    assert resource.scope == "default"
    output = resource.files["output"]
    assert (output.form, output.entries) == ("output", ())
    assert output.source == str(tmp_path / "out" / "new" / "smoke.jsonl")
    assert resource.spec["timeout"] == 7200


def test_another_output_is_another_state_of_the_manifests(tmp_path: Path) -> None:
    digests = {loaded(tmp_path, f", output: {name}.jsonl").digest for name in ("a", "b")}
    assert len(digests) == 2
    before = loaded(tmp_path, ", output: a.jsonl").digest
    (tmp_path / "a.jsonl").write_text("results")
    assert loaded(tmp_path, ", output: a.jsonl").digest == before


@pytest.mark.parametrize(
    ("output", "code"),
    [
        ("../out.jsonl", "bad-path"),
        ("/tmp/out.jsonl", "bad-path"),
        ("out/../../out.jsonl", "bad-path"),
        ("link/out.jsonl", "bad-path"),
        (".git/out.jsonl", "bad-path"),
        ("folder.jsonl", "bad-path"),
        ("~/out.jsonl", "bad-path"),
        ("out.txt", "invalid-value"),
        ("''", "invalid-value"),
        ("smoke.jsonl", "output-is-input"),
        ("./x/../smoke.jsonl", "output-is-input"),
    ],
)
def test_an_output_stays_in_the_project_and_off_the_input(
    tmp_path: Path, output: str, code: str
) -> None:
    project = tmp_path / "project"
    (project / "folder.jsonl").mkdir(parents=True)
    (project / "link").symlink_to(tmp_path)
    assert codes(project, f", output: {output}") == [code]


def test_errors_do_not_go_over_the_input_either(tmp_path: Path) -> None:
    (tmp_path / "a.errors.jsonl").write_text(LINE)
    (tmp_path / "b.yaml").write_text(
        "apiVersion: reconciler/v1\nkind: BatchInference\nmetadata: {name: b}\n"
        "spec: {input: a.errors.jsonl, output: a.jsonl}\n"
    )
    assert codes(tmp_path, "") == ["output-is-input"]


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        (", endpoint: /v1/embeddings", "not-one-of"),
        (", completionWindow: 1h", "not-one-of"),
        (", require: {failed: -1}", "invalid-value"),
        (", require: {failed: true}", "wrong-type"),
        (", timeout: 60", "invalid-value"),
        (", model: m", "unknown-key"),
    ],
)
def test_other_values_are_refused(tmp_path: Path, spec: str, code: str) -> None:
    assert codes(tmp_path, spec) == [code]


@pytest.mark.parametrize("more", [", id: batch_1", ", userProvidedId: mine"])
def test_a_batch_has_no_other_identity_than_its_input(tmp_path: Path, more: str) -> None:
    assert codes(tmp_path, "", more) == ["no-identity"]
