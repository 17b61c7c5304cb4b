"""What a lost write made is found by what was sent, and nothing else is taken for it.

Cases: copies that come late, beside somebody's new model, two at once; a version whose files are
ignored; training data of other columns; a conversion beside older ones; a 503 that names a time.
"""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.scenarios.scenario import HERE
from tests.support.hooked_transport import HookedWire
from tests.support.sandbox import Done, Stage, declare

APPLY = ("-q", "apply", "--auto-approve")
COPY = """\
apiVersion: reconciler/v1
kind: CustomModel
metadata: {name: NAME}
spec: {description: ours, copyOf: {id: SOURCE}}
"""
JAVA = """\
apiVersion: reconciler/v1
kind: CustomModel
metadata: {name: java}
spec:
  targetType: Unstructured
  conversion: {mainProgram: A.java}
  version: {environment: {name: "[DataRobot] Python 3.11 Scikit-Learn"}, files: {root: ./java}}
"""


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """The base project, applied."""
    on = Stage(Path(shutil.copytree(HERE / "bases" / "churn", tmp_path / "project")))
    applied(on)
    return on


def applied(on: Stage) -> Done:
    """A green apply; nothing is left to do after it."""
    done = on.run(*APPLY)
    assert done.code == 0, done.out + done.err
    left = on.run("plan", "--detailed-exitcode")
    assert left.code == 0, left.out
    return done


def lost(on: Stage, when: str, method: str, path: str, times: int = 1) -> None:
    """The answers to the next such writes are lost."""
    fault = {"action": "drop", "when": when, "method": method, "path": path, "times": times}
    on.control("POST", "faults", fault)


def models(on: Stage) -> list[tuple[str, str]]:
    """Name and description of every model."""
    state: list[dict[str, Any]] = on.control("GET", "state")["models"]
    return sorted((each["name"], each["description"].partition("\n")[0]) for each in state)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


# -- copies ----------------------------------------------------------------------------------


def wanted_copies(on: Stage, *names: str) -> None:
    source = on.control("GET", "state")["models"][0]["id"]
    for name in names:
        text = COPY.replace("NAME", name).replace("SOURCE", source)
        (on.folder / f"{name}.yaml").write_text(text)


def is_copy(request: httpx.Request) -> bool:
    return request.url.path.endswith("fromCustomModel/")


def test_a_model_that_somebody_makes_meanwhile_is_not_taken_for_a_lost_copy(stage: Stage) -> None:
    wanted_copies(stage, "challenger")
    inner = stage.wire

    def somebody() -> None:
        stage.wire = inner
        body = {"name": "Theirs", "customModelType": "inference", "targetType": "Anomaly"}
        stage.by_hand("POST", "customModels/", json={**body, "description": "do not touch"})

    lost(stage, "before", "POST", "fromCustomModel/")
    stage.wire = HookedWire(inner, 1, somebody, is_copy)  # type: ignore[assignment]
    applied(stage)
    assert ("Theirs", "do not touch") in models(stage)
    assert ("challenger", "ours") in models(stage)


def test_a_copy_that_comes_late_is_not_made_again(stage: Stage) -> None:
    wanted_copies(stage, "challenger")
    inner = stage.wire

    class Late(httpx.BaseTransport):
        """The first copy takes effect when it has been looked for once in vain."""

        def __init__(self) -> None:
            self.held: list[httpx.Request] = []
            self.looks = 0

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if is_copy(request) and not self.looks:
                request.read()
                self.held.append(request)
                self.looks = 1
                raise httpx.ReadTimeout("no answer", request=request)
            answer = inner.handle_request(request)
            if self.held and str(request.url.path).endswith("/customModels/"):
                inner.handle_request(self.held.pop()).read()
            return answer

    stage.wire = Late()  # type: ignore[assignment]
    assert stage.run(*APPLY).code == 0
    stage.wire = inner
    assert [name for name, _ in models(stage)] == ["Churn", "challenger"]
    applied(stage)


