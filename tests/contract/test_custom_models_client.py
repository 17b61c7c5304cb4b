"""We and the official client on one emulator: each sees what the other made as it was meant."""

from __future__ import annotations

import contextlib
import io
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.cli.context import Environment
from reconciler.cli.main import run
from reconciler.emulator.app import Options, create_app
from reconciler.emulator.custom_models.seed import PUBLIC_ENVIRONMENT
from reconciler.emulator.serve import running
from reconciler.providers.all import KINDS, open_provider
from reconciler.providers.http import Runtime
from reconciler.session import Registry
from tests.support.contract_transport import ContractTransport
from tests.support.emulator import ANN, OWNER, unzipped

# The client is written for older releases of its own dependencies.
pytestmark = pytest.mark.filterwarnings("ignore:::datarobot", "ignore::DeprecationWarning")

TABLE = "age,income,churned\n" + "31,1000,0\n42,2000,1\n" * 10
PROGRAM = "def score(data, model, **kwargs):\n    return data\n"
DOCKER = {"Dockerfile": "FROM python:3.11\nCOPY a.txt /\n", "a.txt": "x"}
MODEL = {"custom.py": PROGRAM, "lib/weights.txt": "1 2 3\n", "empty.txt": ""}
PROJECT = "apiVersion: reconciler/v1\nkind: Project\nmetadata: {name: default, uid: k7f3a9c21}\n"
MANIFEST = """
apiVersion: reconciler/v1
kind: ExecutionEnvironment
metadata: {{name: own, id: {environment}}}
spec:
  name: Own
  description: Theirs.
  programmingLanguage: python
  useCases: [customModel]
  version: {{dockerContext: ./docker, label: one}}
  sharing: {{mode: exact, users: [{{username: owner@example.com, role: OWNER}}]}}
---
apiVersion: reconciler/v1
kind: CustomModel
metadata: {{name: churn, id: {model}}}
spec:
  name: Churn
  description: Who leaves.
  language: Python
  targetType: Binary
  targetName: churned
  predictionThreshold: 0.25
  version:
    environment: {{id: {environment}}}
    files: {{root: ./model}}
    maximumMemory: 512Mi
    replicas: 2
    networkEgressPolicy: NONE
  sharing:
    mode: exact
    users:
      - {{username: owner@example.com, role: OWNER}}
      - {{username: ann@example.com, role: CONSUMER, canShare: false}}
"""
OURS = """
apiVersion: reconciler/v1
kind: ExecutionEnvironment
metadata: {{name: own}}
spec:
  name: Own
  programmingLanguage: python
  version: {{dockerContext: ./docker, label: one, description: First.}}
---
apiVersion: reconciler/v1
kind: CustomModel
metadata: {{name: churn}}
spec:
  name: Churn
  targetType: Binary
  targetName: churned
  isTrainingDataForVersionsPermanentlyEnabled: true
  version:
    environment: {{ref: own}}
    files: {{root: ./model}}
    description: First.
    trainingData: {{datasetId: {dataset}}}
  tests: {{datasetId: {dataset}}}
  featureImpact: {{}}
  sharing:
    mode: additive
    users: [{{username: ann@example.com, role: CONSUMER}}]
"""


class World:
    """One served emulator, the official client on it, and a folder for our manifests."""

    def __init__(self, dr: Any, url: str, folder: Path) -> None:
        self.dr, self.url, self.folder = dr, url, folder
        self.wire = ContractTransport(httpx.HTTPTransport())
        self.write(".", {"reconciler.yaml": PROJECT})

    def write(self, folder: str, files: Mapping[str, str]) -> str:
        """A folder of files."""
        for path, content in files.items():
            place = self.folder / folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(content, encoding="utf-8")
        return str(self.folder / folder)

    def ours(self, *arguments: str) -> tuple[int, str]:
        """Exit code and output of one of our commands."""
        env = {"DATAROBOT_ENDPOINT": f"{self.url}/api/v2", "DATAROBOT_API_TOKEN": "any-token"}
        tools = Registry(KINDS, lambda name, given: open_provider(name, given, Runtime(self.wire)))
        out = io.StringIO()
        with (
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(out),
        ):
            code = run(list(arguments), Environment(tools, env))
        return code, out.getvalue()

    def dataset(self) -> Any:
        """Data to test and to train with."""
        return self.dr.Dataset.create_from_file(f"{self.write('data', {'t.csv': TABLE})}/t.csv")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Small pages, so that every list has several; a home without the developer's settings."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in [name for name in os.environ if name.startswith("DATAROBOT_")]:
        monkeypatch.delenv(name)
    import datarobot

    with running(create_app(Options(page_size=2, users=(ANN,)))) as url:
        client = datarobot.Client(token="any", endpoint=f"{url}/api/v2")
        made = World(datarobot, url, tmp_path)
        yield made
        client.close()
    made.wire.check()


