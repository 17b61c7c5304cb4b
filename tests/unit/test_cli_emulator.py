"""The emulator command: its quirks in the help, on the command line and in the start line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner

from reconciler.cli.main import cli
from reconciler.emulator.quirks.table import QUIRKS


def test_the_help_lists_every_quirk() -> None:
    text = CliRunner().invoke(cli, ["emulator", "--help"]).output
    rows = text.partition("Quirks")[2]
    for quirk in QUIRKS:
        assert f"\n  {quirk.name}" in rows
    assert "lag=5s" in rows
    # Sentences are broken over lines, never cut off.
    flat = " ".join(rows.split())
    assert all(f"{quirk.summary}." in flat for quirk in QUIRKS)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--quirk", "lagg"], "unknown quirk 'lagg'; the nearest name is 'lag'"),
        (["--quirk", "nulls=2s"], "quirk 'nulls' takes no value"),
        (["--latency", "soon"], "'soon' is not a duration: write it like 20ms, 1.5s or 2m"),
    ],
)
def test_wrong_values_are_usage_errors(arguments: list[str], problem: str) -> None:
    result = CliRunner().invoke(cli, ["emulator", *arguments])
    assert result.exit_code != 0
    assert problem in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("quirks", "expected"),
    [([], ""), (["--quirk", "lag", "--quirk", "ascending"], "; quirks: ascending, lag=5s")],
)
def test_the_start_line_names_the_active_quirks(quirks: list[str], expected: str) -> None:
    command = [sys.executable, "-m", "reconciler", "emulator", "--port", "0", *quirks]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        line = process.stdout.readline().rstrip("\n")
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0
    address, _, quirk_text = line.partition(";")
    assert address.startswith("listening on http://127.0.0.1:")
    assert (f";{quirk_text}" if quirk_text else "") == expected
