"""Every scenario folder: its commands print and send what its expected files say."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from tests.scenarios.scenario import OUTPUT, REQUESTS, play


def compare(scenario: Path, tmp_path: Path, update: bool) -> None:
    """Play the scenario; fail with a diff where it is not as its expected files say."""
    for name, text in zip((OUTPUT, REQUESTS), play(scenario, tmp_path / "project"), strict=True):
        expected = scenario / name
        if update:
            expected.write_text(text, encoding="utf-8")
        old = expected.read_text(encoding="utf-8") if expected.exists() else ""
        if old != text:
            diff = difflib.unified_diff(
                old.splitlines(), text.splitlines(), f"{name} expected", f"{name} now", lineterm=""
            )
            pytest.fail("\n".join([*diff, "", "If this is right: pytest --update"]), pytrace=False)


def test_scenario(scenario: Path, tmp_path: Path, update: bool) -> None:
    compare(scenario, tmp_path, update)