def theirs(world: World) -> tuple[Any, Any]:
    """An environment and a model with two versions, as the client makes them."""
    dr = world.dr
    environment = dr.ExecutionEnvironment.create(
        "Own", description="Theirs.", programming_language="python", use_cases=["customModel"]
    )
    docker = world.write("docker", DOCKER)
    dr.ExecutionEnvironmentVersion.create(environment.id, docker, label="one")
    model = dr.CustomInferenceModel.create(
        "Churn", "Binary", "churned", description="Who leaves.", language="Python"
    )
    model.update(prediction_threshold=0.25)
    former = world.write("former", {**MODEL, "custom.py": "# to be changed", "gone.txt": "x"})
    first = dr.CustomModelVersion.create_clean(model.id, environment.id, folder_path=former)
    gone = [item.id for item in first.items if item.file_path == "gone.txt"]
    dr.CustomModelVersion.create_from_previous(
        model.id,
        environment.id,
        folder_path=world.write("model", MODEL),
        files_to_delete=gone,
        maximum_memory=512 * 2**20,
        replicas=2,
        network_egress_policy=dr.NETWORK_EGRESS_POLICY.NONE,
    )
    model.share([dr.SharingAccess(ANN, "CONSUMER", can_share=False)])
    return environment, model


def test_what_the_client_made_is_seen_as_equal(world: World) -> None:
    environment, model = theirs(world)
    text = MANIFEST.format(environment=environment.id, model=model.id)
    world.write(".", {"manifest.yaml": text})
    code, out = world.ours("plan", "--detailed-exitcode")
    assert code == 2, out
    # Nobody manages them yet, so that both get their markers, and nothing else changes.
    assert "Plan: 2 adopt; 0 unchanged." in out
    assert world.ours("drift")[0] == 0


def test_what_the_client_made_is_imported_and_adopted_with_markers_only(world: World) -> None:
    theirs(world)
    code, out = world.ours("import", "--all")
    assert code == 0, out
    assert out.count("taken: empty plan but its marker") == 2
    code, out = world.ours("apply", "--auto-approve")
    assert code == 0, out
    assert " POST" not in out.rpartition("Requests:")[2]
    assert world.ours("plan", "--detailed-exitcode")[0] == 0
    # Without the pin the marker leads to both.
    for manifest in world.folder.rglob("*/*.yaml"):
        text = manifest.read_text(encoding="utf-8")
        manifest.write_text(re.sub(r"\n  id: .*", "", text), encoding="utf-8")
    assert world.ours("plan", "--detailed-exitcode")[0] == 0


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("predictionThreshold: 0.25", "predictionThreshold: 0.5", "predictionThreshold"),
        ("replicas: 2", "replicas: 3", "version.replicas"),
        ("role: CONSUMER", "role: EDITOR", "sharing.ann@example.com"),
        ("label: one", "label: two", "version.label"),
        ("useCases: [customModel]", "useCases: []", "useCases"),
        ("root: ./model", "root: ./former", "version.files/gone.txt"),
        ("dockerContext: ./docker", "dockerContext: ./former", "version.dockerContext"),
    ],
)  # fmt: skip
def test_and_one_thing_else_is_seen_as_that(world: World, old: str, new: str, told: str) -> None:
    environment, model = theirs(world)
    text = MANIFEST.format(environment=environment.id, model=model.id)
    assert old in text
    world.write("former", {"Dockerfile": "FROM python:3.12\n"})
    world.write(".", {"manifest.yaml": text.replace(old, new)})
    code, out = world.ours("plan", "--detailed-exitcode")
    assert code == 2, out
    assert told in out


