"""Two applies of one project at the same time: the lock lets one in; without a lock the platform's
own rules keep models single, and what no rule keeps single is never silently picked from.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from reconciler.errors import LiveStateError
from reconciler.flow import apply_plan, make_plan
from reconciler.providers.all import KINDS, open_provider
from reconciler.session import Registry, RunOptions, Session
from tests.scenarios.scenario import HERE
from tests.support.final_state import final_state
from tests.support.hooked_transport import HookedWire
from tests.support.processes import ended, site, until
from tests.support.sandbox import Done, Stage, declare

APPLY = ("apply", "--auto-approve")
MODELS = """\
apiVersion: reconciler/v1
kind: CustomModel
metadata: {name: NAME}
spec:
  description: made once
  targetType: Unstructured
  version: {environment: {name: "[DataRobot] Python 3.11 Scikit-Learn"}, files: {root: ./code}}
  sharing: {mode: additive, users: [{username: ann@example.com, role: CONSUMER}]}
---
"""


def models_only(folder: Path) -> Path:
    """Three models on an environment of the platform."""
    (folder / "code").mkdir(parents=True)
    (folder / "code" / "custom.py").write_text("def score_unstructured(model, data):\n    ...\n")
    (folder / "all.yaml").write_text("".join(MODELS.replace("NAME", name) for name in "abc"))
    return declare(folder)


def test_the_second_is_told_who_has_the_lock_and_converges_later(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(HERE / "bases" / "churn", tmp_path / "project"))
    with site(folder) as on:
        on.hold("POST", "customModels/$")
        first = on.start(*APPLY)
        until(on.held, first)
        code, out, err = on.finish(*APPLY)
        assert code == 1, out + err
        told = re.search(r"fraud is being applied by \S+, process (\d+), since (\S+ \S+ UTC)", err)
        assert told, err
        assert int(told[1]) == first.pid
        on.go.set()
        assert ended(first)[0] == 0
        code, out, err = on.finish(*APPLY)
        assert (code, "No changes" in out) == (0, True), out + err
        assert len(on.state("models")) == 1


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(HERE / "bases" / "churn", tmp_path / "project"))
    with site(folder) as on:
        on.hold("POST", "customModels/$")
        first = on.start(*APPLY)
        until(on.held, first)
        first.kill()
        ended(first)
        on.go.set()
        until(lambda: len(on.state("models")) == 1)
        assert on.finish(*APPLY)[0] == 0
        assert len(on.state("models")) == 1


def test_without_a_common_lock_two_processes_make_no_model_twice(tmp_path: Path) -> None:
    folder = models_only(tmp_path / "project")
    with site(folder, users=("ann@example.com",)) as on:
        on.hold("POST", "customModels/$")
        first = on.start(*APPLY, tmp="one")
        until(on.held, first)
        second = on.start(*APPLY, tmp="two")
        # The one that is held makes its models after the other one did.
        on_time = ended(second)
        on.go.set()
        late = ended(first)
        assert {on_time[0], late[0]} <= {0, 5}, on_time[1] + late[1]
        code, out, err = on.finish(*APPLY)
        assert code == 0, out + err
        names = sorted(model["name"] for model in on.state("models"))
        assert names == ["a", "b", "c"]
        assert on.finish("plan", "--detailed-exitcode")[0] == 0


def test_an_apply_of_a_part_is_kept_out_as_well(tmp_path: Path) -> None:
    """It uses fewer platforms than the whole project."""
    for base in ("churn", "runs"):
        shutil.copytree(HERE / "bases" / base, tmp_path / "project", dirs_exist_ok=True)
    stage = Stage(tmp_path / "project")
    tools = Registry(
        KINDS, lambda name, given: open_provider(name, given, stage._outside()), tmp_path / "locks"
    )
    part = RunOptions(stage.folder, select=("CustomModel/churn",), env=stage.env)
    with (
        Session(RunOptions(stage.folder, env=stage.env), tools) as whole,
        Session(part, tools) as some,
    ):
        for first, second in ((whole, some), (some, whole)):
            with first.lock(), pytest.raises(LiveStateError, match="is being applied"):
                second.lock().__enter__()


def runs_project(stage: Stage) -> None:
    """A run that depends on the model, both applied an hour ago."""
    shutil.copytree(HERE / "bases" / "runs", stage.folder, dirs_exist_ok=True)
    features = stage.folder / "features.yaml"
    needs = features.read_text().replace("spec:", "dependsOn: [CustomModel/churn]\nspec:")
    features.write_text(needs)
    assert stage.run("-q", *APPLY).code == 0
    stage.clock.sleep(3600)


def by_hand(stage: Stage) -> str:
    """Somebody starts the same run."""
    names = ["stg_customers", "int_orders", "fct_churn"]
    body = {"project_name": "analytics", "model_names": names}
    made: str = stage.by_hand("POST", "/v1/model-runs", json=body).json()["id"]
    return made


def test_a_run_that_began_before_our_own_change_is_not_enough(tmp_path: Path) -> None:
    stage = Stage(Path(shutil.copytree(HERE / "bases" / "churn", tmp_path / "project")))
    runs_project(stage)
    (stage.folder / "model" / "custom.py").write_text("# new\n")
    inner = stage.wire

    def somebody() -> None:
        stage.wire = inner
        by_hand(stage)
        stage.clock.sleep(5)

    stage.wire = HookedWire(inner, 1, somebody)  # type: ignore[assignment]
    assert stage.run("-q", *APPLY).code == 0
    stage.wire = inner
    assert stage.run("plan", "--detailed-exitcode").code == 0
    assert len(stage.by_hand("GET", "/v1/model-runs").json()["data"]) == 3


def test_the_run_of_somebody_else_is_not_cancelled_with_ours(tmp_path: Path) -> None:
    stage = Stage(Path(shutil.copytree(HERE / "bases" / "runs", tmp_path / "project")), job_time=99)
    tools = Registry(KINDS, lambda name, given: open_provider(name, given, stage._outside()))
    stop = Event()
    with Session(RunOptions(stage.folder, env=stage.env), tools) as session:
        current = make_plan(session)
        theirs = by_hand(stage)
        report = apply_plan(session, current, lambda step, event: stop.set(), stop)
    (result,) = report.results
    assert result.state in ("failed", "notReached")
    (run,) = stage.by_hand("GET", "/v1/model-runs").json()["data"]
    assert (run["id"], run["status"]) == (theirs, "PENDING")


# -- one whole apply right before any write of another one -----------------------------------


def whole_apply(stage: Stage) -> None:
    """An apply by somebody with the same project and no common lock."""
    tools = Registry(KINDS, lambda name, given: open_provider(name, given, stage._outside()))
    with Session(RunOptions(stage.folder, parallelism=1, env=stage.env), tools) as session:
        apply_plan(session, make_plan(session), lambda step, event: None)


def undisturbed(folder: Path) -> tuple[int, dict[str, list[str]]]:
    """How many writes one apply takes, and where it ends."""
    stage = Stage(models_only(folder))
    done = stage.run("-q", *APPLY, "--parallelism", "1")
    assert done.code == 0
    return len(done.writes), final_state(stage)


def content_of(version: str) -> str:
    """What a version holds, without its number."""
    return json.dumps([item["filePath"] for item in json.loads(version)["items"]])


def test_a_second_apply_at_any_write_ends_as_one(tmp_path: Path) -> None:
    writes, wanted = undisturbed(tmp_path / "calm")
    for at in range(1, writes + 1):
        stage = Stage(models_only(tmp_path / str(at)))
        inner = stage.wire

        def other(stage: Stage = stage, inner: object = inner) -> None:
            stage.wire = inner  # type: ignore[assignment]
            whole_apply(stage)

        stage.wire = HookedWire(inner, at, other)  # type: ignore[assignment]
        first = stage.run("-q", *APPLY, "--parallelism", "1")
        stage.wire = inner
        assert first.code in (0, 5), f"write {at}: {first.out}"
        again = stage.run("-q", *APPLY)
        assert again.code == 0, f"write {at}: {again.out}"
        found = final_state(stage)
        assert found["models"] == wanted["models"], f"write {at}"
        # A version can be there twice, with the same content: nothing on the platform forbids it.
        assert set(map(content_of, found["modelVersions"])) == set(
            map(content_of, wanted["modelVersions"])
        )
        assert stage.run("plan", "--detailed-exitcode").code == 0


def beside(folder: Path, at: int, edit: Callable[[], None] | None = None) -> tuple[Stage, Done]:
    """An apply of the base project, and a whole one of somebody before its ``at``-th write."""
    shutil.copytree(HERE / "bases" / "churn", folder)
    stage = Stage(folder)
    if edit:
        assert stage.run("-q", *APPLY).code == 0
        edit()
    inner = stage.wire

    def other() -> None:
        stage.wire = inner
        whole_apply(stage)

    stage.wire = HookedWire(inner, at, other)  # type: ignore[assignment]
    done = stage.run("-q", *APPLY, "--parallelism", "1")
    stage.wire = inner
    return stage, done


def test_of_two_environments_made_at_once_the_later_is_taken_back(tmp_path: Path) -> None:
    """No field of an environment is unique, so that two creates at one moment make two of them."""
    stage, done = beside(tmp_path / "project", 1)
    assert done.code == 5
    assert "at the same moment" in done.out
    environments = stage.control("GET", "state")["environments"]
    marked = [each for each in environments if "[rec" in each["description"]]
    assert [each["deleted"] for each in marked] == [False, True]
    assert all(each["id"] in done.out for each in marked)
    again = stage.run("-q", *APPLY)
    assert (again.code, again.writes) == (0, [])
    assert stage.run("plan", "--detailed-exitcode").code == 0


def test_a_version_that_came_since_the_plan_is_not_made_again(tmp_path: Path) -> None:
    """The run that comes second would send the same files once more, on top of the same ones."""
    folder = tmp_path / "project"

    def edit() -> None:
        churn = folder / "churn.yaml"
        churn.write_text(churn.read_text().replace("name: Churn", "name: Leavers"))
        (folder / "model" / "custom.py").write_text("# another\n")

    # The first write is the new name; the second would be the version.
    stage, done = beside(folder, 1, edit)
    assert done.code == 5
    assert "was made since the plan was made" in done.out
    assert len(stage.control("GET", "state")["modelVersions"]) == 2
    assert stage.run("plan", "--detailed-exitcode").code == 0


def test_another_scope_is_no_reason_to_wait(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(HERE / "bases" / "churn", tmp_path / "project"))
    with site(folder) as on:
        on.hold("POST", "customModels/$")
        first = on.start(*APPLY)
        until(on.held, first)
        for path in folder.glob("*.yaml"):
            text = path.read_text().replace("name: fraud", "name: other")
            path.write_text(text.replace("  name: ", "  name: O "))
        code, out, err = on.finish(*APPLY)
        assert code == 0, out + err
        on.go.set()
        assert ended(first)[0] == 0
