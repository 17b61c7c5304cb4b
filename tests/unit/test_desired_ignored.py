"""What ``lifecycle.ignoreChanges`` may name of the real kinds.

Cases: parts that the rest cannot do without, mappings that are one value, keys at the top.
"""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.desired.ignored import ignored_fault
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
    ],
)
def test_a_part_that_the_rest_needs_is_refused_with_what_to_write(path: str, owner: str) -> None:
    fault = ignored_fault(path, AT, MODEL, KINDS["CustomModel"])
    assert fault is not None
    assert (fault.code, fault.hint) == ("ignored-in-part", f"Write {owner} to ignore all of it.")


@pytest.mark.parametrize(
    "path",
    ["targetType", "version", "version.replicas", "version.environment.follow", "sharing.mode"],
)
def test_what_a_manifest_can_do_without_may_be_ignored(path: str) -> None:
    assert ignored_fault(path, AT, MODEL, KINDS["CustomModel"]) is None