def test_two_copies_of_one_source_are_two_although_one_answer_is_lost(stage: Stage) -> None:
    wanted_copies(stage, "one", "two")
    lost(stage, "before", "POST", "fromCustomModel/")
    applied(stage)
    assert [name for name, _ in models(stage)] == ["Churn", "one", "two"]


def test_a_lost_copy_is_found_although_it_bears_the_mark_of_its_source(stage: Stage) -> None:
    """A protected source has a mark in its description, and a copy has its description."""
    protected = "{name: churn}\nlifecycle: {protect: true}"
    edit(stage.folder / "churn.yaml", "{name: churn}", protected)
    applied(stage)
    wanted_copies(stage, "challenger")
    lost(stage, "after", "POST", "fromCustomModel/")
    applied(stage)
    assert [name for name, _ in models(stage)] == ["Churn", "challenger"]


# -- versions and their jobs -----------------------------------------------------------------


def test_a_version_is_found_although_its_files_are_ignored(stage: Stage) -> None:
    churn = stage.folder / "churn.yaml"
    ignored = "{name: churn}\nlifecycle: {ignoreChanges: [version.files]}"
    edit(churn, "{name: churn}", ignored)
    edit(churn, "    files:", "    replicas: 2\n    files:")
    (stage.folder / "model" / "custom.py").write_text("# not sent\n")
    lost(stage, "after", "PATCH", "versions/$")
    applied(stage)
    assert len(stage.control("GET", "state")["modelVersions"]) == 2


def test_training_data_of_another_column_is_not_what_was_there_before(stage: Stage) -> None:
    data = stage.folder.parent / "customers.csv"
    data.write_text("tenure,charges,churned,part\n12,30,yes,a\n3,80,no,b\n")
    churn = stage.folder / "churn.yaml"
    held = f"    trainingData: {{datasetId: {stage.upload(data)}}}\n    files:"
    edit(churn, "    files:", held)
    applied(stage)
    edit(churn, "    files:", "    holdoutData: {partitionColumn: part}\n    files:")
    lost(stage, "before", "PATCH", "trainingData/")
    applied(stage)


def test_a_conversion_is_not_taken_for_an_older_one(tmp_path: Path) -> None:
    (tmp_path / "java").mkdir()
    for name in ("A", "B"):
        (tmp_path / "java" / f"{name}.java").write_text(f"class {name} {{}}\n")
    manifest = tmp_path / "java.yaml"
    manifest.write_text(JAVA)
    stage = Stage(declare(tmp_path))
    applied(stage)
    version = stage.control("GET", "state")["modelVersions"][0]
    (item,) = [each["id"] for each in version["items"] if each["filePath"] == "A.java"]
    path = f"customModels/{version['parent']}/versions/{version['id']}/conversions/"
    stage.by_hand("POST", path, json={"mainProgramItemId": item}).raise_for_status()
    edit(manifest, "A.java", "B.java")
    lost(stage, "before", "POST", "conversions/")
    assert len(applied(stage).writes) == 2


def test_a_503_that_names_a_time_is_obeyed_before_anything_is_sent_again(tmp_path: Path) -> None:
    stage = Stage(Path(shutil.copytree(HERE / "bases" / "churn", tmp_path / "project")))
    fault = {"action": "status", "status": 503, "headers": {"Retry-After": "120"}, "times": 2}
    stage.control("POST", "faults", {**fault, "method": "POST", "path": "customModels/$"})
    moments: list[float] = []

    def note(request: httpx.Request) -> bool:
        if request.method == "POST" and request.url.path.endswith("customModels/"):
            moments.append(stage.clock.now)
        return False

    inner = stage.wire
    stage.wire = HookedWire(inner, 1, lambda: None, note)  # type: ignore[assignment]
    assert stage.run(*APPLY).code == 0
    assert len(moments) == 3
    assert all(later - sooner >= 120 for sooner, later in pairwise(moments))
