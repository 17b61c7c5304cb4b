"""Nothing that a caller sends makes the server fail: random bodies, queries, paths and archives.

Every route is tried with real ids, so that the input gets past the first 404.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.emulator.custom_models import checks, docker_build, requirements_txt
from tests.support.emulator import (
    PROGRAM,
    TABLE,
    V2,
    Emulator,
    tarball,
    zipped,
)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=8,
)
# The names that some operation reads, so that the values behind them are reached.
READ = """
    name description targetType targetName customModelType classLabels predictionThreshold data
    customModelId customModelVersionId datasetId datasetVersionId configuration label rowCount
    trainingData holdoutData gitModelVersion isMajorUpdate baseEnvironmentId filePath ref useCases
    baseEnvironmentVersionId filesToDelete maximumMemory replicas requiredMetadata sourcePath
    requiredMetadataValues repositoryId mainProgramItemId environmentId executionEnvironmentIds
    templateId resourceBundleId secretConfigId dockerImageUri positiveClassLabel requiresHa
    negativeClassLabel partitionColumn keepTrainingHoldoutData
"""
NAMES = st.sampled_from(READ.split())


class Populated:
    """An emulator with one of everything, and its routes with the ids filled in."""

    def __init__(self) -> None:
        self.emulator = emulator = Emulator()
        environment = emulator.built_environment()
        dataset = emulator.dataset(TABLE)
        model = emulator.model(isTrainingDataForVersionsPermanentlyEnabled=True)["id"]
        files = {"custom.py": PROGRAM, "Main.java": b"class Main {}"}
        data = f'{{"datasetId": "{dataset}"}}'
        version = emulator.version(model, files, trainingData=data)
        body = {"customModelId": model, "customModelVersionId": version["id"]}
        emulator.call("POST", "/customModelTests/", 202, json={**body, "datasetId": dataset})
        test = emulator.get("/customModelTests/", customModelId=model)["data"][0]
        self.ids = {
            "model_id": model,
            "version_id": version["id"],
            "environment_id": environment,
            "test_id": test["id"],
            "image_id": test["customModelImageId"],
            "dataset_id": dataset,
            "object_id": model,
            "conversion_id": "none",
            "status_id": "none",
        }
        self.values = [*self.ids.values(), version["items"][0]["id"], version["baseEnvironmentId"]]
        self.routes = sorted(self._routes())

    def _routes(self) -> set[tuple[str, str]]:
        found = set()
        for rule in self.emulator.app.url_map.iter_rules():
            path = re.sub(r"<any\(.*?\):kind>", "customModels", rule.rule)
            path = re.sub(r"<(\w+)>", lambda name: self.ids.get(name[1], "none"), path)
            # A deletion would leave the others nothing to read.
            found |= {(m, path) for m in (rule.methods or set()) - {"DELETE", "HEAD", "OPTIONS"}}
        return {(method, path) for method, path in found if path.startswith(V2)}


@pytest.fixture(scope="module")
def populated() -> Populated:
    return Populated()


def sent(populated: Populated, method: str, path: str, **arguments: Any) -> None:
    answer = populated.emulator.http.request(method, path, **arguments)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json()["message"]


def bodies(populated: Populated) -> st.SearchStrategy[Any]:
    value = JSON | st.sampled_from(populated.values)
    return st.dictionaries(NAMES | st.text(max_size=5), value, max_size=6) | JSON


@given(st.data())
@settings(max_examples=200)
def test_random_json(populated: Populated, data: st.DataObject) -> None:
    method, path = data.draw(st.sampled_from(populated.routes))
    sent(populated, method, path, json=data.draw(bodies(populated)))


@given(st.data())
@settings(max_examples=200)
def test_random_bytes(populated: Populated, data: st.DataObject) -> None:
    writes = [route for route in populated.routes if route[0] != "GET"]
    method, path = data.draw(st.sampled_from(writes))
    kind = data.draw(
        st.sampled_from(
            [
                "application/json",
                "multipart/form-data; boundary=x",
                "multipart/form-data",
                "application/x-www-form-urlencoded",
                "application/json; charset=utf-16",
            ]
        )
    )
    head = data.draw(st.sampled_from([b"", b"--x\r\nContent-Disposition: form-data; name=", b"{"]))
    content = head + data.draw(st.binary(max_size=200))
    headers = {"Content-Type": kind}
    sent(populated, method, path, content=content, headers=headers)


@given(st.data())
@settings(max_examples=200)
def test_random_forms(populated: Populated, data: st.DataObject) -> None:
    versions = f"{V2}/customModels/{populated.ids['model_id']}/versions/"
    contexts = f"{V2}/executionEnvironments/{populated.ids['environment_id']}/versions/"
    datasets = f"{V2}/datasets/fromFile/"
    method, path = data.draw(
        st.sampled_from(
            [("POST", versions), ("PATCH", versions), ("POST", contexts), ("POST", datasets)]
        )
    )
    plain = st.text(max_size=15) | st.sampled_from(["true", "null", "", "1", "{}", "[]"])
    parts = [
        (name, (None, value.encode("utf-8", "replace")))
        for name, value in data.draw(st.lists(st.tuples(NAMES, plain), max_size=6))
    ]
    name = st.sampled_from(["file", "dockerContext", "dockerImage", "other"])
    files = st.tuples(name, st.tuples(st.text(max_size=8), st.binary(max_size=60)))
    parts += data.draw(st.lists(files, max_size=3))
    sent(populated, method, path, files=parts or None)


@given(st.data())
@settings(max_examples=200)
def test_random_queries_and_paths(populated: Populated, data: st.DataObject) -> None:
    method, path = data.draw(st.sampled_from([r for r in populated.routes if r[0] == "GET"]))
    names = st.sampled_from(["limit", "offset", "lines", "orderBy", "customModelId", "username"])
    query = data.draw(st.dictionaries(names | st.text(max_size=5), st.text(max_size=8), max_size=3))
    clean = {name: value.encode("utf-8", "replace") for name, value in query.items()}
    extra = data.draw(st.sampled_from(["", "x", "%00", "%ff%fe", "..", "//", "%2e%2e/"]))
    sent(populated, method, path + extra, params=clean)


@given(st.binary(max_size=300))
@settings(max_examples=200)
def test_random_archives_and_programs(content: bytes) -> None:
    for archive in (content, b"PK\x03\x04" + content, b"\x1f\x8b\x08" + content):
        assert docker_build.build(None, None, archive).error
        assert docker_build.build(None, archive, None).log
    for pack in (tarball, zipped):
        built = docker_build.build(None, None, pack({"Dockerfile": content}))
        assert built.log
    for columns in ([], ["a"]):
        subject = checks.Subject({"custom.py": content}, "Binary", columns, 1)
        assert checks.run(subject, {}).overall
    assert requirements_txt.parse(content) is not None


def test_an_archive_that_claims_to_be_huge_is_refused() -> None:
    bomb = zipped({"Dockerfile": b"FROM a\n", "zeros": bytes(1 << 20)})
    claimed = (1 << 20).to_bytes(4, "little"), (0xFFFF_FFF0).to_bytes(4, "little")
    assert "larger than" in docker_build.build(None, None, bomb.replace(*claimed)).error


def test_a_member_that_points_outside_is_only_a_name() -> None:
    outside = tarball({"../../Dockerfile": b"FROM a\n"})
    assert "no file named Dockerfile" in docker_build.build(None, None, outside).error
