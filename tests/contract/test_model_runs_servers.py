"""The provider of model runs behind servers that answer otherwise than the emulator.

Cases: other spellings of a status, steps and results that appear late or not at all, and a SUCCESS
that its steps contradict.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.core.resource import Live
from reconciler.errors import JobFailed
from reconciler.providers.model_runs.facts import RunFacts, run_facts
from tests.contract.test_model_runs_provider import wait, watch
from tests.support.model_runs_api import NAMES, Ground, each_run, manifest

GATED = manifest(*NAMES, require={"tests": "pass"})


def facts(live: Live | None) -> RunFacts:
    assert live is not None
    return run_facts(live)


def late(ending: str, reads: int) -> Callable[[str, str, Any], Any]:
    """An edit: lists whose path ends so are empty at their first reads."""
    seen: dict[str, int] = {}

    def edit(method: str, path: str, body: Any) -> Any:
        if not path.endswith(ending):
            return body
        seen[path] = seen.get(path, 0) + 1
        return {"data": []} if seen[path] <= reads else body

    return edit


# -- statuses --------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["QUEUED", "queued", "STARTING"])
def test_a_status_that_is_not_known_is_waited_for(status: str) -> None:
    ground = Ground(job_time=10.0)

    def queued(run: dict[str, Any]) -> None:
        if run["status"] == "PENDING":
            run["status"] = status

    run = ground.started(*NAMES)
    provider, lines = ground.behind(each_run(queued)), []
    assert facts(provider.find(manifest(*NAMES))).under_way
    assert provider.wait(wait(run), watch(lines)) == {"runId": run}
    assert f"run {run} is {status.upper()}" in lines
    again = ground.started(*NAMES)
    live = provider.find(manifest(*NAMES))
    assert live is not None
    assert again in provider.cancel(live)[0]


@pytest.mark.parametrize("status", ["canceled", "CANCELED", "Cancelled"])
def test_both_spellings_of_cancelled_are_an_end(status: str) -> None:
    ground = Ground(job_time=10.0)
    run = ground.started(*NAMES)
    ground.http.post(f"/v1/model-runs/{run}/cancel")
    provider = ground.behind(each_run(lambda each: each.update(status=status)))
    assert facts(provider.find(manifest(*NAMES))).status == "CANCELLED"
    with pytest.raises(JobFailed, match="ended as CANCELLED"):
        provider.wait(wait(run), watch([]))


# -- steps -----------------------------------------------------------------------------------


def one_step(status: str) -> Callable[[str, str, Any], Any]:
    def edit(method: str, path: str, body: Any) -> Any:
        if path.endswith("/steps"):
            body["data"][0]["status"] = status
        return body

    return edit


@pytest.mark.parametrize("status", ["FAILED", "SKIPPED", "CANCELLED", "Error"])
def test_the_steps_decide_about_a_success(status: str) -> None:
    ground = Ground()
    run = ground.started(*NAMES)
    provider = ground.behind(one_step(status))
    why = rf"but 1 of 2 steps did not succeed \(stg_a {status.upper()}\)"
    with pytest.raises(JobFailed, match=why):
        provider.wait(wait(run), watch([]))
    assert facts(provider.find(manifest(*NAMES))).steps_failure


def test_a_run_without_any_step_is_a_failure() -> None:
    ground = Ground()
    run = ground.started(*NAMES)
    provider = ground.behind(late("/steps", 1_000))
    with pytest.raises(JobFailed, match="modelNames selected nothing") as caught:
        provider.wait(wait(run), watch([]))
    assert "Correct modelNames" in caught.value.hint
    assert sum(ground.emulator.clock.slept) <= 30
    assert facts(provider.find(manifest(*NAMES))).steps_failure


def test_a_name_that_selects_nothing_is_a_failure() -> None:
    ground = Ground()

    def less(method: str, path: str, body: Any) -> Any:
        if path.endswith("/steps"):
            del body["data"][1]
        return body

    run = ground.started(*NAMES)
    with pytest.raises(JobFailed, match="but int_b has no step"):
        ground.behind(less).wait(wait(run), watch([]))


def test_steps_that_appear_late_are_waited_for() -> None:
    ground = Ground()
    run = ground.started(*NAMES)
    provider = ground.behind(late("/steps", 3))
    assert provider.wait(wait(run), watch([])) == {"runId": run}


# -- results of tests ------------------------------------------------------------------------


def test_results_that_appear_late_still_close_the_gate() -> None:
    ground = Ground()
    run = ground.started("dim_failing_test")
    provider = ground.behind(late("/test-results", 2))
    with pytest.raises(JobFailed, match="a data test did not pass"):
        provider.wait(wait(run, tests=True), watch([]))


def test_results_that_appear_one_after_another_still_close_the_gate() -> None:
    ground, reads = Ground(), [0]

    def first_only(method: str, path: str, body: Any) -> Any:
        if path.endswith("/test-results"):
            reads[0] += 1
            body["data"] = (
                [each for each in body["data"] if each["status"] == "PASS"][:1]
                if (reads[0] == 1)
                else body["data"]
            )
        return body

    run = ground.started("dim_failing_test")
    with pytest.raises(JobFailed, match="a data test did not pass"):
        ground.behind(first_only).wait(wait(run, tests=True), watch([]))


def test_a_gate_without_any_test_passes_only_where_the_manifest_allows_it() -> None:
    ground = Ground()
    run = ground.started(*NAMES)
    provider = ground.behind(late("/test-results", 1_000))
    with pytest.raises(JobFailed, match="no data test has run"):
        provider.wait(wait(run, tests=True), watch([]))
    assert facts(provider.find(GATED)).no_tests
    allowed = manifest(*NAMES, require={"tests": "pass", "allowNoTests": True})
    assert provider.wait(wait(run, tests=True, allowNoTests=True), watch([])) == {"runId": run}
    assert not facts(provider.find(allowed)).no_tests
