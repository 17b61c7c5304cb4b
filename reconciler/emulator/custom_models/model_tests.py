"""Tests of custom models: /api/v2/customModelTests/."""

from __future__ import annotations

from typing import Any

import flask
from flask import Blueprint

from reconciler.emulator import jobs
from reconciler.emulator.answers import answer, attachment, nothing, page
from reconciler.emulator.custom_models import checks, model_rules, version_rules
from reconciler.emulator.custom_models.datasets import usable
from reconciler.emulator.custom_models.dependency_builds import is_built
from reconciler.emulator.custom_models.images import image_of
from reconciler.emulator.custom_models.model_versions import visible_model
from reconciler.emulator.custom_models.training import subject_of
from reconciler.emulator.custom_models.version_inputs import MEMORY, REPLICAS
from reconciler.emulator.fields import Field, flag, one_of, shape, text, whole
from reconciler.emulator.inputs import json_body, query
from reconciler.emulator.lists import listed
from reconciler.emulator.refusal import Refusal, invalid, not_found
from reconciler.emulator.store import Doc
from reconciler.emulator.world import World, caller, current

model_tests = Blueprint("model_tests", __name__)

_KIND = "tests"
_TEST = "customModelTest"
_SETTINGS = {
    "maximumMemory": Field(MEMORY, null=True),
    "desiredMemory": Field(MEMORY, null=True),
    "replicas": Field(REPLICAS, null=True),
    "networkEgressPolicy": Field(one_of("NONE", "PUBLIC"), null=True),
    "requiresHa": Field(flag, null=True),
    "resourceBundleId": Field(text(), null=True),
}
_CONFIGURATION = {
    "errorCheck": Field(one_of("fail", "skip")),
    "longRunningService": Field(one_of("fail")),
    "nullValueImputation": Field(one_of("skip", "warn", "fail")),
    "sideEffects": Field(one_of("skip", "warn", "fail")),
}
# Not on the page.  The vendor's GitHub action names these with every test that it starts, "skip"
# unless its user enables them, and its functional tests start one, so the platform takes them.
# The emulator cannot run them, so it refuses to be asked.
_NOT_EMULATED = {
    name: Field(one_of("skip"))
    for name in ("predictionVerificationCheck", "performanceCheck", "stabilityCheck")
}
_NEW = {
    **_SETTINGS,
    "customModelId": Field(text(), required=True),
    "customModelVersionId": Field(text(), required=True),
    "datasetId": Field(text()),
    "datasetVersionId": Field(text()),
    "environmentId": Field(text()),
    "environmentVersionId": Field(text()),
    "configuration": Field(shape({**_CONFIGURATION, **_NOT_EMULATED})),
}
# The page lists the settings among the parameters; here they filter.
_FILTER = {
    **_SETTINGS,
    "maximumMemory": Field(whole(), null=True),
    "desiredMemory": Field(whole(), null=True),
    "replicas": Field(whole(), null=True),
    "customModelId": Field(text(), required=True),
}
_PATH = "/api/v2/customModelTests/"


@model_tests.get(_PATH)
def list_tests() -> flask.Response:
    """The tests of one model, newest first."""
    wanted = query(_FILTER)
    model = visible_model(wanted.pop("customModelId"))
    chosen = {name: value for name, value in wanted.items() if value is not None}
    tests = [t for t in current().store.children(_KIND, model["id"]) if _fits(t, chosen)]
    return page(listed(tests), _shown)


@model_tests.post(_PATH)
def start_test() -> flask.Response:
    """Start a test; it is listed at once, since the official client looks for it there."""
    given = json_body(_NEW)
    model = version_rules.editable_model(current(), given["customModelId"], 403)
    version = current().store.get("modelVersions", given["customModelVersionId"])
    if version is None or version["parent"] != model["id"]:
        raise not_found("Custom model version")
    _check(model, version, given)
    test = _stored(version, given, _dataset(model, given), _environment(version, given))
    job = jobs.submit(current(), _TEST, caller(), testId=test["id"])
    current().store.change(_KIND, current().store.get(_KIND, test["id"]) or test, job=job["id"])
    return answer({"statusId": job["id"]}, 202, f"/api/v2/status/{job['id']}/")


@model_tests.get(_PATH + "<test_id>/")
def get_test(test_id: str) -> flask.Response:
    """One test."""
    return answer(_shown(_test(test_id)))


@model_tests.delete(_PATH + "<test_id>/")
def cancel_test(test_id: str) -> flask.Response:
    """Stop a test that still runs."""
    test = _test(test_id)
    version_rules.editable_model(current(), test["parent"], 403)
    if not jobs.is_running(current(), test["job"]):
        raise Refusal(409, "The test has ended and cannot be canceled.")
    jobs.cancel(current(), test["job"], "The test was canceled.")
    stopped = {name: {"status": "canceled", "message": ""} for name in checks.DEFAULTS}
    current().store.change(
        _KIND, test, overall="canceled", checks=stopped, end=current().now(), log="Test canceled\n"
    )
    return nothing()


@model_tests.get(_PATH + "<test_id>/log/")
def get_log(test_id: str) -> flask.Response:
    """The log of a test that has ended."""
    test = _test(test_id)
    if not test["log"]:
        raise not_found("Testing log")
    return attachment(test["log"].encode(), f"testing-{test_id}.log", "text/plain")


