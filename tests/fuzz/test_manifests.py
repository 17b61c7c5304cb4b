"""Whatever a manifest says that its schema allows: a plan or problems, never a defect of ours.

Each case is a project that is written, planned, applied, and edited twice.  After an apply that
ended well, there is nothing left to do; whatever fails is the platform's refusal or its job.
"""

from __future__ import annotations

import json
import random
import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from tests.fuzz.manifest_values import NEEDED, Document, Place, Writer, mend
from tests.support.registered_example import EXAMPLES, register
from tests.support.sandbox import USERS, Done, Stage, declare

MEMORY = Path("/dev/shm")
DEFECT = re.compile(r"unexpected [A-Z]\w+")
ALONE = ("--parallelism", "1")
APPLY = ("apply", "--auto-approve", "--allow-mass-change", "--prune", *ALONE)
PROGRAM = "def score(data, model, **kwargs):\n    return data\n"
MOST_MENDINGS, EDITS = 60, 3


class Case:
    """One platform and one project."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.chance = chance
        self.stage = Stage(declare(folder))
        for number in (1, 2, 3):
            self._write(f"m{number}/custom.py", PROGRAM)
        self._write("m2/requirements.txt", "scikit-learn==1.5\n")
        self._write("m3/Main.java", "class Main {}\n")
        for number in (1, 2):
            self._write(f"e{number}/Dockerfile", f"FROM python:3.1{number}\n")
        smoke = (EXAMPLES / "all-kinds" / "smoke.jsonl").read_text()
        self._write("smoke.jsonl", smoke)
        register(self.stage)
        self._write("data.csv", "a,split,churned\n1,T,yes\n2,V,no\n")
        state = self.stage.control("GET", "state")
        self.place = Place(
            dataset=self.stage.upload(folder / "data.csv"),
            environment=state["environments"][0]["id"],
            version=state["environmentVersions"][0]["id"],
            users=(*USERS, "owner@example.com"),
        )

    def _write(self, path: str, text: str) -> None:
        place = self.stage.folder / path
        place.parent.mkdir(exist_ok=True)
        place.write_text(text)

    def play(self) -> Counter[str]:
        """What the applies came to."""
        told: Counter[str] = Counter()
        documents = Writer(self.chance, self.place).documents()
        for _ in range(EDITS):
            if not self.mended(documents):
                return told + Counter({"given up": 1})
            done = self.run(*APPLY)
            told[f"apply {done.code}"] += 1
            if done.code == 0 and all(map(is_settled, documents)):
                left = self.run("plan", "--detailed-exitcode", "--prune", *ALONE)
                assert left.code == 0, left.out
            self.edit(documents)
        return told

    def mended(self, documents: list[Document]) -> bool:
        """Whether the manifests have a plan, once all that is wrong with them is taken out."""
        for _ in range(MOST_MENDINGS):
            text = yaml.safe_dump_all(documents, allow_unicode=True, sort_keys=False)
            self._write("all.yaml", text)
            done = self.run("plan", "--format", "json", "--prune", "--allow-mass-change", *ALONE)
            found = [each for each in json.loads(done.out)["problems"] if not each["warning"]]
            if not found:
                return True
            mend(documents, found[0], self.chance)
        return False

    def edit(self, documents: list[Document]) -> None:
        """Some keys come, some go, some are others."""
        fresh: list[Any] = Writer(self.chance, self.place).documents()
        for old, new in zip(documents, fresh, strict=True):
            for key, value in new["spec"].items():
                if self.chance.random() < 0.3:
                    old["spec"][key] = value
            for key in sorted(old["spec"].keys() - NEEDED):
                if self.chance.random() < 0.1:
                    del old["spec"][key]
            old.get("lifecycle", {}).pop("ignoreChanges", None)

    def run(self, *arguments: str) -> Done:
        """A command that may fail, and has no defect."""
        done = self.stage.run("-q", *arguments)
        assert not DEFECT.search(done.out + done.err), done.out + done.err
        return done


def is_settled(document: Document) -> bool:
    """Whether one apply leaves nothing to do: what a template makes is known only afterwards."""
    spec = document["spec"]
    return "template" not in spec and spec.get("rerun") != "always"


def test_any_manifest_gives_a_plan_or_problems(manifest_seeds: range) -> None:
    told: Counter[str] = Counter()
    wrong: list[str] = []
    for seed in manifest_seeds:
        with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
            try:
                told += Case(Path(folder), random.Random(seed)).play()
            except Exception as error:
                text = (Path(folder) / "all.yaml").read_text()
                wrong.append(f"seed {seed}: {type(error).__name__} {str(error)[:2000]}\n{text}")
    print(f"\n{len(manifest_seeds)} projects: {dict(sorted(told.items()))}")
    assert wrong == [], f"{len(wrong)} projects: " + "\n".join(wrong[:3])
