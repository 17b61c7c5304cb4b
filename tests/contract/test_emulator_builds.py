"""Builds that read what was uploaded: Docker contexts, images, dependencies."""

from __future__ import annotations

import pytest

from tests.support.emulator import ANN, V2, Emulator, path_of, tarball, zipped

FROM = b"FROM python:3.11\n"


def built(dockerfile: bytes, **others: bytes) -> tuple[str, str, str]:
    """The status, the error and the log of a build."""
    emulator = Emulator()
    environment = emulator.environment()
    context = tarball({"Dockerfile": dockerfile, **others})
    version = emulator.environment_version(environment, context)
    path = f"/executionEnvironments/{environment}/versions/{version['id']}/buildLog/"
    log = emulator.get(path)
    return version["buildStatus"], log["error"], log["log"]


@pytest.mark.parametrize(
    ("dockerfile", "reason"),
    [
        (FROM + b"RUN exit 3\n", "returned a non-zero code: 3"),
        (FROM + b"RUN false\n", "returned a non-zero code: 1"),
        (FROM + b"RUN apt-get update && \\\n    exit 7\n", "returned a non-zero code: 7"),
        (b"FROM registry.example.com/does-not-exist:1\n", "manifest unknown"),
        (FROM + b"COPY missing.txt /x\n", "file not found in build context: stat missing.txt"),
        (FROM + b'ADD ["here.txt", "there.txt", "/x/"]\n', "stat there.txt"),
        (FROM + b"COPY 'unclosed /x\n", "cannot parse"),
        (b"RUN true\n", "the first instruction must be FROM"),
        (b"# nothing\n", "no instructions"),
    ],
)
def test_a_dockerfile_that_fails(dockerfile: bytes, reason: str) -> None:
    status, error, log = built(dockerfile, **{"here.txt": b""})
    assert status == "failed"
    assert reason in error
    assert log.splitlines()[-1] == f"ERROR: {error}"


@pytest.mark.parametrize(
    "dockerfile",
    [
        FROM + b"RUN exit 0\nRUN true && echo false\n",
        b"# syntax=docker/dockerfile:1\nARG V=3.11\nFROM python:${V} AS base\nCOPY . /app\n",
        FROM + b"COPY --from=base /a /b\nCOPY --chown=1:1 src *.txt /x/\n",
        FROM + b"ADD https://example.com/x /x\nRUN echo \\\n  # a comment\n  hello\n",
    ],
)
def test_a_dockerfile_that_builds(dockerfile: bytes) -> None:
    status, error, log = built(dockerfile, **{"src/a.py": b"", "b.txt": b""})
    assert (status, error) == ("success", "")
    assert log.splitlines()[-1] == "Successfully built image"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not an archive",
        b"PK\x03\x04 broken",
        tarball({"Dockerfile": FROM})[:-20],
        tarball({"docker/Dockerfile": FROM}),
        zipped({"other": b""}),
        zipped({"Dockerfile": FROM, "a": b"content"}).replace(b"content", b"damaged"),
    ],
)
def test_an_archive_that_cannot_be_built(content: bytes) -> None:
    emulator = Emulator()
    version = emulator.environment_version(emulator.environment(), content)
    assert version["buildStatus"] == "failed"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"dockerImageUri": "registry.example.com/a@sha256:1"}, "success"),
        ({"dockerImageUri": "registry.example.com/does-not-exist"}, "failed"),
    ],
)
def test_an_image_address(body: dict[str, str], status: str) -> None:
    emulator = Emulator()
    path = f"/executionEnvironments/{emulator.environment()}/versions/"
    made = emulator.call("POST", path, 202, json=body)
    assert emulator.get(path_of(made))["buildStatus"] == status


def test_an_image_must_be_a_tar() -> None:
    emulator = Emulator()
    path = f"/executionEnvironments/{emulator.environment()}/versions/"
    made = emulator.call("POST", path, 202, files={"dockerImage": ("i.tar", b"no tar")})
    version = emulator.get(path_of(made))
    assert version["buildStatus"] == "failed"
    log = emulator.get(path_of(made) + "buildLog/")
    assert "not a tar archive" in log["error"]


def dependent(emulator: Emulator, lines: bytes) -> str:
    """The path of a version with these requirements."""
    model = emulator.model()["id"]
    version = emulator.version(model, {"requirements.txt": lines})
    return f"/customModels/{model}/versions/{version['id']}/"


def test_dependencies_build_and_stay_built() -> None:
    emulator = Emulator()
    path = dependent(emulator, b"pandas>=1.0\n")
    emulator.call("GET", f"{path}dependencyBuild/", 422)
    emulator.call("GET", f"{path}dependencyBuildLog/", 422)
    emulator.call("DELETE", f"{path}dependencyBuild/", 422)
    build = emulator.call("POST", f"{path}dependencyBuild/", 202).json()
    assert build["buildStatus"] == "success"
    assert build["buildLogLocation"] == f"http://emulator{V2}{path}dependencyBuildLog/"
    assert "Collecting pandas>=1.0" in emulator.get(f"{path}dependencyBuildLog/")["data"]
    emulator.clock.sleep(5)
    assert emulator.call("POST", f"{path}dependencyBuild/", 202).json() == build
    emulator.call("DELETE", f"{path}dependencyBuild/", 409)


def test_a_built_image_in_use_is_422_and_otherwise_409() -> None:
    emulator = Emulator()
    path = dependent(emulator, b"pandas\n")
    emulator.call("POST", f"{path}dependencyBuild/", 202)
    model = path.split("/")[2]
    emulator.control("POST", "deployments", {"customModelId": model})
    refused = emulator.call("DELETE", f"{path}dependencyBuild/", 422).json()
    assert refused["message"] == "The dependency image is in use and cannot be deleted."
    emulator.control("DELETE", "deployments")
    emulator.call("DELETE", f"{path}dependencyBuild/", 409)


@pytest.mark.parametrize("line", [b"does-not-exist\n", b"Does_Not_Exist>1\n", b"pandas==999.1\n"])
def test_dependencies_that_nobody_published_fail_and_can_be_tried_again(line: bytes) -> None:
    emulator = Emulator()
    path = dependent(emulator, b"numpy\n" + line)
    for _ in range(2):
        build = emulator.call("POST", f"{path}dependencyBuild/", 202).json()
        assert build["buildStatus"] == "failed"
        assert build["buildStart"] == emulator.clock_text()
        emulator.clock.sleep(5)
    log = emulator.get(f"{path}dependencyBuildLog/")["data"]
    assert "ERROR: No matching distribution found" in log


def test_nothing_to_build_and_nobody_allowed() -> None:
    emulator = Emulator()
    path = dependent(emulator, b"# nothing\n")
    emulator.call("POST", f"{path}dependencyBuild/", 422)
    assert emulator.client(ANN).post(f"{V2}{path}dependencyBuild/").status_code == 404


def test_a_running_dependency_build_can_be_cancelled() -> None:
    emulator = Emulator(job_time=10.0)
    path = dependent(emulator, b"pandas\n")
    seen = [emulator.call("POST", f"{path}dependencyBuild/", 202).json()["buildStatus"]]
    emulator.call("GET", f"{path}dependencyBuildLog/", 404)
    emulator.clock.sleep(5)
    seen.append(emulator.get(f"{path}dependencyBuild/")["buildStatus"])
    assert seen == ["submitted", "processing"]
    emulator.call("DELETE", f"{path}dependencyBuild/", 204)
    emulator.clock.sleep(10)
    emulator.call("GET", f"{path}dependencyBuild/", 422)
