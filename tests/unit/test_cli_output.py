"""What goes to standard output, to standard error and to files.

Cases: the result and nothing else, quiet runs, --output and --report, files that cannot be written,
hostile strings on standard error, one document in every format.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.errors import ApiError
from tests.support.fleet_kinds import live
from tests.support.fleet_project import FLEET, Harbour
from tests.unit.test_render_plain import harmless


def test_the_plan_goes_to_standard_output_and_nothing_else_does(tmp_path: Path) -> None:
    ran = Harbour(tmp_path).has().run("plan")
    assert ran.out.startswith("Plan for fleet\n")
    assert ran.out.endswith("Requests: 3 GET.\n")
    assert ran.err == ""


def test_progress_goes_to_standard_error(tmp_path: Path) -> None:
    ran = Harbour(tmp_path).has().run("apply", "--auto-approve", "--parallelism", "1")
    assert "Ship/tern: create ...\n" in ran.err
    assert "Dock/pier: drying goes on\n" in ran.err
    assert "Ship/argo#crew: done\n" in ran.err
    assert "drying goes on" not in ran.out
    assert ran.out.splitlines()[0] == "Plan for fleet"
    assert ran.out.splitlines()[-1].startswith("Applied: 4 done.")


def test_quiet_runs_say_nothing_but_the_result(tmp_path: Path) -> None:
    harbour = Harbour(tmp_path).has()
    assert harbour.run("-q", "apply", "--auto-approve").err == ""
    failed = Harbour(tmp_path).has(list_Ship=ApiError("no", "Look.")).run("-q", "plan")
    assert failed.err == "error: no\n  -> Look.\n"


def test_json_is_one_document_also_while_progress_is_told(tmp_path: Path) -> None:
    ran = Harbour(tmp_path).has().run("apply", "--auto-approve", "--format", "json")
    assert [step["state"] for step in ran.json["report"]["steps"]] == ["done"] * 4
    assert len(ran.json["plan"]["steps"]) == 4


@pytest.mark.parametrize(
    ("command", "form"),
    [("plan", form) for form in ("text", "json", "markdown", "html")]
    + [("drift", form) for form in ("text", "json", "markdown", "junit")],
)
def test_a_result_may_go_to_a_file_instead(tmp_path: Path, command: str, form: str) -> None:
    tern = live("Ship/tern", {"flag": "red"})
    shown = Harbour(tmp_path).has(tern).run(command, "--format", form)
    file = tmp_path / "result"
    written = Harbour(tmp_path).has(tern).run(command, "--format", form, "--output", str(file))
    assert written.out == ""
    assert written.code == shown.code
    assert file.read_text() == shown.out


def test_a_failed_run_writes_its_json_to_the_file_too(tmp_path: Path) -> None:
    harbour = Harbour(tmp_path).has(list_Ship=ApiError("no"))
    file = tmp_path / "plan.txt"
    ran = harbour.run("plan", "--format", "json", "--output", str(file))
    assert (ran.code, ran.out) == (1, "")
    assert json.loads(file.read_text())["problems"][0]["message"] == "no"


def test_the_report_of_an_apply_may_go_to_a_file_as_well(tmp_path: Path) -> None:
    file = tmp_path / "report.txt"
    ran = Harbour(tmp_path).has().run("apply", "--auto-approve", "--report", str(file))
    assert "Applied: 4 done." in ran.out
    report = json.loads(file.read_text())
    assert report["summary"] == {"done": 4, "failed": 0, "skipped": 0, "notReached": 0}
    assert report["requests"]["POST"] == 4


@pytest.mark.parametrize(
    "arguments",
    [
        ["plan", "--output"],
        ["plan", "--format", "json", "--output"],
        ["plan", "--out"],
        ["drift", "--output"],
        ["apply", "--auto-approve", "--report"],
    ],
)
@pytest.mark.parametrize("place", ["no/such/folder/file", "docks.yaml/file"])
def test_a_file_that_cannot_be_written_is_an_error_of_ours(
    tmp_path: Path, arguments: list[str], place: str
) -> None:
    ran = Harbour(tmp_path).has().run(*arguments, str(tmp_path / place))
    assert ran.code == 1
    assert ran.err.splitlines()[-2].startswith("error: cannot write")
    assert ran.err.splitlines()[-1].startswith("  -> ")


def test_a_report_that_cannot_be_written_is_told_before_anything_is_done(tmp_path: Path) -> None:
    harbour = Harbour(tmp_path).has()
    place = str(tmp_path / "nowhere" / "report.json")
    ran = harbour.run("apply", "--auto-approve", "--format", "json", "--report", place)
    assert ran.code == 1
    assert "cannot write" in ran.json["plan"]["problems"][0]["message"]
    assert not [line for line in harbour.log if line.startswith("make")]


def test_what_a_platform_says_cannot_move_the_cursor(tmp_path: Path) -> None:
    hostile = "no\x1b[2J\r\n::error::forged\u202e"
    ran = Harbour(tmp_path).has(list_Ship=ApiError(hostile, hostile)).run("plan")
    assert all(harmless(line) for line in ran.err.splitlines())
    assert len(ran.err.splitlines()) == 2
    failing = Harbour(tmp_path).has(make_Dock_pier=ApiError(hostile))
    failing.providers["custom_models"].script["make Dock/pier"] = ApiError(hostile)
    ran = failing.run("apply", "--auto-approve")
    assert all(harmless(line) for line in (ran.out + ran.err).splitlines())
    assert not any(line.startswith("::") for line in (ran.out + ran.err).splitlines())


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_validate_needs_no_setting_and_opens_no_provider(tmp_path: Path, form: str) -> None:
    harbour = Harbour(tmp_path)
    ran = harbour.run("validate", "--format", form, env={})
    assert (ran.code, ran.err, harbour.opened) == (0, "", [])
    if form == "text":
        assert ran.out == "3 resources, no problem\n"
    if form == "json":
        assert ran.json == {"valid": True, "resources": 3, "problems": []}
    if form == "sarif":
        assert ran.json["runs"][0]["results"] == []


def test_validate_counts_problems_and_shows_them_all(tmp_path: Path) -> None:
    files = {**FLEET, "ships/tern.yaml": "kind: Ship\nmetadata: {name: tern}\nspec: {flog: 1}\n"}
    files["docks.yaml"] = "kind: Dock\nmetadata: {name: pier}\nspec: {berths: many}\n"
    ran = Harbour(tmp_path, files).run("validate")
    assert ran.code == 1
    assert "docks.yaml:4:" in ran.out
    assert "tern.yaml:4:" in ran.out
    assert ran.out.splitlines()[-1] == "2 problems"


def test_the_drawing_needs_no_setting(tmp_path: Path) -> None:
    ran = Harbour(tmp_path).run("graph", env={})
    assert ran.code == 0
    assert "argo" in ran.out
    assert "pier" in ran.out
