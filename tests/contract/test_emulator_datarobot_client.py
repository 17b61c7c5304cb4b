"""The official client, unchanged, over a loopback server: the whole life of a model.

Jobs take no time here, so that the client's first poll finds them done and its fixed five-second
waits never come.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.emulator.app import Options, create_app
from reconciler.emulator.custom_models.seed import PUBLIC_ENVIRONMENT
from reconciler.emulator.serve import running
from tests.support.emulator import ANN, OWNER, PROGRAM, unzipped

# The client is written for older releases of its own dependencies.
pytestmark = pytest.mark.filterwarnings("ignore:::datarobot", "ignore::DeprecationWarning")

TABLE = "age,income,churned\n" + "31,1000,0\n42,2000,1\n" * 10


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without settings: the client would use whatever it finds in a developer's own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in [name for name in os.environ if name.startswith("DATAROBOT_")]:
        monkeypatch.delenv(name)
    return tmp_path


@pytest.fixture
def dr(home: Path) -> Iterator[Any]:
    """The client, connected to a fresh emulator with small pages."""
    import datarobot

    with running(create_app(Options(page_size=3, users=(ANN,)))) as url:
        client = datarobot.Client(token="any", endpoint=f"{url}/api/v2")
        yield datarobot
        client.close()


@pytest.fixture
def folder(home: Path) -> Callable[[str, dict[str, str]], str]:
    """Makes a folder of files."""

    def make(name: str, files: dict[str, str]) -> str:
        for path, content in files.items():
            place = home / name / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(content, encoding="utf-8")
        return str(home / name)

    return make


Folder = Callable[[str, dict[str, str]], str]


def churn(dr: Any, **settings: Any) -> Any:
    return dr.CustomInferenceModel.create("Churn", "Binary", "churned", **settings)


def log_of(dr: Any) -> list[dict[str, Any]]:
    """The emulator's request log."""
    url = dr.client.get_client().endpoint.partition("/api/v2")[0]
    return list(httpx.get(f"{url}/__emulator__/requests").json())


def control(dr: Any, name: str, body: dict[str, Any]) -> None:
    """Use a test control."""
    url = dr.client.get_client().endpoint.partition("/api/v2")[0]
    httpx.post(f"{url}/__emulator__/{name}", json=body).raise_for_status()


def environment_of(dr: Any) -> Any:
    found = [e for e in dr.ExecutionEnvironment.list() if e.name == PUBLIC_ENVIRONMENT]
    return found[0]


def test_an_environment_from_a_folder(dr: Any, home: Path, folder: Folder) -> None:
    environment = dr.ExecutionEnvironment.create(
        "Own", description="d", programming_language="python", use_cases=["customModel"]
    )
    context = folder("docker", {"Dockerfile": "FROM python:3.11\nCOPY a.txt /\n", "a.txt": "x"})
    version = dr.ExecutionEnvironmentVersion.create(environment.id, context, label="one")
    assert (version.build_status, version.label) == ("success", "one")
    log, error = version.get_build_log()
    assert "Step 2/2 : COPY a.txt /" in log
    assert error is None
    version.download(str(home / "context.zip"))
    assert unzipped((home / "context.zip").read_bytes()).keys() == {"Dockerfile", "a.txt"}
    environment.update(name="Renamed", description="")
    environment.refresh()
    assert (environment.name, environment.description) == ("Renamed", "")
    assert environment.latest_successful_version.id == version.id
    dr.ExecutionEnvironmentVersion.create(environment.id, docker_image_uri="a/b:1")
    assert len(dr.ExecutionEnvironmentVersion.list(environment.id)) == 2
    assert dr.ExecutionEnvironment.list(search_for="renamed", is_own=True, is_public=False)
    environment.delete()
    assert len(dr.ExecutionEnvironment.list()) == 1


def test_a_failed_build_is_seen(dr: Any, folder: Folder) -> None:
    environment = dr.ExecutionEnvironment.create("Own")
    context = folder("docker", {"Dockerfile": "FROM python:3.11\nRUN exit 2\n"})
    version = dr.ExecutionEnvironmentVersion.create(environment.id, context)
    assert version.build_status == "failed"
    assert "non-zero code: 2" in version.get_build_log()[1]


