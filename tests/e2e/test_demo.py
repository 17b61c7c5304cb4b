"""The demo, as a process: the tour ends well, and every command is printed to be repeated."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the demo prints, in an empty folder and with no settings of anybody's."""
    others = {name: value for name, value in os.environ.items() if "DATAROBOT" not in name}
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", "demo"],
        cwd=tmp_path_factory.mktemp("elsewhere"),
        env={**others, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_tour_goes_from_nothing_to_drift_and_back(tour: str) -> None:
    commands = re.findall(r"^\$ reconciler ([a-z]+)", tour, re.MULTILINE)
    codes = map(int, re.findall(r"^\(exit code (\d+)\)$", tour, re.MULTILINE))
    assert commands[0] == "emulator"
    # An emulator runs beside the others and leaves no exit code.
    steps = list(zip((name for name in commands if name != "emulator"), codes, strict=True))
    assert steps[:7] == [
        ("validate", 0),
        ("plan", 0),
        ("apply", 0),
        ("plan", 0),
        ("drift", 2),
        ("apply", 0),
        ("drift", 0),
    ]
    # Later on it shows more; wherever it goes, it comes back clean.
    assert steps[-1] == ("drift", 0)
    assert "No changes." in tour
    assert tour.rstrip().splitlines()[-2].startswith("No drift.")


def test_a_reader_can_repeat_what_was_done_by_hand(tour: str) -> None:
    calls = re.findall(r"^\$ curl -X (\w+) .*/api/v2/(\w+)/", tour, re.MULTILINE)
    assert ("PATCH", "customModels") in calls
    assert ("PATCH", "executionEnvironments") in calls
    assert "export DATAROBOT_ENDPOINT=" in tour


def test_the_drift_names_the_setting_the_role_and_the_file(tour: str) -> None:
    drift = tour.partition("$ reconciler drift")[2].partition("(exit code 2)")[0]
    for changed in ("predictionThreshold", "sharing.ben@example.com", "version.files/custom.py"):
        assert changed in drift


def test_the_gate_is_red_twice_and_then_green(tour: str) -> None:
    gate = tour.partition("the gate is red, and stays red")[2].partition("One project over")[0]
    assert re.findall(r"^\(exit code (\d+)\)$", gate, re.MULTILINE) == [
        "5",
        "5",
        "0",
        "0",
        "0",
        "0",
    ]
    assert "no such column" in gate


def test_all_five_kinds_settle(tour: str) -> None:
    second = tour.partition("The second apply sends no write")[2].partition("===")[0]
    assert "No changes." in second
    requests = re.findall(r"^Requests: (.*)\.$", second, re.MULTILINE)
    assert requests
    assert all(re.fullmatch(r"\d+ GET", told) for told in requests)
    assert "r2 is 0.61, and >=0.80 is required" in tour
