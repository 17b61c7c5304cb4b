"""The workflows are valid, safe, and call commands that exist; so does every page that shows one.

Two tools read the workflows, both without a network: the published JSON Schema of the format, and
zizmor for what an attacker would look for.  The scripts in them are run as GitHub would run them,
with a stand-in for the command that ends with each exit code.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from reconciler.cli.commands import ENTRIES
from reconciler.cli.main import cli

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
FOR_USERS = ("plan", "apply", "drift")
PAGES = (
    ROOT / "README.md",
    ROOT / ".github" / "CONTRIBUTING.md",
    ROOT / "examples" / "manifests" / "README.md",
)
BIN = Path(sys.executable).parent


def workflow(name: str) -> dict[Any, Any]:
    """The workflow as a mapping; YAML 1.1 reads its key ``on`` as true."""
    loaded: dict[Any, Any] = yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))
    return loaded


def jobs(name: str) -> dict[str, Any]:
    found: dict[str, Any] = workflow(name)["jobs"]
    return found


def steps(name: str) -> list[dict[str, Any]]:
    return [step for job in jobs(name).values() for step in job["steps"]]


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)


# --- what the tools say ----------------------------------------------------------------------


def test_all_four_are_there() -> None:
    assert [path.stem for path in WORKFLOWS] == sorted(["ci", *FOR_USERS])


def test_they_follow_the_schema_of_the_format() -> None:
    done = run(BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_schema_check_can_fail(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text("on: push\njobs: {a: {runs-on: x, steps: [{runs: echo}]}}\n")
    done = run(BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", wrong)
    assert done.returncode == 1


def test_zizmor_finds_nothing() -> None:
    done = run(BIN / "zizmor", "--offline", "--no-progress", "--persona=pedantic", FOLDER)
    assert done.returncode == 0, done.stdout + done.stderr


# --- what we promise beyond that -------------------------------------------------------------


@pytest.mark.parametrize("name", [path.stem for path in WORKFLOWS])
def test_every_job_is_bounded_and_asks_for_the_least(name: str) -> None:
    assert workflow(name)["permissions"] == {}
    for job in jobs(name).values():
        assert job["timeout-minutes"] <= 120
        assert job["permissions"] in ({}, {"contents": "read"})
    for step in steps(name):
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"])
        if "checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("name", [path.stem for path in WORKFLOWS])
def test_every_pin_says_its_version(name: str) -> None:
    text = (FOLDER / f"{name}.yml").read_text(encoding="utf-8")
    uses = [line for line in text.splitlines() if "uses:" in line]
    assert all(re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line) for line in uses)


def test_one_action_has_one_pin_everywhere() -> None:
    pins = {step["uses"] for path in WORKFLOWS for step in steps(path.stem) if "uses" in step}
    assert len({pin.split("@")[0] for pin in pins}) == len(pins)


@pytest.mark.parametrize("name", FOR_USERS)
def test_a_secret_reaches_one_step_only(name: str) -> None:
    text = (FOLDER / f"{name}.yml").read_text(encoding="utf-8")
    assert text.count("${{ secrets.") == 1
    (holder,) = [step for step in steps(name) if "secrets." in str(step.get("env", {}))]
    assert holder["name"] == name
    assert "reconciler " in holder["run"]


@pytest.mark.parametrize("name", FOR_USERS)
def test_the_step_with_the_token_limits_where_it_goes(name: str) -> None:
    (holder,) = [step for step in steps(name) if "secrets." in str(step.get("env", {}))]
    assert holder["env"]["RECONCILER_ALLOWED_ENDPOINTS"] == "${{ vars.DATAROBOT_ENDPOINT }}"


def test_pull_requests_run_without_the_rights_of_the_base() -> None:
    for path in WORKFLOWS:
        triggers = workflow(path.stem)[True]
        assert "pull_request_target" not in triggers
        assert "workflow_run" not in triggers
    assert list(workflow("plan")[True]) == ["pull_request"]


def test_apply_waits_its_turn_and_is_never_cut_off() -> None:
    assert workflow("apply")["concurrency"] == {"group": "apply", "cancel-in-progress": False}
    assert jobs("apply")["apply"]["environment"] == "production"
    assert workflow("apply")[True]["push"] == {"branches": ["main"]}


@pytest.mark.parametrize("name", FOR_USERS)
def test_those_for_users_do_not_run_here(name: str) -> None:
    (job,) = jobs(name).values()
    assert "!endsWith(github.repository, '/reconciler')" in job["if"]


# --- the scripts -----------------------------------------------------------------------------


def run_script(name: str, code: int, folder: Path) -> tuple[int, str, str]:
    """Run the step of that name against a command that exits so: exit code, calls, summary."""
    (script,) = [step["run"] for step in steps(name) if step.get("name") == name]
    command = folder / "reconciler"
    command.write_text(
        f'#!/bin/sh\necho "$@" >> calls\necho result\necho progress >&2\nexit {code}\n'
    )
    command.chmod(0o755)
    env = {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "RUNNER_TEMP": str(folder),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
    }
    # GitHub's default for `run:` on Linux.
    done = subprocess.run(["bash", "-e", "-c", script], cwd=folder, env=env, check=False)
    summary = (folder / "summary.md").read_text()
    return done.returncode, (folder / "calls").read_text().strip(), summary


@pytest.mark.parametrize(
    ("name", "command", "green"),
    [
        ("plan", "plan --detailed-exitcode", {0, 2}),
        ("apply", "apply --auto-approve", {0}),
        ("drift", "drift", {0}),
    ],
)
@pytest.mark.parametrize("code", [0, 1, 2, 3, 5, 64])
def test_exit_codes_decide_and_the_result_is_shown(
    name: str, command: str, green: set[int], code: int, tmp_path: Path
) -> None:
    ended, calls, summary = run_script(name, code, tmp_path)
    assert ended == (0 if code in green else code)
    assert calls == command
    assert summary == "``````text\nresult\n\n``````\n"


# --- documented commands ---------------------------------------------------------------------


def commands_of(script: str) -> Iterator[list[str]]:
    """Every call of our command in a shell script: the words after its name."""
    for line in script.replace("\\\n", " ").splitlines():
        for part in re.split(r"\|\|?|&&|;|\s#\s", line.strip().removeprefix("$ ")):
            try:
                words = shlex.split(re.sub(r"\d?>\S*\s*\S*", "", part))
            except ValueError:
                continue  # the first half of a quoted text that goes over several lines
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                words = words[1:]
            if words and Path(words[0]).name == "reconciler":
                yield words[1:]


def documented() -> Iterator[tuple[str, list[str]]]:
    """Every call in a workflow or in a fenced block of a page, with where it stands."""
    for path in WORKFLOWS:
        for step in steps(path.stem):
            for words in commands_of(step.get("run", "")):
                yield path.name, words
    for page in PAGES:
        text = page.read_text(encoding="utf-8") if page.exists() else ""
        for block in re.findall(r"^```(?:console|sh|bash|shell)\n(.*?)^```", text, re.M | re.S):
            for words in commands_of(block):
                yield page.name, words


def test_the_workflows_call_what_this_tests_read() -> None:
    assert {words[0] for place, words in documented() if place.endswith(".yml")} >= {*FOR_USERS}


@pytest.mark.parametrize("call", list(documented()), ids=lambda call: " ".join([call[0], *call[1]]))
def test_a_documented_call_is_one_that_the_command_knows(call: tuple[str, list[str]]) -> None:
    words = call[1]
    known = {option for parameter in cli.params for option in parameter.opts} | {"--help"}
    name = next((word for word in words if word in ENTRIES), None)
    if name:
        command = cli.get_command(click.Context(cli), name)
        parameters = command.params if command else []
        known |= {each for one in parameters for each in [*one.opts, *one.secondary_opts]}
    options = {word.split("=")[0] for word in words if word.startswith("-")}
    assert options <= known, f"unknown option of {name}: {sorted(options - known)}"
    assert name or not [word for word in words if not word.startswith("-")]
