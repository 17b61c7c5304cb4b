"""Generated requests to every operation of the model registry contract."""

from __future__ import annotations

from typing import Any

import pytest
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.openapi.checks import RejectedPositiveData

from tests.contract import generated_cases as cases
from tests.support.emulator import Emulator

SVC = "/api/svc/v1"


def contract() -> dict[str, Any]:
    """The contract without the manifests that name no version of any model.

    It lets ``name`` and ``ml_repo`` be null, and has no form for a name, a number or an alias; the
    registry needs a name and a place, a number from 1, and the alias that its own documents
    describe.  Repositories are few, so that the one that is there is met.
    """
    raw = cases.document("registry_models")
    schemas = raw["components"]["schemas"]
    model = schemas["ModelManifest"]
    model["required"] += ["name", "ml_repo"]
    model["properties"]["name"] = {"type": "string", "minLength": 1, "maxLength": 255}
    model["properties"]["ml_repo"] = {"enum": ["fraud", "nowhere"]}
    model["properties"]["version"] = {"type": ["integer", "null"], "minimum": 1}
    model["properties"]["version_alias"] = {"enum": ["v1", "v1.0-prod", None]}
    schemas["MlRepoManifest"]["properties"]["name"] |= {"minLength": 1, "maxLength": 255}
    return raw


def means_none(case: cases.Case) -> bool:
    """Whether a manifest says neither by number nor by alias which version is meant."""
    manifest = case.body["manifest"]
    return manifest.get("version") is None and manifest.get("version_alias") is None


def looks_right(case: cases.Case) -> bool:
    """Whether a wrong query is sent as a right one is."""
    return cases.looks_right(case, ("attributes", "run_ids", "run_steps"))


CONTRACT = contract()
NAMELESS = "a version has to be named to be deleted"
ALIKE = "the URL of the wrong value is that of a right one"
LISTS = [f"{SVC}/{kind}" for kind in ("models", "model-versions", "ml-repos")]
LISTED = (
    cases.Listed("POST /api/ml/v1/model-versions", RejectedPositiveData, NAMELESS, means_none),
    cases.Listed(f"POST {SVC}/delete", RejectedPositiveData, NAMELESS, means_none),
    *(
        cases.Listed(f"GET {path}", AcceptedNegativeData, ALIKE, looks_right)
        for path in (*LISTS, "/api/ml/v1/models")
    ),
)


@pytest.mark.parametrize("mode", cases.MODES)
@pytest.mark.parametrize("label", cases.labels(CONTRACT))
def test_generated_requests(label: str, mode: str) -> None:
    emulator = Emulator(token=cases.TOKEN)
    http = emulator.client(None, Authorization=f"Bearer {cases.TOKEN}")
    repo = {"type": "ml-repo", "name": "fraud", "storage_integration_fqn": "s"}
    http.put(f"{SVC}/ml-repos", json={"manifest": repo})
    manifest = {"name": "churn", "ml_repo": "fraud", "metadata": {}, "source": {}}
    made = http.put(f"{SVC}/model-versions", json={"manifest": manifest}).json()["data"]
    kind = label.split("/")[4]
    ids = {"models": made["model_id"], "ml-repos": made["ml_repo_id"]}
    raw = cases.narrowed(CONTRACT, {"id": ids.get(kind, made["id"])})
    known = {"enum": [made["id"], "unknown"]}
    raw["components"]["schemas"]["PutTags"]["properties"]["model_version_id"] = known
    cases.attempt(raw, emulator.app, label, mode, LISTED)
