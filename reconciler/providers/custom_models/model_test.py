"""The test gate: the newest version must have passed a test with this dataset and these checks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.core.json_value import JsonObject
from reconciler.core.kind import Outputs, PlanContext
from reconciler.core.resource import Resource
from reconciler.core.step import Call, FieldChange, KnownAfter, StepDraft, Wait
from reconciler.errors import ApiError, JobFailed
from reconciler.providers.custom_models.client import operations as api
from reconciler.providers.custom_models.client.responses import ModelTest
from reconciler.providers.custom_models.facts import JobFacts, TestFacts, VersionFacts
from reconciler.providers.custom_models.job import (
    ABSENT,
    DONE,
    FAILED,
    RUNNING,
    Job,
    job_draft,
    job_facts,
)
from reconciler.providers.custom_models.slice import LOG_LINES, RETRY, Poll, Slice, log_of
from reconciler.providers.custom_models.spec_parts import TestsPart
from reconciler.providers.recovery import only_one

if TYPE_CHECKING:
    from reconciler.providers.custom_models.client.client import Client

PASSED_TEST = frozenset({"succeeded", "warning"})
RUNNING_TEST = frozenset({"queued", "in_progress", "not_tested"})
KNOWN = "known"
"""Key of the recovery context: ids of the tests that the plan knew."""


# -- what is wanted --------------------------------------------------------------------------


def test_draft(context: PlanContext) -> StepDraft | None:
    """The newest version must have passed a test with this dataset and these checks."""
    wanted: TestsPart | None = context.resource.spec.get("tests")
    if not wanted:
        return None
    facts = job_facts(context)
    current = _fitting_test(wanted, facts.tests)
    call = api.START_TEST.call(
        body=_body(context, wanted),
        outputs=("testId",),
        recovery={KNOWN: [test.id for test in facts.tests]},
    )
    return job_draft(
        context,
        Job(
            "the model test",
            "model_test",
            wanted.get("timeout", 1800),
            state=_state(current),
            why=_failed_checks(current),
            follow={"test": current.id} if current else {},
            fresh={"test": KnownAfter(context.step("test"), "testId")},
            calls=(call,),
            fields=_fields(wanted),
        ),
    )


def _body(context: PlanContext, wanted: TestsPart) -> JsonObject:
    body = {
        "customModelId": context.own_outputs["id"],
        "customModelVersionId": context.own_outputs.get("versionId"),
    }
    body |= {key: wanted[key] for key in ("datasetId", "datasetVersionId") if wanted.get(key)}
    return {**body, "configuration": wanted["checks"]} if wanted.get("checks") else body


def _fields(wanted: TestsPart) -> tuple[FieldChange, ...]:
    shown = {"datasetId": wanted.get("datasetId"), **(wanted.get("checks") or {})}
    return tuple(
        FieldChange(f"tests.{key}", None, value, "what the test is to show")
        for key, value in shown.items()
        if value is not None
    )


def _fitting_test(wanted: TestsPart, tests: tuple[TestFacts, ...]) -> TestFacts | None:
    """The newest test of this version that was run as the manifest wants it."""
    for test in tests:
        data = {"datasetId": test.dataset_id, "datasetVersionId": test.dataset_version_id}
        same_data = all(wanted.get(key) in (None, value) for key, value in data.items())
        checks = (wanted.get("checks") or {}).items()
        if same_data and all(_fits(verdict, test.checks.get(check)) for check, verdict in checks):
            return test
    return None


def _fits(verdict: str, status: str | None) -> bool:
    # The platform shows how a check ended, not what was requested: a warning was requested as a
    # warning, a skipped one as skipped, and a failed one as a failure.
    if status in RUNNING_TEST or status in ("canceled", "aborted", None):
        return True
    if verdict == "skip":
        return True
    if status == "skipped":
        return False
    return status != "warning" if verdict == "fail" else status != "failed"


def _state(test: TestFacts | None) -> str:
    if test is None:
        return ABSENT
    if test.status in RUNNING_TEST:
        return RUNNING
    return DONE if test.status in PASSED_TEST else FAILED


def _failed_checks(test: TestFacts | None) -> str:
    if test is None:
        return ""
    failed = [name for name, status in test.checks.items() if status == "failed"]
    return ", ".join(failed) or test.status


# -- live state ------------------------------------------------------------------------------


def read_tests(
    client: Client, resource: Resource, model: str, version: VersionFacts, facts: JobFacts
) -> JobFacts:
    """Adds the tests of the version, newest first, where the manifest has a gate."""
    if not resource.spec.get("tests"):
        return facts
    tests = (_test_facts(test) for test in _tests_of(client, model, version.id))
    return replace(facts, tests=tuple(tests))


def _tests_of(client: Client, model: str, version: str) -> Iterator[ModelTest]:
    for test in client.every(api.LIST_TESTS, customModelId=model):
        if test.custom_model_version and test.custom_model_version.id == version:
            yield test


def _test_facts(test: ModelTest) -> TestFacts:
    return TestFacts(
        id=test.id,
        status=test.overall_status,
        dataset_id=test.dataset_id,
        dataset_version_id=test.dataset_version_id,
        checks={name: check.status for name, check in test.testing_status.items()},
    )


# -- writes, recovery and waits --------------------------------------------------------------


def _start(client: Client, call: Call, resource: Resource | None) -> Outputs:
    client.send(call, resource)
    model, version = _ids(call)
    # The answer names a status only; the test itself is in the list at once, newest first.
    for test in _tests_of(client, model, version):
        return {"testId": test.id}
    raise ApiError(
        f"the test of version {version} was accepted, but is not listed",
        "Run it again: an existing test is waited for.",
    )


def _recover(client: Client, call: Call, _: Resource | None) -> Outputs | None:
    model, version = _ids(call)
    tests = (test.id for test in _tests_of(client, model, version))
    new = [test for test in tests if test not in call.recovery[KNOWN]]
    return only_one(new, "testId", f"tests of version {version}")


def _ids(call: Call) -> tuple[str, str]:
    return call.body["customModelId"], call.body["customModelVersionId"]


def _follow(client: Client, wait: Wait, poll: Poll) -> Outputs:
    test, last = wait.params["test"], list[ModelTest]()

    def status() -> str:
        last[:] = [client.read(api.GET_TEST, test)]
        return last[0].overall_status

    state = poll(status, RUNNING_TEST)
    if state in PASSED_TEST:
        return {}
    checks = last[0].testing_status
    failed = [f"{name}: {c.message}" for name, c in checks.items() if c.status == "failed"]
    raise JobFailed(
        f"the model test {test} ended as {state}" + "".join(f"; {line}" for line in failed),
        RETRY,
        log=log_of(lambda: read_tail(client, test, LOG_LINES)),
    )


def read_tail(client: Client, test: str, lines: int) -> str:
    """The last 1 to 1,000 lines of a test's log."""
    return client.read(api.GET_TEST_TAIL, test, lines=lines).log or ""


SLICE = Slice(
    start={"start_test": _start},
    recover={"start_test": _recover},
    follow={"model_test": _follow},
)
