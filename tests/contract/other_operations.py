"""The operations of the three smaller APIs: row of our table, place in the product, statuses."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from reconciler.emulator.app import create_app
from reconciler.providers.batch_inference.client import Client as Batches
from reconciler.providers.model_registry.client import Client as Registry
from reconciler.providers.model_runs.client import Client as Runs

CONTRACTS = Path(__file__).parent / "contracts"


@dataclass(frozen=True)
class OtherRow:
    """One operation that counts, as the contract's path spells it."""

    contract: str
    name: str
    client: type
    method: str
    product: str
    prefix: str = ""

    @property
    def statuses(self) -> list[str]:
        """What the contract documents; the client suite of the API makes each of them happen."""
        document = json.loads((CONTRACTS / f"{self.contract}.openapi.json").read_text("utf-8"))
        method, path = self.name.split(" ", 1)
        return sorted(document["paths"][path][method.lower()]["responses"])

    @property
    def route(self) -> str:
        """The emulator's function for it."""
        method, path = self.name.split(" ", 1)
        filled = self.prefix + re.sub(r"\{\w+\}", "some-id", path)
        endpoint, _ = create_app().url_map.bind("emulator").match(filled, method=method)
        return str(endpoint)


def _runs(name: str, method: str, product: str) -> OtherRow:
    return OtherRow("model_runs", name, Runs, method, product, "/v1")


def _batches(name: str, method: str, product: str) -> OtherRow:
    return OtherRow("batch_inference", name, Batches, method, product)


OTHERS = (
    OtherRow(
        "registry_models",
        "GET /api/ml/v1/models",
        Registry,
        "list_models",
        "plan: RegistryModel, the tie of a CustomModel; near names of one that is missing",
    ),
    _runs(
        "GET /model-runs",
        "list_runs",
        "plan: the newest run of the selection; after a lost answer; history",
    ),
    _runs("POST /model-runs", "trigger_run", "apply: a run that is due"),
    _runs("GET /model-runs/{runId}", "get_run", "apply: waits for the run"),
    _runs(
        "POST /model-runs/{runId}/cancel",
        "cancel_run",
        "cancel; Ctrl-C, for a run that this process started",
    ),
    _runs(
        "GET /model-runs/{runId}/steps",
        "list_steps",
        "apply: the tree while it runs, failed steps; logs",
    ),
    _runs(
        "GET /model-runs/{runId}/steps/{stepId}/test-results",
        "list_tests",
        "plan and apply: require.tests",
    ),
    _batches("GET /v1/active-models", "list_active_models", "plan: the model must be active"),
    _batches("GET /v1/model-config", "list_model_config", "plan: context length and cost"),
    _batches(
        "GET /v1/files", "list_files", "plan: the input is uploaded once; after a lost answer"
    ),
    _batches("POST /v1/files", "upload_file", "apply: an input that is not there"),
    _batches(
        "GET /v1/files/{file_id}/content", "get_content", "apply: output and error files; download"
    ),
    _batches(
        "GET /v1/batches", "list_batches", "plan: one batch a digest; after a lost answer; history"
    ),
    _batches("POST /v1/batches", "create_batch", "apply: an input that was not run"),
    _batches("GET /v1/batches/{job_id}", "get_batch", "apply: follows request_counts"),
    _batches("POST /v1/batches/{job_id}/cancel", "cancel_batch", "cancel"),
    _batches(
        "DELETE /v1/batches/{job_id}",
        "delete_batch",
        "cancel, where the platform has no /cancel route",
    ),
)


def other_lines() -> str:
    """Their lines of the page."""
    return "".join(
        f"| {row.name.replace(' /', f' {row.prefix}/', 1)} | `{row.client.__module__.split('.')[2]}"
        f".{row.method}` | `{row.route}` | {row.product} | {', '.join(row.statuses)} |\n"
        for row in OTHERS
    )
