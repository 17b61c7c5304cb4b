"""The invariant "what is sent is what the plan says" fails when either side is broken.

Cases: a row of the table of operations changes plan and request together; the sending side alone
has another method, path or body, sends twice or not at all; the planned side alone differs; what a
failed, skipped or interrupted step leaves out; conditions; values known later; forms; order.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.core.kind import Outputs
from reconciler.core.plan import Plan
from reconciler.core.report import Report, StepResult
from reconciler.core.resource import Address, Resource
from reconciler.core.step import Call, KnownAfter, KnownText, Step, Upload
from reconciler.providers.all import FAMILIES
from reconciler.providers.custom_models.client.operations import UPDATE_MODEL
from reconciler.providers.custom_models.provider import CustomModels
from tests.scenarios.invariants import check
from tests.scenarios.planned_calls import differences
from tests.scenarios.scenario import HERE
from tests.support.sandbox import Done, Stage, Tables

APPLY = ("apply", "--auto-approve")
Write = Mapping[str, Any]


def project(folder: Path) -> Stage:
    """The manifests of one model and its environment, and a platform without objects."""
    shutil.copytree(HERE / "bases" / "churn", folder, dirs_exist_ok=True)
    return Stage(folder)


def renamed(stage: Stage) -> None:
    """Give the model another name, which is one PATCH."""
    path = stage.folder / "churn.yaml"
    text = path.read_text(encoding="utf-8")
    assert "name: Churn" in text
    path.write_text(text.replace("name: Churn", "name: Attrition"), encoding="utf-8")


# -- one table for both sides ----------------------------------------------------------------


@pytest.fixture
def changed_row(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """``UPDATE_MODEL`` with another method or path, which is what a defect of the table is."""
    key, value = request.param
    before = getattr(UPDATE_MODEL, key)
    object.__setattr__(UPDATE_MODEL, key, value)
    yield UPDATE_MODEL.method, UPDATE_MODEL.path
    object.__setattr__(UPDATE_MODEL, key, before)


@pytest.mark.parametrize(
    "changed_row", [("method", "PUT"), ("path", "nowhere/at/all/{id}/")], indirect=True
)
def test_a_row_changes_plan_and_request_together(
    tmp_path: Path, changed_row: tuple[str, str]
) -> None:
    method, path = changed_row
    stage = project(tmp_path)
    assert stage.run(*APPLY).code == 0
    renamed(stage)
    (step,) = json.loads(stage.run("plan", "--format", "json").out)["steps"]
    (call,) = step["calls"]
    assert (call["method"], call["path"]) == (method, path)
    done = stage.run(*APPLY)
    (write,) = done.writes
    (identity,) = call["pathParams"].values()
    assert (write["method"], write["path"]) == (method, f"/api/v2/{path.format(id=identity)}")
    assert write["body"] == call["body"]
    check(stage, done)


# -- the sending side is broken --------------------------------------------------------------


class OtherMethod(CustomModels):
    """Sends PUT for PATCH."""

    def send(self, call: Call, resource: Resource | None) -> Outputs:
        method = "PUT" if call.method == "PATCH" else call.method
        return super().send(replace(call, method=method), resource)


class OtherPath(CustomModels):
    """Sends each PATCH to another object."""

    def send(self, call: Call, resource: Resource | None) -> Outputs:
        params = {**call.path_params, "id": "f" * 24} if call.method == "PATCH" else {}
        return super().send(replace(call, path_params=params or call.path_params), resource)


class OtherBody(CustomModels):
    """Sends a description that the plan does not have."""

    def send(self, call: Call, resource: Resource | None) -> Outputs:
        body = {**call.body, "language": "r"} if call.method == "PATCH" else call.body
        return super().send(replace(call, body=body), resource)


class Twice(CustomModels):
    """Sends every PATCH twice."""

    def send(self, call: Call, resource: Resource | None) -> Outputs:
        if call.method == "PATCH":
            super().send(call, resource)
        return super().send(call, resource)


class Silent(CustomModels):
    """Reports a PATCH as sent that it does not send."""

    def send(self, call: Call, resource: Resource | None) -> Outputs:
        return {} if call.method == "PATCH" else super().send(call, resource)


@pytest.mark.parametrize(
    ("provider", "why"),
    [
        (OtherMethod, "no call of the plan is PUT"),
        (OtherPath, "no call of the plan is PATCH"),
        (OtherBody, "no call of the plan is PATCH"),
        (Twice, "sent twice"),
        (Silent, "planned and not sent"),
    ],
)
def test_a_request_that_differs_from_the_plan_is_found(
    tmp_path: Path, provider: type[CustomModels], why: str
) -> None:
    name = f"{__name__}:{provider.__name__}"
    broken = tuple(
        replace(family, provider=name) if family.name == "custom_models" else family
        for family in FAMILIES
    )
    stage = project(tmp_path)
    assert stage.run(*APPLY).code == 0
    stage.tables = Tables(families=broken)
    renamed(stage)
    with pytest.raises(AssertionError, match=why):
        check(stage, stage.run(*APPLY))


# -- the planned side is broken --------------------------------------------------------------


CHANGES: Mapping[str, Mapping[str, Any]] = {
    "method": {"method": "PUT"},
    "path": {"path": "nowhere/"},
    "body": {"body": {"name": "another"}},
    "uploads": {"uploads": (Upload("file", "another.py", "", 1, "version.files"),)},
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_plan_that_differs_from_the_requests_is_found(tmp_path: Path, change: str) -> None:
    stage = project(tmp_path)
    done = stage.run(*APPLY)
    check(stage, done)
    ((plan, report),) = done.applied
    assert len(plan.steps) > 2
    for place, step in enumerate(plan.steps):
        for number, call in enumerate(step.calls):
            calls = list(step.calls)
            calls[number] = replace(call, **CHANGES[change])
            steps = list(plan.steps)
            steps[place] = replace(step, calls=tuple(calls))
            broken = replace(plan, steps=tuple(steps))
            with pytest.raises(AssertionError, match="planned and not sent"):
                check(stage, with_plan(done, broken, report))


def with_plan(done: Done, plan: Plan, report: Report) -> Done:
    """The same command, as if it had shown this plan."""
    return replace(done, applied=((plan, report),))


def test_a_write_without_a_plan_is_found(tmp_path: Path) -> None:
    stage = project(tmp_path)
    with pytest.raises(AssertionError, match="without a plan"):
        check(stage, replace(stage.run(*APPLY), applied=()))


# -- differences -----------------------------------------------------------------------------


PATCH = Call("change", "PATCH", "models/{id}/", {"id": "1"}, {"name": "a"})
POST = Call("make", "POST", "models/", {}, {"name": "a"}, outputs=("id",))
LATER = Call("change", "PATCH", "models/{id}/", {"id": KnownAfter("a", "id")}, {"name": "a"})
TEXT = KnownText(("owner", ("=", KnownAfter("a", "id"))))
MARKED = Call("change", "PATCH", "models/{id}/", {"id": "1"}, {"name": TEXT})
FORM = Call("send", "POST", "files/", {}, {"flag": True, "none": None, "ids": ["1", "2"], "no": []})
UPLOAD = replace(FORM, body={}, uploads=(Upload("file", "src/a.py", "", 1, "files"),))
IF = replace(PATCH, only_if=KnownAfter("a", "id"))


def write(**changes: Any) -> Write:
    """The request of PATCH."""
    base = {"method": "PATCH", "path": "/api/v2/models/1/", "status": 200, "body": {"name": "a"}}
    return {**base, **changes}


def post(**changes: Any) -> Write:
    """The request of POST."""
    return write(**{"method": "POST", "path": "/api/v2/models/", "status": 201, **changes})


def form(fields: Write, *files: str) -> Write:
    """A request with a form."""
    return {"method": "POST", "path": "/api/v2/files/", "status": 201, "fields": fields,
            "files": list(files)}  # fmt: skip


def found(calls: list[Call], writes: list[Write], **result: Any) -> list[str]:
    """The differences for one step with these calls, done unless ``result`` says otherwise."""
    address = Address("Model", "a")
    step = Step("a", address, "update", "differs", calls=tuple(calls))
    ended = StepResult("a", address, "update", **{"state": "done", **result})
    plan = Plan("p", None, (step,), endpoint={"custom_models": "https://h.test/api/v2"})
    return differences(plan, Report((ended,)), writes)


ID: Mapping[str, Any] = {"outputs": {"id": "1"}}
FAILED = {"state": "failed", "done_calls": 0}


@pytest.mark.parametrize(
    ("calls", "writes", "result", "expected"),
    [
        ([PATCH], [write()], {}, []),
        ([PATCH], [], {}, ["planned and not sent"]),
        ([PATCH], [write(), write()], {}, ["sent twice"]),
        ([PATCH, PATCH], [write(), write()], {}, []),
        # An answer that was lost: found again, or sent again.
        ([PATCH], [write(status=None, fault="drop")], {}, []),
        ([PATCH], [write(status=None, fault="drop"), write()], {}, []),
        ([PATCH], [write(status=429), write()], {}, []),
        ([PATCH], [write(status=429)], {}, ["planned and not sent"]),
        # What a step leaves out that failed, was skipped or was not reached.
        ([PATCH, POST], [write(status=422)], FAILED, []),
        ([PATCH, POST], [], FAILED, []),
        ([PATCH, POST], [write(status=422), post()], FAILED, ["left out"]),
        ([PATCH, POST], [post(status=422)], {**FAILED, "done_calls": 1}, ["planned and not"]),
        ([PATCH], [write()], {"state": "skipped"}, ["left out"]),
        ([PATCH], [], {"state": "notReached"}, []),
        # A condition.
        ([IF], [write()], ID, []),
        ([IF], [], ID, ["planned and not sent"]),
        ([IF], [write()], {"outputs": {"id": None}}, ["left out"]),
        ([IF], [], {"outputs": {"id": None}}, []),
        ([IF], [], {}, []),
        # Values known later.
        ([LATER], [write()], ID, []),
        ([LATER], [write()], {"outputs": {"id": "2"}}, ["no call", "planned and not"]),
        ([LATER], [write()], {}, []),
        ([MARKED], [write(body={"name": "owner=1"})], ID, []),
        ([MARKED], [write(body={"name": "owner=2"})], ID, ["no call", "planned and not"]),
        ([MARKED], [write(body={"name": "owner"})], {"outputs": {"id": None}}, []),
        # Bodies.
        ([PATCH], [write(body={"name": "a", "more": 1})], {}, ["no call", "planned and not"]),
        ([PATCH], [write(path="/v1/models/1/")], {}, ["no call", "planned and not"]),
        ([PATCH], [write(path="/api/v2/v1/models/1/")], {}, []),
        ([replace(PATCH, body={"n": 1})], [write(body={"n": True})], {}, ["no call", "planned"]),
        ([replace(PATCH, body={"n": (1,)})], [write(body={"n": [1]})], {}, []),
        ([replace(PATCH, body={"n": (1,)})], [write(body={"n": [2]})], {}, ["no call", "planned"]),
        # Forms.
        ([FORM], [form({"flag": "True", "none": "", "ids": ["1", "2"]})], {}, []),
        ([FORM], [form({"flag": "true", "none": "", "ids": "1"})], {}, ["no call", "planned"]),
        ([UPLOAD], [form({}, "src/a.py")], {}, []),
        ([UPLOAD], [form({}, "a.py")], {}, []),
        ([UPLOAD], [form({}, "b.py")], {}, ["no call", "planned and not sent"]),
        # Order in a step.
        ([POST, PATCH], [post(), write()], {}, []),
        ([POST, PATCH], [write(), post()], {}, ["sent before"]),
    ],
)
def test_differences(
    calls: list[Call], writes: list[Write], result: dict[str, Any], expected: list[str]
) -> None:
    problems = found(calls, writes, **result)
    assert len(problems) == len(expected), problems
    assert all(map(str.startswith, problems, expected)), problems


@pytest.mark.parametrize(
    ("writes", "expected"),
    [([post(), write()], []), ([write(), post()], ["b was sent before a, which it depends on"])],
)
def test_steps_are_sent_after_what_they_depend_on(writes: list[Write], expected: list[str]) -> None:
    address = Address("Model", "a")
    steps = (
        Step("a", address, "create", "is new", calls=(POST,)),
        Step("b", address, "update", "differs", calls=(PATCH,), depends_on=("a",)),
    )
    plan = Plan("p", None, steps, endpoint={"custom_models": "https://h.test/api/v2/"})
    results = tuple(StepResult(step.id, address, step.action, "done") for step in steps)
    assert differences(plan, Report(results), writes) == expected


def test_a_run_that_was_cut_off_allows_every_call() -> None:
    address = Address("Model", "a")
    plan = Plan("p", None, (Step("a", address, "update", "differs", calls=(PATCH,)),),
                endpoint={"custom_models": "https://h.test/api/v2"})  # fmt: skip
    report = Report((StepResult("a", address, "update", "failed"),), interrupted=True, cut=True)
    assert differences(plan, report, [write()]) == differences(plan, report, []) == []