@model_tests.get(_PATH + "<test_id>/tail/")
def get_tail(test_id: str) -> flask.Response:
    """The last lines of the log."""
    test = _test(test_id)
    lines = query({"lines": Field(whole(1, 1000))}, 400).get("lines", 100)
    return answer({"log": "".join(test["log"].splitlines(keepends=True)[-lines:])})


@jobs.work(_TEST)
def run(world: World, job: Doc) -> jobs.Outcome:
    """Make the checks; the official client expects ERROR from the job of a failed test."""
    test = world.store.get(_KIND, job["subject"]["testId"])
    version = world.store.get("modelVersions", test["versionId"]) if test else None
    if test is None or version is None:
        return jobs.Outcome(jobs.ABORTED, "The custom model version was deleted.")
    dataset = world.store.get("datasets", test["datasetId"])
    result = checks.run(subject_of(world, version, dataset), test["configuration"])
    world.store.change(
        _KIND,
        test,
        checks=result.checks,
        overall=result.overall,
        log=result.log,
        end=world.now(),
    )
    if result.overall == checks.FAILED:
        return jobs.Outcome(jobs.ERROR, "The custom model test failed.")
    return jobs.Outcome(jobs.COMPLETED, "", f"{_PATH}{test['id']}/")


def _check(model: Doc, version: Doc, given: dict[str, Any]) -> None:
    if model_rules.is_tested_now(current(), model["id"]):
        raise Refusal(422, "Testing is already in progress for the custom model.")
    if not is_built(current(), version):
        raise Refusal(422, "The dependencies of the custom model version are not built.")
    if given.get("resourceBundleId") is not None and given.get("maximumMemory") is not None:
        raise invalid({"maximumMemory": "cannot be set together with resourceBundleId"})
    version_rules.check_limits(current(), given)


def _dataset(model: Doc, given: dict[str, Any]) -> Doc | None:
    if "datasetId" not in given:
        if model["targetType"] != "Unstructured":
            raise invalid({"datasetId": "is required"})
        return None
    try:
        dataset = usable(current(), given["datasetId"], given.get("datasetVersionId"))
    except Refusal as refused:
        # This page knows no 410: a deleted dataset is one that is not found.
        raise (not_found("Dataset") if refused.status == 410 else refused) from refused
    if not dataset["snapshot"]:
        raise Refusal(422, "The dataset used for testing is not snapshotted.")
    return dataset


def _environment(version: Doc, given: dict[str, Any]) -> dict[str, str]:
    return version_rules.other_environment(current(), version, given, caller())


def _stored(version: Doc, given: dict[str, Any], dataset: Doc | None, environment: Doc) -> Doc:
    settings = {name: version["settings"][name] for name in _SETTINGS}
    settings |= {name: given[name] for name in _SETTINGS if name in given}
    image = image_of(current(), version, environment["baseEnvironmentVersionId"])
    return current().store.put(
        _KIND,
        {
            "id": current().store.new_id(_KIND),
            "parent": version["parent"],
            "versionId": version["id"],
            "imageId": image["id"],
            "user": caller(),
            "created": current().now(),
            "end": None,
            "datasetId": dataset["id"] if dataset else None,
            "datasetVersionId": dataset["versionId"] if dataset else None,
            "environment": environment,
            "settings": settings,
            "configuration": {
                name: value
                for name, value in given.get("configuration", {}).items()
                if name in _CONFIGURATION
            },
            "checks": {n: {"status": "not_tested", "message": ""} for n in checks.DEFAULTS},
            "overall": None,
            "log": "",
            "job": None,
        },
    )


def _test(test_id: str) -> Doc:
    test = current().store.get(_KIND, test_id)
    if test is None:
        raise not_found("Testing attempt")
    visible_model(test["parent"])
    return test


def _fits(test: Doc, wanted: dict[str, Any]) -> bool:
    return all(test["settings"][name] == value for name, value in wanted.items())


def _shown(test: Doc) -> Doc:
    store = current().store
    model = store.get("models", test["parent"]) or {}
    version = store.get("modelVersions", test["versionId"]) or {}
    environment = store.get("environments", test["environment"]["baseEnvironmentId"]) or {}
    built = store.get("environmentVersions", test["environment"]["baseEnvironmentVersionId"]) or {}
    job = store.get("jobs", test["job"])
    waiting = job is not None and jobs.is_queued(current(), job)
    return {
        "id": test["id"],
        "created": test["created"],
        "createdBy": test["user"],
        # Null while the test runs, although the page declares text.
        "completedAt": test["end"],
        "customModel": {"id": test["parent"], "name": model.get("name")},
        "customModelVersion": {
            "id": test["versionId"],
            "label": f"v{version.get('versionMajor')}.{version.get('versionMinor')}",
        },
        # The page says null unless the test succeeded; the official client fails on null.
        "customModelImageId": test["imageId"],
        "imageType": "customModelVersion" if version.get("dependencies") else "customModelImage",
        "executionEnvironment": {
            "id": test["environment"]["baseEnvironmentId"],
            "name": environment.get("name"),
        },
        "executionEnvironmentVersion": {
            "id": test["environment"]["baseEnvironmentVersionId"],
            "label": built.get("label"),
        },
        "datasetId": test["datasetId"],
        "datasetVersionId": test["datasetVersionId"],
        "overallStatus": test["overall"] or ("queued" if waiting else "in_progress"),
        "testingStatus": test["checks"],
        **test["settings"],
    }
