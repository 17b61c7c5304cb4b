"""What ``lifecycle.ignoreChanges`` may name of the real kinds.

Cases: parts that the rest cannot do without, mappings that are one value, keys at the top.
"""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.desired.ignored import ignored_problem
from reconciler.providers.all import KINDS

AT = ("lifecycle", "ignoreChanges", 0)
MODEL: dict[str, Any] = {
    "targetType": "Binary",
    "targetName": "churned",
    "version": {
        "environment": {"ref": "py311", "follow": "latest"},
        "files": {"root": "./model"},
        "requiredMetadata": {"REGION": "eu"},
        "replicas": 2,
    },
    "tests": {"datasetId": "5f" * 12, "checks": {"errorCheck": "fail"}},
    "sharing": {"mode": "exact", "users": []},
}


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("version.environment.ref", "version.environment"),
        ("version.files.root", "version.files"),
        ("version.requiredMetadata.REGION", "version.requiredMetadata"),
        ("sharing.users", "sharing"),
        ("sharing.users[0].role", "sharing"),
        ("sharing.mode", "sharing"),
        ("version.environment.follow", "version.environment"),
        ("tests.checks.errorCheck", "tests"),
    ],
)
def test_a_part_that_the_rest_needs_is_refused_with_what_to_write(path: str, owner: str) -> None:
    fault = ignored_problem(path, AT, MODEL, KINDS["CustomModel"])
    assert fault is not None
    assert (fault.code, fault.hint) == ("ignored-in-part", f"Write {owner} to ignore all of it.")


@pytest.mark.parametrize(
    "path",
    ["targetType", "version", "version.replicas", "version.environment", "sharing", "tests"],
)
def test_what_a_manifest_can_do_without_may_be_ignored(path: str) -> None:
    assert ignored_problem(path, AT, MODEL, KINDS["CustomModel"]) is None


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("CustomModel", "version.update"),
        ("CustomModel", "version.dependencyBuild"),
        ("ModelRun", "modelNames"),
        ("BatchInference", "endpoint"),
        ("RegistryModel", "require"),
    ],
)
def test_what_the_platform_keeps_nowhere_cannot_stay_as_it_is(kind: str, path: str) -> None:
    fault = ignored_problem(path, AT, {}, KINDS[kind])
    assert fault is not None
    assert fault.code == "not-ignorable"
