"""A hand edit between the review of a plan and its apply: found on every object that the plan
touches, before any write; on any other object it is no obstacle unless it changes the plan.

A thousand edits by the sweep; a fixed sample of them otherwise.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.manual_edits import edit_one
from tests.support.sandbox import Done, Stage, declare
from tests.support.snapshot import keep

DATA = b"tenure,charge,churned\n" + b"1,20,yes\n30,5,no\n" * 20
OBJECT = """\
apiVersion: reconciler/v1
kind: {kind}
metadata: {{name: {name}}}
spec: {spec}
---
"""
CHURN = (
    "{{description: {text}, targetType: Binary, targetName: churned, version: {{environment: "
    "{{ref: py}}, files: {{root: ./churn}}, replicas: {replicas}}}, tests: {{datasetId: {data}, "
    "checks: {{errorCheck: fail}}}}, sharing: {{mode: additive, users: [{{username: "
    "ann@example.com, role: EDITOR}}]}}}}"
)
NOTES = "{{description: {text}, targetType: Unstructured}}"
DRAFT = (
    "{{description: {text}, targetType: Unstructured, version: {{environment: {{ref: r}}, "
    "files: {{root: ./draft}}, dependencyBuild: false}}}}"
)
ENVIRONMENT = "{{description: {text}, version: {{dockerContext: ./{name}}}}}"
APPLY = ("-q", "apply", "--auto-approve", "--parallelism", "1")


@dataclass
class Review:
    """A platform and a reviewed plan; each case starts from here."""

    stage: Stage
    saved: bytes
    touched: dict[str, str]
    others: dict[str, str]

    def __post_init__(self) -> None:
        self.restore = keep(self.stage)

    def case(self, seed: int, objects: dict[str, str]) -> tuple[str, str, Done]:
        """One edit of one of these objects, then the apply of the plan."""
        self.restore()
        (self.stage.folder / "plan.json").write_bytes(self.saved)
        chance = random.Random(seed)
        address = chance.choice(sorted(objects))
        kind = address.partition("/")[0]
        edit = edit_one(self.stage, kind, objects[address], chance)
        return address, edit, self.stage.run("-q", "apply", "plan.json", *APPLY[2:])


def write(folder: Path, data: str, *, edited: bool) -> None:
    """Two objects of each kind that the edit touches, two that it leaves alone, one less."""
    for root in ("churn", "draft", "py", "r", "spare"):
        (folder / root).mkdir(exist_ok=True)
    (folder / "draft" / "custom.py").write_text("# to be written\n")
    (folder / "draft" / "requirements.txt").write_text("pandas==2.2\n")
    (folder / "churn" / "custom.py").write_text(
        "def score(data, model, **kwargs):\n    return data\n"
    )
    (folder / "churn" / "requirements.txt").write_text("scikit-learn==1.5\n")
    for root in ("py", "r", "spare"):
        (folder / root / "Dockerfile").write_text(f"FROM {root}:3\n")
    text, replicas = ("after", 2) if edited else ("before", 1)
    made: list[tuple[str, str, str]] = [
        ("ExecutionEnvironment", "py", ENVIRONMENT.format(text="same", name="py")),
        ("ExecutionEnvironment", "r", ENVIRONMENT.format(text=text, name="r")),
        ("ExecutionEnvironment", "spare", ENVIRONMENT.format(text="same", name="spare")),
        ("CustomModel", "churn", CHURN.format(text=text, replicas=replicas, data=data)),
        ("CustomModel", "notes", DRAFT.format(text=text)),
        ("CustomModel", "still", NOTES.format(text="same")),
    ]
    if not edited:
        made.append(("CustomModel", "old", NOTES.format(text="to go")))
    text = "".join(OBJECT.format(kind=kind, name=name, spec=spec) for kind, name, spec in made)
    (folder / "all.yaml").write_text(text)


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Review:
    """An applied project, an edit of it, and the reviewed plan of that edit."""
    folder = tmp_path_factory.mktemp("project")
    stage = Stage(declare(folder))
    form = {"file": ("data.csv", DATA)}
    data = str(stage.by_hand("POST", "datasets/fromFile/", files=form).json()["catalogId"])
    foreign = {"name": "theirs", "customModelType": "inference", "targetType": "Transform"}
    stage.by_hand("POST", "customModels/", json=foreign).raise_for_status()
    write(folder, data, edited=False)
    assert stage.run(*APPLY).code == 0
    write(folder, data, edited=True)
    done = stage.run("-q", "plan", "--out", "plan.json", "--prune")
    assert done.code == 0, done.out
    saved = (folder / "plan.json").read_bytes()
    ids = live_ids(stage)
    touched = {address: ids[address] for address in json.loads(saved)["observed"]}
    assert set(touched) == {
        "CustomModel/churn", "CustomModel/notes", "CustomModel/old", "ExecutionEnvironment/r",
    }  # fmt: skip
    # What the plan leans on is none of the others: its change may change the plan.
    others = {a: ids[a] for a in ids.keys() - touched.keys() if a != "ExecutionEnvironment/py"}
    return Review(stage, saved, touched, others)


def live_ids(stage: Stage) -> dict[str, str]:
    """Every model and environment of anybody, by kind and name."""
    state: dict[str, Any] = stage.control("GET", "state")
    models = {f"CustomModel/{doc['name']}": doc["id"] for doc in state["models"]}
    marked = [doc for doc in state["environments"] if "[reconciler" in doc["description"]]
    return models | {f"ExecutionEnvironment/{doc['name']}": doc["id"] for doc in marked}


def check_touched(review: Review, seeds: range) -> None:
    """Every edit is found, before any write, and the message names its object."""
    kinds: Counter[str] = Counter()
    for seed in seeds:
        address, edit, done = review.case(seed, review.touched)
        kinds[edit] += 1
        told = f"seed {seed}: {edit} of {address}\n{done.out}{done.err}"
        assert done.code == 4, told
        assert done.writes == [], told
        assert f"error: {address} was " in done.err, told
        assert "since the plan was made" in done.err, told
    print(f"\n{len(seeds)} edits of touched objects, all found: {dict(sorted(kinds.items()))}")


def check_untouched(review: Review, seeds: range) -> None:
    """An edit is no obstacle, unless the current plan has a step that the reviewed one lacks."""
    codes: Counter[int] = Counter()
    for seed in seeds:
        address, edit, done = review.case(seed, review.others)
        message = f"seed {seed}: {edit} of {address}\n{done.out}{done.err}"
        codes[done.code] += 1
        if done.code == 0:
            assert done.writes, message
        else:
            assert done.code == 4, message
            assert done.writes == [], message
            assert f"differs from the reviewed one: {address}" in done.err, message
            assert "is not in the reviewed plan" in done.err, message
    assert codes[0], "an edit that no manifest manages changes no plan"
    assert codes[4], "an edit of a managed field adds a step"
    print(f"\n{len(seeds)} edits of other objects, by exit code: {dict(sorted(codes.items()))}")


def test_without_an_edit_the_plan_is_applied(review: Review) -> None:
    review.restore()
    (review.stage.folder / "plan.json").write_bytes(review.saved)
    assert review.stage.run("-q", "apply", "plan.json", *APPLY[2:]).code == 0


def test_an_edit_of_a_touched_object_is_found(review: Review) -> None:
    check_touched(review, range(80))


def test_an_edit_of_another_object_counts_when_it_changes_the_plan(review: Review) -> None:
    check_untouched(review, range(25))


@pytest.mark.sweep
def test_a_thousand_edits_of_touched_and_of_other_objects(review: Review) -> None:
    check_touched(review, range(1000))
    check_untouched(review, range(1000))
