"""Everything that our commands send, and all they are answered, keeps to the contract."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.contract.contract_transport import ContractTransport
from tests.scenarios.scenario import SCRIPT, Player, lines
from tests.scenarios.stage import Stage

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "tests" / "scenarios"
TOPICS = ("jobs", "day_two", "origins")
FOLDERS = sorted(p.parent for topic in TOPICS for p in SCENARIOS.glob(f"{topic}/*/{SCRIPT}"))


class Watched(Player):
    """A player whose commands speak through the contract; calls by hand are nobody's promise."""

    wire: ContractTransport | None = None

    @property
    def stage(self) -> Stage:
        stage = super().stage
        if self.wire is None:
            self.wire = stage.wire = ContractTransport(stage.wire)  # type: ignore[assignment]
        return stage


def test_the_examples(tmp_path: Path) -> None:
    folder = tmp_path / "manifests"
    shutil.copytree(ROOT / "examples" / "manifests", folder)
    stage = Stage(folder)
    stage.upload(folder / "models" / "churn" / "data" / "customers.csv")
    wire = stage.wire = ContractTransport(stage.wire)  # type: ignore[assignment]
    for command in ("plan", "apply --auto-approve", "plan --detailed-exitcode", "drift"):
        done = stage.run(*command.split())
        assert done.code == 0, done.out + done.err
    assert wire.seen["POST customModels/{customModelId}/versions/"] == {201}
    wire.check()


@pytest.mark.parametrize("scenario", FOLDERS, ids=lambda folder: folder.name)
def test_a_scenario(scenario: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    ignored = shutil.ignore_patterns(SCRIPT, "output.txt", "requests.txt")
    shutil.copytree(scenario, folder, ignore=ignored)
    player = Watched(folder)
    for line, block in lines(scenario / SCRIPT):
        player.step(line, block)
    assert player.wire is not None
    assert player.wire.seen
    player.wire.check()
