"""What the examples expect to be there: a registered model with one version."""

from __future__ import annotations

from pathlib import Path

from reconciler.cli.demo import REGISTERED
from tests.support.sandbox import Stage

EXAMPLES = Path(__file__).parents[2] / "examples"


def register(stage: Stage) -> None:
    """Log version 1 of ``model:acme/claims/cost``."""
    repository = {"type": "ml-repo", "name": "claims", "storage_integration_fqn": "acme:s3"}
    for path, manifest in (("ml-repos", repository), ("model-versions", REGISTERED)):
        body = {"manifest": manifest}
        stage.by_hand("PUT", f"/api/svc/v1/{path}", json=body).raise_for_status()
