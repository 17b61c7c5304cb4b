"""A saved plan as a file and as a promise: what it is bound to, who may read it, how often it is
used, and what happens to an edit that is made while it is carried out.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.scenarios.scenario import HERE
from tests.support.faulty_transport import Killed
from tests.support.hooked_transport import HookedWire
from tests.support.sandbox import HOST, TOKEN, Done, Stage

APPLY = ("-q", "apply", "plan.json", "--auto-approve", "--parallelism", "1")
PROJECT = """\
apiVersion: reconciler/v1
kind: Project
metadata: {name: NAME}
spec:
  targets: {prod: {}, staging: {}}
"""


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """An applied project whose two objects are to be edited."""
    folder = tmp_path / "project"
    shutil.copytree(HERE / "bases" / "churn", folder)
    on = Stage(folder)
    assert on.run("-q", "apply", "--auto-approve").code == 0
    return on


def edit(folder: Path) -> None:
    """A change of settings of both objects, and of the model's files."""
    for path in folder.glob("*.yaml"):
        text = path.read_text()
        text = text.replace("name: Churn", "name: Leavers").replace("Python 3.11", "Python Three")
        path.write_text(text)
    (folder / "model" / "custom.py").write_text("# another\n")


def saved(stage: Stage, *more: str) -> dict[str, Any]:
    """The plan of the edit, saved."""
    edit(stage.folder)
    assert stage.run("-q", "plan", "--out", "plan.json", *more).code == 0
    data: dict[str, Any] = json.loads((stage.folder / "plan.json").read_text())
    return data


def refused(stage: Stage, told: str, *more: str) -> Done:
    """The apply of the plan ends with 4 and this reason, and nothing was written."""
    done = stage.run(*APPLY, *more)
    assert done.code == 4, done.out + done.err
    assert told in done.err
    assert done.writes == []
    return done


def identity(stage: Stage, kind: str) -> str:
    """The id of the only object of ours of this kind."""
    state = stage.control("GET", "state")
    if kind == "CustomModel":
        return str(state["models"][0]["id"])
    marked = [doc for doc in state["environments"] if "[reconciler" in doc["description"]]
    return str(marked[0]["id"])


# -- the file --------------------------------------------------------------------------------


def test_only_its_owner_can_read_it_and_it_holds_no_secret(stage: Stage) -> None:
    (stage.folder / "plan.json").write_text("of somebody else")
    (stage.folder / "plan.json").chmod(0o666)
    stage.env["AWS_SECRET_ACCESS_KEY"] = "canary-variable-77"
    saved(stage)
    path = stage.folder / "plan.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert TOKEN not in path.read_text()
    assert "canary-variable-77" not in path.read_text()
    assert [each.name for each in stage.folder.glob(".plan*")] == []


def test_the_same_plan_is_the_same_bytes(stage: Stage) -> None:
    saved(stage)
    first = (stage.folder / "plan.json").read_bytes()
    saved(stage)
    assert (stage.folder / "plan.json").read_bytes() == first


def test_a_line_end_of_another_system_is_a_change(stage: Stage) -> None:
    saved(stage)
    path = stage.folder / "plan.json"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    refused(stage, "was changed after it was made")


def test_a_plan_with_errors_is_shown_and_never_applied(stage: Stage) -> None:
    edit(stage.folder)
    churn = stage.folder / "churn.yaml"
    churn.write_text(churn.read_text().replace("targetType: Binary", "targetType: Regression"))
    assert stage.run("-q", "plan", "--out", "plan.json").code == 1
    shown = stage.run("show", "plan.json")
    assert shown.code == 0
    assert "targetType" in shown.out
    refused(stage, "this plan has errors")


# -- what it is bound to ---------------------------------------------------------------------


def other_project(stage: Stage) -> None:
    named = stage.folder / "reconciler.yaml"
    named.write_text(PROJECT.replace("NAME", "another"))


def other_endpoint(stage: Stage) -> None:
    stage.env["DATAROBOT_ENDPOINT"] = f"{HOST}:80/api/v2"


def other_settings(stage: Stage) -> None:
    path = stage.folder / "churn.yaml"
    path.write_text(path.read_text().replace("Leavers", "Stayers"))


def other_files(stage: Stage) -> None:
    (stage.folder / "model" / "custom.py").write_text("# not reviewed\n")


def one_manifest_more(stage: Stage) -> None:
    text = (stage.folder / "churn.yaml").read_text()
    (stage.folder / "more.yaml").write_text(
        text.replace("{name: churn}", "{name: more}").replace("Leavers", "More")
    )


@pytest.mark.parametrize(
    "change", [other_project, other_endpoint, other_settings, other_files, one_manifest_more]
)
def test_a_plan_of_something_else_is_refused(stage: Stage, change: Callable[..., None]) -> None:
    saved(stage)
    change(stage)
    refused(stage, "the plan was made for")