def test_models_over_several_pages(dr: Any) -> None:
    for n in range(7):
        dr.CustomInferenceModel.create(f"m{n}", "Regression", "y")
    models = dr.CustomInferenceModel.list(order_by="created")
    assert [model.name for model in models] == [f"m{n}" for n in range(7)]
    models[0].update(name="first", description="", prediction_threshold=None)
    models[0].refresh()
    assert (models[0].name, models[0].description) == ("first", "")
    assert len(dr.CustomInferenceModel.list(is_deployed=False, search_for="FIRST")) == 1
    models[0].delete()
    with pytest.raises(dr.errors.ClientError, match="404"):
        dr.CustomInferenceModel.get(models[0].id)


def test_versions_from_a_folder_and_from_the_one_before(
    dr: Any, home: Path, folder: Folder
) -> None:
    from datarobot.models.custom_model_version import RequiredMetadataValue

    model, environment = churn(dr), environment_of(dr)
    files = {"custom.py": PROGRAM.decode(), "sub/a.txt": "a", "ü.txt": ""}
    first = dr.CustomModelVersion.create_clean(
        model.id,
        environment.id,
        folder_path=folder("model", files),
        maximum_memory=512 * 1024 * 1024,
        replicas=2,
        network_egress_policy=dr.NETWORK_EGRESS_POLICY.PUBLIC,
        required_metadata_values=[RequiredMetadataValue(field_name="A", value="1")],
    )
    assert (first.label, first.is_frozen, first.maximum_memory) == ("v1.0", False, 512 * 1024**2)
    ids = {item.file_path: item.id for item in first.items}
    changed = folder("changed", {"custom.py": "x = 1\n"})
    second = dr.CustomModelVersion.create_from_previous(
        model.id,
        environment.id,
        is_major_update=False,
        folder_path=changed,
        files_to_delete=[ids["ü.txt"]],
    )
    assert (second.label, second.replicas) == ("v1.1", 2)
    assert {item.file_path for item in second.items} == {"custom.py", "sub/a.txt"}
    sent = [entry["files"] for entry in log_of(dr) if entry["path"].endswith("/versions/")]
    assert sent[-1] == ["custom.py"]
    listed = dr.CustomModelVersion.list(model.id)
    assert [(v.label, v.is_frozen) for v in listed] == [("v1.1", False), ("v1.0", True)]
    second.update(description="good")
    second.refresh()
    assert second.description == "good"
    first.download(str(home / "first.zip"))
    model.download_latest_version(str(home / "latest.zip"))
    assert unzipped((home / "first.zip").read_bytes()).keys() == files.keys()
    latest = unzipped((home / "latest.zip").read_bytes())
    assert latest == {"sub/a.txt": b"a", "custom.py": b"x = 1\n"}


def test_build_test_impact_and_conversion(dr: Any, home: Path, folder: Folder) -> None:
    from datarobot.models.custom_model_version import CustomModelVersionConversion

    table = Path(folder("data", {"t.csv": TABLE})) / "t.csv"
    dataset = dr.Dataset.create_from_file(str(table))
    model = churn(dr, is_training_data_for_versions_permanently_enabled=True)
    files = {
        "custom.py": PROGRAM.decode(),
        "requirements.txt": "pandas>=1.0\n",
        "Main.java": "public class Main {}",
    }
    version = dr.CustomModelVersion.create_clean(
        model.id,
        environment_of(dr).id,
        folder_path=folder("model", files),
        training_dataset_id=dataset.id,
    )
    assert version.training_data.dataset_id == dataset.id
    assert [d.package_name for d in version.dependencies] == ["pandas"]
    build = dr.CustomModelVersionDependencyBuild.start_build(model.id, version.id)
    assert build.build_status == "success"
    assert "Collecting pandas>=1.0" in build.get_log()
    test = dr.CustomModelTest.create(model.id, version.id, dataset_id=dataset.id)
    assert test.overall_status == "succeeded"
    assert test.get_log().endswith("Test succeeded\n")
    assert "Test succeeded" in test.get_log_tail()
    assert [t.id for t in dr.CustomModelTest.list(model.id)] == [test.id]
    version.calculate_feature_impact()
    impacts = version.get_feature_impact()
    assert {impact["featureName"] for impact in impacts} == {"age", "income"}
    item = next(item for item in version.items if item.file_path == "Main.java")
    made = CustomModelVersionConversion.run_conversion(model.id, version.id, item.id)
    found = CustomModelVersionConversion.get_latest(model.id, version.id)
    assert (found.id, found.conversion_succeeded) == (made, True)
    dr.Dataset.delete(dataset.id)