def test_an_apply_on_what_the_client_made_only_changes_what_differs(world: World) -> None:
    environment, model = theirs(world)
    text = MANIFEST.format(environment=environment.id, model=model.id)
    world.write(".", {"manifest.yaml": text.replace("replicas: 2", "replicas: 3")})
    code, out = world.ours("apply", "--auto-approve")
    assert code == 0, out
    model.refresh()
    assert (model.latest_version.label, model.latest_version.replicas) == ("v2.1", 3)
    assert {item.file_path for item in model.latest_version.items} == MODEL.keys()
    assert world.ours("plan", "--detailed-exitcode")[0] == 0


def test_what_we_apply_the_client_reads(world: World) -> None:
    dr = world.dr
    dataset = world.dataset()
    world.write("docker", DOCKER)
    world.write("model", {**MODEL, "requirements.txt": "pandas>=2\n"})
    world.write(".", {"manifest.yaml": OURS.format(dataset=dataset.id)})
    code, out = world.ours("apply", "--auto-approve")
    assert code == 0, out

    environments = {found.name: found for found in dr.ExecutionEnvironment.list()}
    assert environments.keys() == {"Own", PUBLIC_ENVIRONMENT}
    environment = dr.ExecutionEnvironment.get(environments["Own"].id)
    built = environment.latest_successful_version
    assert (built.label, built.build_status) == ("one", "success")
    built.download(str(world.folder / "context"))

    (model,) = dr.CustomInferenceModel.list(search_for="Churn")
    model = dr.CustomInferenceModel.get(model.id)
    assert (model.name, model.target_type, model.target_name) == ("Churn", "Binary", "churned")
    version = dr.CustomModelVersion.get(model.id, model.latest_version.id)
    assert version.base_environment_version_id == built.id
    assert version.training_data.dataset_id == dataset.id
    version.download(str(world.folder / "files.zip"))
    model.download_latest_version(str(world.folder / "latest.zip"))
    files = unzipped((world.folder / "files.zip").read_bytes())
    assert files == unzipped((world.folder / "latest.zip").read_bytes())
    assert files["lib/weights.txt"] == b"1 2 3\n"
    assert files.keys() == {*MODEL, "requirements.txt"}

    held = {entry.username: entry.role for entry in model.get_access_list()}
    assert held == {OWNER: "OWNER", ANN: "READ_ONLY"}
    build = dr.CustomModelVersionDependencyBuild.get_build_info(model.id, version.id)
    assert build.build_status == "success"
    (test,) = dr.CustomModelTest.list(model.id)
    assert test.overall_status == "succeeded"
    assert {score["featureName"] for score in version.get_feature_impact()} == {"age", "income"}


def test_what_the_client_changed_is_drift(world: World) -> None:
    dr = world.dr
    world.write("docker", DOCKER)
    world.write("model", MODEL)
    text = OURS.format(dataset=world.dataset().id)
    world.write(".", {"manifest.yaml": text})
    assert world.ours("apply", "--auto-approve")[0] == 0
    (model,) = dr.CustomInferenceModel.list()
    model.update(name="Renamed")
    edited = world.write("edited", {"custom.py": PROGRAM + "# in the browser\n"})
    environment = model.latest_version.base_environment_id
    dr.CustomModelVersion.create_from_previous(model.id, environment, folder_path=edited)
    code, out = world.ours("drift")
    assert code == 2, out
    for told in ("name: ", "Renamed", "version.files/custom.py"):
        assert told in out
    code, out = world.ours("apply", "--auto-approve")
    assert code == 0, out
    model.refresh()
    assert (model.name, model.latest_version.label) == ("Churn", "v2.1")
