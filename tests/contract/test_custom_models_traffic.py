"""Everything that our commands send, and every response, keeps to the contract.

This plays the examples; each scenario of ``tests/scenarios`` is compared with the contract as well.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.support.contract_transport import ContractTransport
from tests.support.sandbox import Stage

ROOT = Path(__file__).parents[2]


def test_the_examples(tmp_path: Path) -> None:
    folder = tmp_path / "manifests"
    shutil.copytree(ROOT / "examples" / "manifests", folder)
    stage = Stage(folder)
    stage.upload(folder / "models" / "churn" / "data" / "customers.csv")
    wire = stage.wire = ContractTransport(stage.wire)
    for command in ("plan", "apply --auto-approve", "plan --detailed-exitcode", "drift"):
        done = stage.run(*command.split())
        assert done.code == 0, done.out + done.err
    assert wire.seen["POST customModels/{customModelId}/versions/"] == {201}
    wire.check()