def test_a_failed_test_is_returned_as_failed(dr: Any, folder: Folder) -> None:
    table = Path(folder("data", {"t.csv": TABLE})) / "t.csv"
    dataset = dr.Dataset.create_from_file(str(table))
    model = churn(dr)
    broken = folder("model", {"custom.py": "def score(:\n"})
    version = dr.CustomModelVersion.create_clean(
        model.id, environment_of(dr).id, folder_path=broken
    )
    test = dr.CustomModelTest.create(model.id, version.id, dataset_id=dataset.id)
    assert test.overall_status == "failed"
    assert "SyntaxError" in test.detailed_status["long_running_service"]["message"]


def test_copies_and_sharing(dr: Any, folder: Folder) -> None:
    model = churn(dr)
    dr.CustomModelVersion.create_clean(
        model.id, environment_of(dr).id, folder_path=folder("m", {"custom.py": ""})
    )
    copy = dr.CustomInferenceModel.copy_custom_model(model.id)
    assert copy.latest_version.label == "v1.0"
    for shared in (copy, dr.ExecutionEnvironment.create("Own")):
        shared.share([dr.SharingAccess(ANN, "EDITOR", can_share=False)])
        held = {entry.username: (entry.role, entry.can_share) for entry in shared.get_access_list()}
        assert held == {OWNER: ("OWNER", True), ANN: ("READ_WRITE", False)}
        shared.share([dr.SharingAccess(ANN, None)])
        assert len(shared.get_access_list()) == 1
        with pytest.raises(dr.errors.ClientError, match="422"):
            shared.share([dr.SharingAccess("nobody@example.com", "OWNER")])
        with pytest.raises(dr.errors.ClientError, match="409"):
            shared.share([dr.SharingAccess(OWNER, None)])


def test_the_older_assignment_of_training_data(dr: Any, folder: Folder) -> None:
    table = Path(folder("data", {"t.csv": TABLE})) / "t.csv"
    dataset = dr.Dataset.create_from_file(str(table))
    model = churn(dr)
    with pytest.warns(dr.errors.DataRobotDeprecationWarning):
        model.assign_training_data(dataset.id)
    assert model.training_dataset_id == dataset.id
    assert not model.training_data_assignment_in_progress


def test_the_account_of_the_token(dr: Any) -> None:
    client = dr.client.get_client()
    assert client.get("account/info/").json()["email"] == OWNER
    control(dr, "account", {"served": False})
    with pytest.raises(dr.errors.ClientError) as refused:
        client.get("account/info/")
    assert refused.value.status_code == 404


def test_deployments_over_several_pages(dr: Any, folder: Folder) -> None:
    for name, target in (("a", "churned"), ("b", None), ("c", "churned"), ("d", "churned")):
        kind = dr.TARGET_TYPE.BINARY if target else dr.TARGET_TYPE.UNSTRUCTURED
        model = dr.CustomInferenceModel.create(name, kind, target_name=target)
        files = folder(name, {"custom.py": ""})
        dr.CustomModelVersion.create_clean(model.id, environment_of(dr).id, folder_path=files)
        control(dr, "deployments", {"customModelId": model.id})
    found = dr.Deployment.list()
    assert [one.label for one in found] == [f"{name} Predictions" for name in "dcba"]
    assert [one.model.get("target_name") for one in found].count(None) == 1
    assert dr.Deployment.get(found[0].id).model["id"] == found[0].model["id"]


def test_a_registered_model(dr: Any, folder: Folder) -> None:
    model = dr.CustomInferenceModel.create("a", dr.TARGET_TYPE.UNSTRUCTURED)
    version = dr.CustomModelVersion.create_clean(
        model.id, environment_of(dr).id, folder_path=folder("model", {"custom.py": ""})
    )
    made = dr.RegisteredModelVersion.create_for_custom_model_version(
        version.id, registered_model_name="Risk"
    )
    (registered,) = dr.RegisteredModel.list(search="risk")
    assert (registered.id, registered.last_version_num) == (made.registered_model_id, 1)
    assert [one.id for one in registered.list_versions()] == [made.id]
    assert registered.get_version(made.id).model_id == version.id
    assert dr.RegisteredModel.update(registered.id, name="Churn").name == "Churn"
