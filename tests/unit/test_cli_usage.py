"""Usage of the command line: options on both sides of a command, and what a wrong one answers.

Cases: no command, options before and after the name, options of other tools, misspelt options,
modules that the version, the help and the completion of names must not load.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.cli.main import run
from reconciler.cli.usage import CHANGING, SAFE_ANSWERS

PROJECT = """\
apiVersion: reconciler/v1
kind: Project
metadata: {name: fraud}
spec: {targets: {prod: {}}}
"""
HEAVY = ("pydantic", "httpx", "yaml", "deepdiff", "rich", "jinja2", "werkzeug", "logging.config")


def test_no_command_prints_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 0
    assert "Commands" not in capsys.readouterr().err


@pytest.mark.parametrize("option", sorted(SAFE_ANSWERS))
def test_an_option_of_another_tool_is_answered_with_ours(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["apply", option]) == 64
    assert SAFE_ANSWERS[option] in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["--prun", "--prne", "--auto-aprove", "--retry-faild"])
def test_a_misspelt_option_never_leads_to_one_that_changes_more(
    wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["apply", wrong]) == 64
    error = capsys.readouterr().err
    assert not any(option in error for option in CHANGING)


def test_a_misspelt_option_leads_to_a_harmless_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "--formt", "json"]) == 64
    assert "'--format'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "line",
    [
        ["--target", "nowhere", "validate"],
        ["validate", "--target", "nowhere"],
        ["-q", "--target", "nowhere", "validate", "-v"],
    ],
)
def test_a_target_is_taken_on_both_sides(
    line: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "reconciler.yaml").write_text(PROJECT)
    assert run(["--project-dir", str(tmp_path), *line]) == 1
    assert "nowhere" in capsys.readouterr().out


def test_an_option_that_the_command_does_not_take_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["--target", "prod", "schema"]) == 64
    assert "--target" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "unknown"),
    [
        (["--select", "CustomModel/a", "plan"], "CustomModel/a"),
        (["plan", "--select", "CustomModel/b"], "CustomModel/b"),
        (["--select", "CustomModel/a", "plan", "--select", "CustomModel/b"], "CustomModel/a"),
    ],
)
def test_a_selection_before_the_name_is_not_replaced_by_one_behind_it(
    line: list[str], unknown: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "reconciler.yaml").write_text(PROJECT)
    assert run(["--project-dir", str(tmp_path), *line]) != 0
    assert unknown in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_the_version_and_the_help_load_no_library_but_click(option: str) -> None:
    script = (
        "import sys\n"
        f"sys.argv = ['reconciler', {option!r}]\n"
        "from reconciler.__main__ import start\n"
        "try:\n    start()\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stderr == "[]\n"
