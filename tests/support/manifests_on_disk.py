"""A repository of manifests in a folder of a test, and what loading it finds wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.core.kind import FieldRule, FileRole, Kind
from reconciler.desired.load import Desired, load
from reconciler.errors import ManifestError, Problem
from reconciler.providers.custom_models.spec import CustomModelSpec, ExecutionEnvironmentSpec

KINDS: Mapping[str, Kind] = {
    "ExecutionEnvironment": Kind(
        "ExecutionEnvironment",
        "custom_models",
        ExecutionEnvironmentSpec,
        rules={
            "useCases": FieldRule(as_set=True),
            "sharing.users": FieldRule(as_set=True),
        },
        files={
            "version.dockerContext": FileRole("context"),
            "version.dockerImage": FileRole("blob"),
        },
    ),
    "CustomModel": Kind(
        "CustomModel",
        "custom_models",
        CustomModelSpec,
        rules={"sharing.users": FieldRule(as_set=True)},
        references={"version.environment.ref": "ExecutionEnvironment", "copyOf.ref": "CustomModel"},
        files={"version.files": FileRole("tree", 100)},
    ),
}
"""As much of the two kinds as loading needs."""

HEAD = "apiVersion: reconciler/v1\nkind: {kind}\nmetadata: {{name: {name}}}\n"


def model(name: str = "churn", spec: str = "{}", more: str = "") -> str:
    """A CustomModel document; its spec begins on line 4."""
    return HEAD.format(kind="CustomModel", name=name) + f"spec: {spec}\n{more}"


def environment(name: str = "py311", spec: str = "{}", more: str = "") -> str:
    """An ExecutionEnvironment document; its spec begins on line 4."""
    head = HEAD.format(kind="ExecutionEnvironment", name=name)
    return f"{head}spec: {spec}\n{more}"


def project(spec: str = "{}", name: str = "fraud") -> str:
    """A Project document; its spec begins on line 4."""
    return HEAD.format(kind="Project", name=name) + f"spec: {spec}\n"


def put(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write the files below the folder and return it."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def loaded(folder: Path, files: Mapping[str, str | bytes], target: str | None = None) -> Desired:
    """The desired state of a folder with these files."""
    return load([], put(folder, files), KINDS, target=target)


def problems(
    folder: Path,
    files: Mapping[str, str | bytes],
    target: str | None = None,
    kinds: Mapping[str, Kind] = KINDS,
) -> list[Problem]:
    """All that is wrong with a folder with these files, which must be something."""
    put(folder, files)
    with pytest.raises(ManifestError) as caught:
        load([], folder, kinds, target=target)
    return list(caught.value.problems)


def places(folder: Path, found: list[Problem]) -> list[str]:
    """``file:line:column code path`` of each problem, files below the folder."""
    return [
        f"{each.location.removeprefix(f'{folder.as_posix()}/')} {each.code} {each.path}".rstrip()
        for each in found
    ]
