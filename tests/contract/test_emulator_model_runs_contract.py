"""Generated requests to every operation of the model runs contract."""

from __future__ import annotations

import pytest
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.openapi.checks import RejectedPositiveData, UndefinedStatusCode

from tests.contract import generated_cases as cases
from tests.support.emulator import Emulator

CONTRACT = cases.document("model_runs")
LISTED = (
    cases.Listed(
        "GET /model-runs", AcceptedNegativeData, "a page size out of range is brought into it"
    ),
    cases.Listed(
        "POST /model-runs", RejectedPositiveData, "a project without a name", lambda c: not named(c)
    ),
    cases.Listed("POST /model-runs/{runId}/cancel", UndefinedStatusCode, "a run that is not there"),
    cases.Listed("POST /model-runs/{runId}/cancel", RejectedPositiveData, "a run that has ended"),
)


def named(case: cases.Case) -> bool:
    """Whether the project has a name of an allowed length."""
    return 0 < len(case.body["project_name"]) <= 255


@pytest.mark.parametrize("mode", cases.MODES)
@pytest.mark.parametrize("label", cases.labels(CONTRACT))
def test_generated_requests(label: str, mode: str) -> None:
    emulator = Emulator(token=cases.TOKEN, job_time=10.0)
    http = emulator.client(None, Authorization=f"Bearer {cases.TOKEN}")
    run = http.post("/v1/model-runs", json={"project_name": "analytics"}).json()["id"]
    step = http.get(f"/v1/model-runs/{run}/steps").json()["data"][0]["id"]
    emulator.clock.sleep(0 if label.endswith("cancel") else 10)
    raw = cases.narrowed(CONTRACT, {"runId": run, "stepId": step})
    cases.attempt(raw, emulator.app, label, mode, LISTED)
