"""Generated requests to every operation of the batch inference contract."""

from __future__ import annotations

import json

import pytest
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.openapi.checks import RejectedPositiveData

from tests.contract import generated_cases as cases
from tests.support.emulator import Emulator

CONTRACT = cases.document("batch_inference")
# Their queries take nothing, so there is no wrong data to send.
WITHOUT_INPUT = ("GET /v1/active-models", "GET /v1/model-config")
TRIED = [
    (label, mode)
    for label in cases.labels(CONTRACT)
    for mode in cases.MODES
    if mode == "right" or label not in WITHOUT_INPUT
]
LISTED = (
    cases.Listed(
        "POST /v1/files",
        RejectedPositiveData,
        "files of another purpose have no use, and no name in the answer",
        lambda case: case.body.get("purpose", "batch") != "batch",
    ),
    cases.Listed(
        "POST /v1/files",
        AcceptedNegativeData,
        "an empty list leaves no part in a form",
        lambda case: case.body.get("purpose") == [],
    ),
    *(
        cases.Listed(label, RejectedPositiveData, "a batch that has ended")
        for label in ("POST /v1/batches/{job_id}/cancel", "DELETE /v1/batches/{job_id}")
    ),
)


@pytest.mark.parametrize(("label", "mode"), TRIED)
def test_generated_requests(label: str, mode: str) -> None:
    emulator = Emulator(token=cases.TOKEN, job_time=10.0)
    http = emulator.client(None, Authorization=f"Bearer {cases.TOKEN}")
    body = {"model": "emulator/tiny-chat", "messages": [{"role": "user", "content": "hello"}]}
    line = {"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": body}
    sent = {"file": ("in.jsonl", json.dumps(line).encode())}
    file = http.post("/v1/files", files=sent).json()["id"]
    batch = http.post("/v1/batches", json={"input_file_id": file}).json()["id"]
    stops = label.endswith("cancel") or label == "DELETE /v1/batches/{job_id}"
    emulator.clock.sleep(0 if stops else 10)
    raw = cases.narrowed(CONTRACT, {"file_id": file, "job_id": batch})
    known = {"enum": [file, "unknown"]}
    raw["components"]["schemas"]["BatchCreate"]["properties"]["input_file_id"] = known
    cases.attempt(raw, emulator.app, label, mode, LISTED)
