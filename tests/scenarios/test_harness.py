"""The harness can fail: on other output, other requests, and on every invariant."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.scenarios.invariants import check
from tests.scenarios.names import Names
from tests.scenarios.requests import request_lines
from tests.scenarios.scenario import HERE, OUTPUT, REQUESTS, SCRIPT, Player, play
from tests.scenarios.test_scenarios import compare
from tests.support.sandbox import HOST, TOKEN, Done, Stage

PLAN = "base churn\n$ reconciler plan\n"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A scenario whose expected files are right."""
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / SCRIPT).write_text(PLAN)
    compare(folder, tmp_path / "first", update=True)
    return folder


def script(folder: Path, *lines: str) -> Path:
    """A scenario with this script and nothing else."""
    folder.mkdir()
    (folder / SCRIPT).write_text("\n".join(lines))
    return folder


@pytest.mark.parametrize(("name", "old"), [(OUTPUT, "2 create"), (REQUESTS, "GET customModels/")])
def test_another_expectation_fails_with_a_diff(
    small: Path, tmp_path: Path, name: str, old: str
) -> None:
    expected = small / name
    expected.write_text(expected.read_text().replace(old, "something else"))
    with pytest.raises(pytest.fail.Exception, match=r"something else[\s\S]*--update"):
        compare(small, tmp_path / "second", update=False)


def test_a_scenario_without_expectations_fails(small: Path, tmp_path: Path) -> None:
    (small / OUTPUT).unlink()
    with pytest.raises(pytest.fail.Exception, match=r"\+\$ reconciler plan"):
        compare(small, tmp_path / "second", update=False)


def test_no_folder_is_left_out_for_want_of_a_script() -> None:
    topics = [path for path in HERE.iterdir() if path.is_dir() and path.name[0].islower()]
    without = {
        folder.relative_to(HERE).as_posix()
        for topic in topics
        if not (topic / SCRIPT).exists()
        for folder in topic.iterdir()
        if not (folder / SCRIPT).exists()
    }
    assert without == {f"bases/{base.name}" for base in (HERE / "bases").iterdir()}


def test_the_same_scenario_passes_again(small: Path, tmp_path: Path) -> None:
    compare(small, tmp_path / "second", update=False)


def test_update_writes_what_happens(small: Path, tmp_path: Path) -> None:
    right = (small / OUTPUT).read_text()
    (small / OUTPUT).write_text("nonsense")
    compare(small, tmp_path / "second", update=True)
    assert (small / OUTPUT).read_text() == right


@pytest.mark.parametrize(
    "line",
    [
        "dance",
        "$ rm -r x",
        "edit churn.yaml s/not in it/x/",
        "setup reconciler plan --no-such-option",
        "http GET customModels/{CustomModel/unheard-of}/",
    ],
)
def test_a_line_that_means_nothing_fails(tmp_path: Path, line: str) -> None:
    with pytest.raises((AssertionError, KeyError)):
        play(script(tmp_path / "bad", "base churn", line), tmp_path / "project")


@pytest.mark.parametrize(
    ("path", "why"), [("nowhere/", "no operation"), ("customModels/?a=1", "undeclared")]
)
def test_a_request_beyond_the_contract_fails(tmp_path: Path, path: str, why: str) -> None:
    player = Player(tmp_path)
    player.stage.run("plan")
    player.finish()
    with httpx.Client(transport=player.stage.wire, base_url=HOST) as client:
        client.get(f"/api/v2/{path}")
    with pytest.raises(AssertionError, match=why):
        player.finish()


def done(*arguments: str, code: int = 0, out: str = "{}", log: tuple = ()) -> Done:
    """A command that ended like this."""
    return Done(arguments, code, out, "", log)


WRITE = {"method": "POST", "path": "/api/v2/customModels/", "status": 201}
READ = {"method": "GET", "path": "/api/v2/customModels/", "status": 200}
DELETES = tuple(
    {"method": "DELETE", "path": f"/api/v2/{kind}/1/", "status": 204}
    for kind in ("executionEnvironments", "customModels")
)


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (done("plan", log=(WRITE,)), "wrote"),
        (done("--project-dir", ".", "drift", log=(WRITE,)), "wrote"),
        (done("validate", log=(READ,)), "sent requests"),
        (done("plan", out=f"the token is {TOKEN}"), "the token stands in"),
        (done("plan", code=7), "means nothing"),
        (done("plan", out="unexpected KeyError"), "a defect showed"),
        (done("plan", "--format", "json", out="[]"), "--format json"),
        (done("apply", code=5, log=DELETES), "deleted before models"),
    ],
)
def test_a_broken_promise_is_seen(tmp_path: Path, broken: Done, why: str) -> None:
    with pytest.raises(AssertionError, match=why):
        check(Stage(tmp_path), broken)


def test_a_token_in_a_written_file_is_seen(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(TOKEN)
    with pytest.raises(AssertionError, match=r"report\.json"):
        check(Stage(tmp_path), done("plan"))


def test_an_apply_that_leaves_something_to_do_is_seen(tmp_path: Path) -> None:
    play(script(tmp_path / "some", "base churn"), tmp_path / "project")
    with pytest.raises(AssertionError, match="not settled"):
        check(Stage(tmp_path / "project"), done("apply", "--report", "x.json", "--prune"))


def test_ids_have_names_whatever_their_order() -> None:
    names = Names()
    twice = [{"id": f"{n:024x}", "name": "Same", "description": ""} for n in (1, 2)]
    owned = {"id": f"{3:024x}", "name": "Other", "userProvidedId": "fraud/prod/churn"}
    names.learn({"environments": twice, "models": [owned]})
    text = " ".join(f"{n:024x}" for n in range(1, 5))
    shown = "{ExecutionEnvironment/Same} {ExecutionEnvironment/Same#2} {CustomModel/churn}"
    assert names.hide(text) == f"{shown} {4:024x}"
    assert names.fill(shown) == " ".join(f"{n:024x}" for n in range(1, 4))


def test_requests_of_parallel_steps_are_told_object_by_object() -> None:
    names = Names()
    ids = {kind: f"{n:024x}" for n, kind in enumerate(("models", "environments"), 1)}
    names.learn({kind: [{"id": ids[kind], "name": "it"}] for kind in ids})
    log = [
        {"method": "PATCH", "path": f"/api/v2/customModels/{ids['models']}/", "status": 200},
        {**READ, "status": None, "fault": "drop"},
        {**WRITE, "path": "/api/v2/executionEnvironments/", "status": 422, "body": {"name": "it"}},
        READ,
        READ,
    ]
    assert request_lines(log, names) == [
        "GET customModels/ x2",
        "GET customModels/ -> drop",
        'POST executionEnvironments/ {"name": "it"} -> 422',
        "PATCH customModels/{CustomModel/it}/",
    ]
