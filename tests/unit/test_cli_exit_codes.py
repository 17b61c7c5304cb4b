"""Exit codes of every command, with complete JSON on each of them.

Cases: 0 and 2 for changes and drift, 1 for errors of every sort, 3 for policy and protection, 4 for
saved plans that no longer fit, 5 for what was applied in part, 64 for usage.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import ApiError, JobFailed
from tests.support.fleet_kinds import live
from tests.support.fleet_project import FLEET, Harbour

CLEAN = (
    live("Dock/pier", {"berths": 3}),
    live("Ship/argo", {"flag": "red", "crew": ["ann"]}),
    live("Ship/tern", {"flag": "blue"}),
)
CHANGED = (*CLEAN[:2], live("Ship/tern", {"flag": "green"}))
BROKEN = {**FLEET, "docks.yaml": "kind: Dock\nmetadata: {name: pier}\nspec: {berth: 3}\n"}
PLAN_KEYS = {
    "formatVersion", "project", "target", "endpoint", "commit", "digest", "summary", "steps",
    "untouched", "problems", "requests",
}  # fmt: skip


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["plan"], 0),
        (["plan", "--detailed-exitcode"], 0),
        (["drift"], 0),
        (["apply"], 0),
        (["apply", "--auto-approve"], 0),
        (["validate"], 0),
    ],
)
def test_nothing_to_do_is_0(tmp_path: Path, command: list[str], code: int) -> None:
    assert Harbour(tmp_path).has(*CLEAN).run(*command).code == code


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["plan"], 0),
        (["plan", "--detailed-exitcode"], 2),
        (["drift"], 2),
        (["apply", "--auto-approve"], 0),
    ],
)
@pytest.mark.parametrize("form", [[], ["--format", "json"]])
def test_changes_are_2_where_one_asks_for_them(
    tmp_path: Path, command: list[str], code: int, form: list[str]
) -> None:
    ran = Harbour(tmp_path).has(*CHANGED).run(*command, *form)
    assert ran.code == code
    assert ran.json if form else ran.out


@pytest.mark.parametrize("command", ["plan", "drift", "apply", "validate"])
def test_wrong_manifests_are_1_and_named(tmp_path: Path, command: str) -> None:
    harbour = Harbour(tmp_path, BROKEN).has()
    text = harbour.run(command)
    assert text.code == 1
    assert "docks.yaml:4:8" in text.out + text.err
    assert "berths" in text.out + text.err
    data = harbour.run(command, "--format", "json")
    assert data.code == 1
    held = data.json["plan"] if command == "apply" else data.json
    assert [problem["line"] for problem in held["problems"]] == [4]
    assert harbour.log == []


@pytest.mark.parametrize("command", ["plan", "drift", "apply"])
def test_a_platform_that_refuses_is_1_and_the_json_is_whole(tmp_path: Path, command: str) -> None:
    refused = ApiError("GET ships/ answered 403", "Ask for a role.", status=403)
    ran = Harbour(tmp_path).has(list_Ship=refused).run(command, "--format", "json")
    assert ran.code == 1
    held = ran.json["plan"] if command == "apply" else ran.json
    assert held["problems"][0]["message"] == "GET ships/ answered 403"
    assert "GET ships/ answered 403" in ran.err
    assert "Ask for a role." in ran.err


@pytest.mark.parametrize("command", ["plan", "drift", "apply"])
def test_a_missing_setting_is_1(tmp_path: Path, command: str) -> None:
    ran = Harbour(tmp_path).has().run(command, "--format", "json", env={})
    assert ran.code == 1
    held = ran.json["plan"] if command == "apply" else ran.json
    assert held["problems"][0]["code"] == "settings-error"
    assert "DATAROBOT_ENDPOINT" in ran.err


def test_a_problem_of_the_plan_is_1_and_the_rest_is_still_shown(tmp_path: Path) -> None:
    twins = [live("Ship/argo", id="1"), live("Ship/argo", id="2")]
    harbour = Harbour(tmp_path).has(*twins)
    for command in ("plan", "apply", "drift"):
        ran = harbour.run(command, "--format", "json")
        assert ran.code == 1
        held = ran.json["plan"] if command == "apply" else ran.json
        assert [problem["code"] for problem in held["problems"]] == ["ambiguous-identity"]
        if command == "plan":
            assert set(held) == PLAN_KEYS
            assert [step["id"] for step in held["steps"]] == ["Dock/pier", "Ship/tern"]
    assert not any(line.startswith("make") for line in harbour.log)


def test_a_defect_of_ours_is_1_and_one_line(tmp_path: Path) -> None:
    harbour = Harbour(tmp_path).has(list_Ship=KeyError("secret detail"))
    ran = harbour.run("plan")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error: unexpected KeyError\n  -> ")
    assert "secret detail" in harbour.run("-vv", "plan").err


@pytest.mark.parametrize(
    "arguments",
    [
        ["plan", "--no-such-option", "--format", "json"],
        ["drift", "--format=json", "--parallelism", "0"],
        ["apply", "--format", "json", "--report"],
        ["history", "--format", "json"],
        ["show", "--format", "json"],
    ],
)
def test_json_is_there_also_when_the_command_never_began(
    tmp_path: Path, arguments: list[str]
) -> None:
    ran = Harbour(tmp_path).has(*CLEAN).run(*arguments)
    assert ran.code == 64
    assert [problem["code"] for problem in ran.json["problems"]] == ["usage"]
    assert ran.err


def test_a_plan_file_that_is_none_is_told_in_json_too(tmp_path: Path) -> None:
    ran = Harbour(tmp_path).has(*CLEAN).run("show", "nothing.json", "--format", "json")
    assert ran.code == 4
    assert ran.json["problems"][0]["code"] == "stale-plan-error"


def test_policy_and_protection_are_3_and_nothing_is_sent(tmp_path: Path) -> None:
    harbour = Harbour(tmp_path).has(*CLEAN, live("Ship/old", protected=True))
    for command in (["plan", "--prune"], ["apply", "--prune", "--auto-approve"]):
        ran = harbour.run(*command)
        assert ran.code == 3
        assert "blocked: Ship/old" in ran.out
        data = harbour.run(*command, "--format", "json")
        assert data.code == 3
        assert data.json
    assert "remove old-id" not in harbour.log


def test_a_mass_delete_is_3_until_it_is_let_through(tmp_path: Path) -> None:
    harbour = Harbour(tmp_path).has(*CLEAN, live("Ship/a"), live("Ship/b"), live("Ship/c"))
    assert harbour.run("apply", "--prune", "--auto-approve").code == 3
    assert harbour.run("apply", "--prune", "--auto-approve", "--allow-mass-change").code == 0
    assert [line for line in harbour.log if line.startswith("remove")] == [
        "remove a-id", "remove b-id", "remove c-id",
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_was_applied_in_part_is_5(tmp_path: Path, form: str) -> None:
    sunk = JobFailed("the dock is cracked", "Mend it.", log="first\nlast")
    harbour = Harbour(tmp_path).has(wait_drying=sunk)
    ran = harbour.run("apply", "--auto-approve", "--format", form)
    assert ran.code == 5
    if form == "json":
        summary = ran.json["report"]["summary"]
        assert summary == {"done": 1, "failed": 1, "skipped": 2, "notReached": 0}
    else:
        assert "| last" in ran.out
        assert "skipped     Ship/argo (create) because Dock/pier failed" in ran.out


def test_a_saved_plan_that_no_longer_fits_is_4(tmp_path: Path) -> None:
    harbour = Harbour(tmp_path).has(*CHANGED)
    saved = str(tmp_path / "plan.json")
    assert harbour.run("plan", "--out", saved).code == 0
    (tmp_path / "docks.yaml").write_text(
        "apiVersion: reconciler/v1\nkind: Dock\nmetadata: {name: pier}\nspec: {berths: 4}\n"
    )
    ran = harbour.run("apply", saved, "--auto-approve", "--format", "json")
    assert ran.code == 4
    assert ran.json["plan"]["problems"][0]["code"] == "stale-plan-error"
    assert not any(line.startswith("change") for line in harbour.log)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", "no json", '{"formatVersion": 99}', "[" * 99999]
)
def test_what_is_no_saved_plan_is_4(tmp_path: Path, text: str) -> None:
    wrong = tmp_path / "plan.json"
    wrong.write_text(text)
    harbour = Harbour(tmp_path).has()
    for command in (["apply", "--auto-approve"], ["show"]):
        ran = harbour.run(*command, str(wrong))
        assert ran.code == 4
        assert ran.err.startswith("error: ")
    assert harbour.log == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["plan", "--no-such-option"],
        ["plan", "--format", "yaml"],
        ["plan", "--parallelism", "0"],
        ["plan", "--parallelism", "many"],
        ["plan", "--max-requests-per-second", "0"],
        ["drift", "--output"],
        ["logs"],
        ["show"],
    ],
)
def test_wrong_usage_is_64_and_leaves_standard_output_alone(
    tmp_path: Path, arguments: list[str]
) -> None:
    ran = Harbour(tmp_path).run(*arguments)
    assert (ran.code, ran.out) == (64, "")
    assert ran.err


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["plan", "-h"]])
def test_help_and_version_are_0(tmp_path: Path, arguments: list[str]) -> None:
    ran = Harbour(tmp_path).run(*arguments)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out