def test_a_plan_of_another_target_is_refused(stage: Stage) -> None:
    (stage.folder / "reconciler.yaml").write_text(PROJECT.replace("NAME", "fraud"))
    for name in ("churn.yaml", "py311.yaml"):
        for path in stage.folder.glob(name):
            path.write_text(path.read_text().replace("  name: ", "  name: T "))
    assert saved(stage, "--target", "prod")["target"] == "prod"
    refused(stage, "'prod', not 'staging'", "--target", "staging")
    assert stage.run(*APPLY).code == 0, "its own target needs no option"


def test_spelling_and_order_of_the_manifests_are_not_what_it_is_bound_to(stage: Stage) -> None:
    saved(stage)
    path = stage.folder / "churn.yaml"
    path.rename(stage.folder / "renamed.yaml")
    assert stage.run(*APPLY).code == 0


# -- single use ------------------------------------------------------------------------------


def test_a_plan_is_used_once(stage: Stage) -> None:
    saved(stage)
    assert stage.run(*APPLY).code == 0
    refused(stage, "this plan was applied before")
    assert stage.run("show", "plan.json").code == 0


@pytest.mark.parametrize("write", [1, 2, 3])
def test_a_plan_whose_apply_was_killed_is_used_up(stage: Stage, write: int) -> None:
    saved(stage)
    inner = stage.wire

    def kill() -> None:
        raise Killed

    stage.wire = HookedWire(inner, write, kill)  # type: ignore[assignment]
    with pytest.raises(Killed):
        stage.run(*APPLY)
    stage.wire = inner
    refused(stage, "this plan was applied before")
    assert stage.run("-q", "apply", "--auto-approve").code == 0
    assert stage.run("plan", "--detailed-exitcode").code == 0


def test_a_plan_that_was_not_agreed_to_is_not_used_up(stage: Stage) -> None:
    saved(stage)
    assert stage.run("-q", "apply", "plan.json", keys="n\n").code == 1
    assert stage.run("-q", "apply", "plan.json", keys="y\n").code == 0


def test_a_copy_of_a_used_plan_is_refused_by_what_it_did(stage: Stage) -> None:
    saved(stage)
    before = (stage.folder / "plan.json").read_bytes()
    assert stage.run(*APPLY).code == 0
    (stage.folder / "plan.json").write_bytes(before)
    refused(stage, "since the plan was made")


def git(folder: Path, *arguments: str) -> None:
    """One git command, as somebody."""
    who = ("-c", "user.name=ann", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def head(folder: Path) -> str:
    """The hash of the commit that is checked out."""
    words = ["git", "rev-parse", "HEAD"]
    return subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True).stdout[:40]


def test_a_plan_in_a_checkout_is_applied_from_there_and_after_the_merge(stage: Stage) -> None:
    """A squash makes another commit of the same files, and that one is recorded.

    The plan's own file is new in the checkout and takes nothing from it.
    """
    edit(stage.folder)
    git(stage.folder, "init", "-q", "-b", "change")
    git(stage.folder, "add", "-A", ":!.locks")
    git(stage.folder, "commit", "-q", "-m", "the change")
    (stage.folder / ".git" / "info" / "exclude").write_text(".locks/\n")
    assert stage.run("-q", "plan", "--out", "plan.json").code == 0
    data = json.loads((stage.folder / "plan.json").read_text())
    reviewed = data["commit"]
    assert reviewed == head(stage.folder)
    git(stage.folder, "commit", "-q", "--amend", "-m", "the squash")
    merged = head(stage.folder)
    assert merged != reviewed
    (stage.folder / "report.json").write_text("of an earlier run")
    done = stage.run(*APPLY, "--report", "report.json")
    assert done.code == 0, done.out + done.err
    made = stage.control("GET", "state")["modelVersions"][-1]
    assert made["gitModelVersion"]["mainBranchCommitSha"] == merged
    assert made["gitModelVersion"]["refName"] == "change"
    assert stage.run("plan", "--detailed-exitcode").code == 0
    # The recorded commit is known here, so that an older one does not overwrite it.
    (stage.folder / "plan.json").unlink()
    (stage.folder / "report.json").unlink()
    (stage.folder / "model" / "custom.py").write_text("# newer\n")
    git(stage.folder, "commit", "-q", "-am", "newer")
    assert stage.run("-q", "apply", "--auto-approve").code == 0
    git(stage.folder, "checkout", "-q", "HEAD~1")
    assert stage.run("-q", "plan", "--out", "plan.json").code == 3
    assert stage.run("-q", "plan", "--out", "plan.json", "--allow-rollback").code == 0
    refused(stage, "the current plan cannot be applied: ")
    assert stage.run(*APPLY, "--allow-rollback").code == 0


def test_a_plan_of_a_part_is_applied_to_that_part(stage: Stage) -> None:
    edit(stage.folder)
    assert stage.run("-q", "plan", "py311.yaml", "--out", "tfplan").code == 0
    assert stage.run("show", "tfplan").code == 0
    done = stage.run("-q", "apply", "tfplan", "--auto-approve")
    assert done.code == 0, done.out + done.err
    assert {entry["path"].split("/")[3] for entry in done.writes} == {"executionEnvironments"}
    for more in (("--prune",), ("--select", "CustomModel/churn")):
        assert stage.run("-q", "apply", "tfplan", "--auto-approve", *more).code == 64


