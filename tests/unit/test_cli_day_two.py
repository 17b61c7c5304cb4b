"""Looking after one live object: logs, history, cancel, download.

Cases: what is asked of the provider, forms of the answer, objects that are not there, nothing to
do, hostile answers.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.fleet_kinds import live
from tests.support.fleet_project import Harbour
from tests.unit.test_render_plain import harmless


@pytest.fixture
def harbour(tmp_path: Path) -> Harbour:
    """One ship is there."""
    return Harbour(tmp_path).has(live("Ship/argo"))


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ([], "build of argo-id, 100 lines\n"),
        (["--build", "--tail", "5"], "build of argo-id, 5 lines\n"),
        (["--test"], "test of argo-id, 100 lines\n"),
        (["--conversion"], "conversion of argo-id, 100 lines\n"),
    ],
)
def test_the_log_of_one_job_is_shown(harbour: Harbour, options: list[str], shown: str) -> None:
    ran = harbour.run("logs", "Ship/argo", *options)
    assert (ran.code, ran.out, ran.err) == (0, shown, "")


def test_the_history_is_a_table_or_json(harbour: Harbour) -> None:
    assert harbour.run("history", "Ship/argo").out == "VERSION  ID\n1.0      argo-id\n"
    told = harbour.run("history", "Ship/argo", "--format", "json").json
    versions = [{"version": "1.0", "id": "argo-id"}]
    assert told == {"address": "Ship/argo", "versions": versions, "problems": []}
    gone = harbour.run("history", "Ship/tern", "--format", "json")
    assert (gone.code, gone.json["versions"]) == (1, None)
    assert "Ship/tern is not live yet" in gone.json["problems"][0]["message"]


def test_running_jobs_are_stopped_and_named(harbour: Harbour) -> None:
    assert harbour.run("cancel", "Ship/argo").out == "nothing was running\n"
    harbour.providers["custom_models"].script["cancel argo-id"] = lambda: ["voyage 1", "test 2"]
    assert harbour.run("cancel", "Ship/argo").out == "stopped: voyage 1\nstopped: test 2\n"


def test_files_are_put_into_a_folder_and_named(harbour: Harbour, tmp_path: Path) -> None:
    target = tmp_path / "files"
    ran = harbour.run("download", "Ship/argo", "-o", str(target))
    assert ran.out == f"{target / 'a.txt'}\n"


@pytest.mark.parametrize("command", ["logs", "history", "cancel"])
def test_what_is_not_live_or_not_known_is_1(harbour: Harbour, command: str) -> None:
    gone = harbour.run(command, "Ship/tern")
    assert (gone.code, gone.out) == (1, "")
    assert "Ship/tern is not live yet" in gone.err
    unknown = harbour.run(command, "Ship/nobody")
    assert (unknown.code, unknown.out) == (1, "")
    assert "Ship/nobody" in unknown.err


@pytest.mark.parametrize("command", ["logs", "history", "cancel"])
def test_what_a_platform_answers_cannot_move_the_cursor(harbour: Harbour, command: str) -> None:
    harbour.has(live("Ship/argo", id="1\x1b[2J\u202e"))
    provider = harbour.providers["custom_models"]
    provider.script["cancel 1\x1b[2J\u202e"] = lambda: ["job \x1b[31m"]
    ran = harbour.run(command, "Ship/argo")
    assert ran.code == 0
    assert all(harmless(line) for line in ran.out.splitlines())
