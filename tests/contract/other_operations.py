"""The operations of the three smaller APIs: row of our table, place in the product, statuses."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.emulator.app import create_app
from reconciler.providers.batch_inference.client import Client as Batches
from reconciler.providers.batch_inference.operations import OPERATIONS as BATCH_INFERENCE
from reconciler.providers.model_registry.client import Client as Registry
from reconciler.providers.model_registry.operations import OPERATIONS as MODEL_REGISTRY
from reconciler.providers.model_runs.client import Client as Runs
from reconciler.providers.model_runs.operations import OPERATIONS as MODEL_RUNS
from reconciler.providers.operation import Operation

CONTRACTS = Path(__file__).parent / "contracts"

TABLES: Mapping[str, Mapping[str, Operation[Any]]] = {
    "registry_models": MODEL_REGISTRY,
    "model_runs": MODEL_RUNS,
    "batch_inference": BATCH_INFERENCE,
}
"""Our tables of operations by contract."""

API_ROOT = re.compile(r"^/(v1/|api/(ml|svc)/v1/)?")
"""What stands before a path of the contract; paths of our tables begin below it."""


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
    def ours(self) -> str:
        """Method and path of our table's row."""
        row = TABLES[self.contract][self.method]
        return f"{row.method} {row.path}"

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
    return "".join(map(_line, OTHERS))


def _line(row: OtherRow) -> str:
    name = row.name.replace(" /", f" {row.prefix}/", 1)
    family = row.client.__module__.split(".")[2]
    cells = (
        name,
        f"`{family}.{row.method}`",
        f"`{row.ours}`",
        f"`{row.route}`",
        row.product,
        ", ".join(row.statuses),
    )
    return f"| {' | '.join(cells)} |\n"
