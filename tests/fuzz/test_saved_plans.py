"""A saved plan with one change and a checksum that fits: refused with 4, or the plan as it is.

Whatever the file says, an apply does what the current plan says, or nothing; ``show`` shows the
file or refuses it.  No change ends as a defect.
"""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.fleet_kinds import live
from tests.support.fleet_project import FLEET, Harbour, Ran
from tests.support.json_mutations import mutated
from tests.support.sealing import seal

LIVES = (
    live("Dock/pier", {"berths": 2}),
    live("Ship/argo", {"flag": "red", "crew": ["ben"]}),
    live("Ship/tern", {"flag": "green"}),
    live("Ship/wreck", {"flag": "black"}),
    live("Ship/other", owner="navy/other"),
)
READS = {"list", "prefetch", "detail", "observe", "find", "look", "wait"}
FORMATS = ("text", "json", "markdown", "html")
PLANS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    ((), ("--prune", "--allow-mass-change")),
    (("ships", "docks.yaml"), ()),
    ((), ("--select", "Ship/argo")),
)
"""Paths and options of a plan."""


class Reviewed:
    """One saved plan, and what its apply does when nobody changed it."""

    def __init__(self, folder: Path, paths: tuple[str, ...], options: tuple[str, ...]) -> None:
        self.harbour, self.path = Harbour(folder, FLEET), folder / "plan.json"
        self.more = [each for each in options if each == "--allow-mass-change"]
        words = (*(str(folder / path) for path in paths), *options, "--out", str(self.path))
        assert self.harbour.has(*LIVES).run("plan", *words).code == 0
        self.text = self.path.read_text()
        ran, self.writes = self.apply(self.text)
        assert ran.code == 0, ran.err
        assert self.writes

    def apply(self, text: str) -> tuple[Ran, list[str]]:
        """The apply of a file with this text, on the platform as it was, and what it wrote."""
        self.path.write_text(text)
        self.harbour.has(*LIVES)
        ran = self.harbour.run("apply", str(self.path), "--auto-approve", *self.more)
        return ran, sorted(each for each in self.harbour.log if each.split()[0] not in READS)

    def show(self, text: str, form: str) -> Ran:
        """The same file, shown."""
        self.path.write_text(text)
        return self.harbour.run("show", str(self.path), "--format", form)


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> list[Reviewed]:
    return [Reviewed(tmp_path_factory.mktemp("fleet"), *each) for each in PLANS]


def test_a_forged_plan_is_refused_or_changes_nothing(
    plans: list[Reviewed], plan_seeds: range
) -> None:
    codes: Counter[str] = Counter()
    for seed in plan_seeds:
        chance = random.Random(seed)
        reviewed = chance.choice(plans)
        data: dict[str, Any] = mutated(copy.deepcopy(json.loads(reviewed.text)), chance)
        text = seal(data)
        ran, writes = reviewed.apply(text)
        message = f"seed {seed}: {ran.err}"
        assert ran.code in (0, 4), message
        assert writes == (reviewed.writes if ran.code == 0 else []), message
        assert "unexpected" not in ran.err, message
        shown = reviewed.show(text, chance.choice(FORMATS))
        assert shown.code in (0, 4), f"seed {seed}: {shown.err}"
        codes[f"apply {ran.code}"] += 1
        codes["malformed"] += "malformed" in ran.err
    print(f"\n{len(plan_seeds)} forged plans: {dict(sorted(codes.items()))}")