# -- while it is carried out -----------------------------------------------------------------


def test_an_edit_during_the_apply_is_a_conflict_of_that_step_only(stage: Stage) -> None:
    saved(stage)
    model, environment = identity(stage, "CustomModel"), identity(stage, "ExecutionEnvironment")

    def somebody() -> None:
        body = {"predictionThreshold": 0.9}
        stage.by_hand("PATCH", f"customModels/{model}/", json=body).raise_for_status()

    inner = stage.wire
    stage.wire = HookedWire(inner, 1, somebody)  # type: ignore[assignment]
    done = stage.run(*APPLY, "--report", "report.json")
    stage.wire = inner
    assert done.code == 5, done.out + done.err
    assert [entry["path"] for entry in done.writes if environment in entry["path"]]
    assert [entry for entry in done.writes if f"/{model}/" in entry["path"]][1:] == []
    steps = json.loads((stage.folder / "report.json").read_text())["steps"]
    states = {step["id"]: step["state"] for step in steps}
    assert states["ExecutionEnvironment/py311"] == "done"
    (failed,) = [step for step in steps if step["state"] == "failed"]
    assert failed["address"] == "CustomModel/churn"
    assert "object.predictionThreshold: reviewed 0.5, found 0.9" in failed["error"]
    assert failed["doneCalls"] == 0
    refused(stage, "this plan was applied before")


def test_an_edit_while_a_build_is_waited_for_is_a_conflict_of_what_follows(stage: Stage) -> None:
    """A wait takes minutes: what others set meanwhile must not pass as what our step did."""
    path = stage.folder / "py311.yaml"
    users = "[{username: ben@example.com, role: CONSUMER}]"
    path.write_text(path.read_text() + f"  sharing: {{mode: additive, users: {users}}}\n")
    (stage.folder / "py311" / "Dockerfile").write_text("FROM python:3.11-slim\n# again\n")
    assert stage.run("-q", "plan", "--out", "plan.json").code == 0
    environment = identity(stage, "ExecutionEnvironment")

    def polls(request: httpx.Request) -> bool:
        return re.search(r"/versions/[0-9a-f]+/$", request.url.path) is not None

    def somebody() -> None:
        body = {"name": "By hand"}
        stage.by_hand("PATCH", f"executionEnvironments/{environment}/", json=body)

    inner = stage.wire
    stage.wire = HookedWire(inner, 1, somebody, polls)  # type: ignore[assignment]
    done = stage.run(*APPLY, "--report", "report.json")
    stage.wire = inner
    assert done.code == 5, done.out + done.err
    steps = json.loads((stage.folder / "report.json").read_text())["steps"]
    told = {step["id"]: (step["state"], step.get("error", "")) for step in steps}
    assert told["ExecutionEnvironment/py311#version"][0] == "done"
    state, error = told["ExecutionEnvironment/py311#sharing"]
    assert state == "failed"
    assert 'found "By hand"' in error


def test_what_our_own_job_sets_is_no_conflict(tmp_path: Path) -> None:
    stage = Stage(Path(shutil.copytree(HERE / "bases" / "churn", tmp_path / "project")), job_time=9)
    data = tmp_path / "customers.csv"
    data.write_text("tenure,churned\n12,yes\n3,no\n")
    dataset = stage.upload(data)
    stage.clock.sleep(60)
    assert stage.run("-q", "apply", "--auto-approve").code == 0
    churn = stage.folder / "churn.yaml"
    trained = f"    trainingData: {{datasetId: {dataset}}}\n    files:"
    users = "  sharing: {mode: additive, users: [{username: ann@example.com, role: CONSUMER}]}\n"
    churn.write_text(churn.read_text().replace("    files:", trained) + users)
    assert stage.run("-q", "plan", "--out", "plan.json").code == 0
    done = stage.run(*APPLY)
    assert done.code == 0, done.out


def test_every_step_of_an_object_looks_at_it_once_more(stage: Stage) -> None:
    data = saved(stage)
    steps = [step for step in data["steps"] if step["address"] == "CustomModel/churn"]
    model = identity(stage, "CustomModel")
    looks: list[str] = []

    def look(request: Any) -> bool:
        if request.method == "GET" and request.url.path.endswith(f"/customModels/{model}/"):
            looks.append("look")
        return False

    inner = stage.wire
    stage.wire = HookedWire(inner, 1, looks.clear, look)  # type: ignore[assignment]
    assert stage.run(*APPLY).code == 0
    assert len(looks) >= 1 + 2 * len(steps), "once when confirmed, before and after each step"


def test_our_own_steps_are_no_conflict(stage: Stage) -> None:
    data = saved(stage)
    assert len([step for step in data["steps"] if step["address"] == "CustomModel/churn"]) > 1
    assert stage.run(*APPLY).code == 0
    assert stage.run("plan", "--detailed-exitcode").code == 0
