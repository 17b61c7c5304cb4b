"""The provider of model runs on the emulator: lost triggers, waiting, stopping, day two.

Cases: what a lost trigger made and what it may be mistaken for, the end of a wait by success,
failure, time and the user, saved plans, and reads that must not look shorter than they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from reconciler.core.provider import Watch
from reconciler.core.step import Call, Wait
from reconciler.errors import (
    ApiError,
    Interrupted,
    JobFailed,
    LiveStateError,
    UnknownOutcome,
)
from reconciler.providers.model_runs import operations as api
from reconciler.providers.model_runs.kind import END, RUN
from reconciler.providers.model_runs.provider import ModelRuns
from tests.support.emulator import BEN
from tests.support.model_runs_api import NAMES, PATH, Ground, manifest

WANTED = manifest(*NAMES)
BODY = {"project_name": "analytics", "model_names": NAMES}


def trigger(known: str | None = None, since: str | None = None) -> Call:
    """The call of a plan that knew this run as the newest one."""
    params = {"known": known, "since": since} if known else {}
    return api.TRIGGER_RUN.call(body=BODY, recovery=params)


def wait(run: str, *, operation: str = RUN, timeout: float = 600, **more: Any) -> Wait:
    """A wait for this run."""
    params = {"run": run, "tests": False, "allowNoTests": False, "catalog": "memory", **more}
    return Wait(operation, params, timeout)


def watch(lines: list[str], stop: Callable[[], bool] = lambda: False) -> Watch:
    return Watch(lines.append, stop)


# -- lost triggers ---------------------------------------------------------------------------


def test_an_unreadable_answer_is_an_unknown_outcome() -> None:
    ground = Ground()
    ground.wire = httpx.MockTransport(lambda request: httpx.Response(201, json={"id": 7}))
    with pytest.raises(UnknownOutcome):
        ModelRuns(ground.open()).send(trigger(), WANTED)


def test_a_trigger_without_effect_is_looked_for_more_than_once() -> None:
    ground = Ground()
    assert ground.provider.recover(trigger(), WANTED) is None
    assert ground.emulator.clock.slept == [1.0, 3.0]
    assert ground.provider.recover(trigger(), None) is None


def test_what_a_lost_trigger_made_is_new_and_equal_to_what_was_sent() -> None:
    ground = Ground()
    before = ground.started(*NAMES)
    known = ground.client.read(api.GET_RUN, before)
    call = trigger(before, known.created_at and known.created_at.isoformat())
    ground.emulator.clock.sleep(5)
    ground.started("stg_a")
    ground.started(*NAMES, full_refresh=True)
    ground.started(*NAMES, target_schema="trial")
    assert ground.provider.recover(call, WANTED) is None
    made = ground.started(*reversed(NAMES))
    assert ground.provider.recover(call, WANTED) == {"runId": made}


def test_nothing_older_than_the_known_run_is_taken_when_that_is_gone() -> None:
    ground = Ground()
    ground.started(*NAMES)
    ground.emulator.clock.sleep(60)
    since = "2023-11-14T22:13:50.5Z"
    assert ground.provider.recover(trigger("gone", since), WANTED) is None
    made = ground.started(*NAMES)
    assert ground.provider.recover(trigger("gone", since), WANTED) == {"runId": made}


def test_two_runs_that_a_lost_trigger_could_have_made_are_listed() -> None:
    ground = Ground()
    made = sorted(ground.started(*NAMES) for _ in range(2))
    with pytest.raises(LiveStateError) as caught:
        ground.provider.recover(trigger(), WANTED)
    assert ", ".join(made) in caught.value.message


def test_a_run_that_another_apply_triggered_since_the_plan_is_taken() -> None:
    ground = Ground()
    made = ground.provider.send(trigger(), WANTED)
    assert ground.provider.send(trigger(), WANTED) == made
    known = ground.client.read(api.GET_RUN, made["runId"])
    ground.emulator.clock.sleep(5)
    later = trigger(known.id, known.created_at and known.created_at.isoformat())
    assert ground.provider.send(later, WANTED) != made


def test_a_lost_trigger_of_selectors_is_told_by_its_steps() -> None:
    ground, wanted = Ground(), manifest("+int_customer_orders")
    ground.started("stg_*")
    assert ground.provider.recover(trigger(), wanted) is None
    made = ground.started("+int_customer_orders")
    ground.started("stg_*")
    assert ground.provider.recover(trigger(), wanted) == {"runId": made}


# -- waiting ---------------------------------------------------------------------------------


def test_each_state_is_told_once_and_the_end_last() -> None:
    ground, lines = Ground(job_time=10.0), []
    run = ground.started("stg_a", "stg_deprecated", "int_b")
    assert ground.provider.wait(wait(run), watch(lines)) == {"runId": run}
    assert len(lines) == len(set(lines))
    assert lines[0] == f"run {run} is PENDING"
    assert lines[-1] == f"run {run} is SUCCESS"
    assert "warning: model stg_deprecated is deprecated" in lines
    assert any(line.startswith("  int_b: SUCCESS, ") and line.endswith("rows") for line in lines)


def test_a_failed_run_tells_its_tree() -> None:
    ground = Ground()
    run = ground.started("stg_broken", "int_b")
    with pytest.raises(JobFailed) as caught:
        ground.provider.wait(wait(run), watch([]))
    assert caught.value.message.endswith("ended as FAILED: 1 of 2 models failed: stg_broken")
    assert "  int_b: SKIPPED (upstream failed: stg_broken)" in caught.value.log
    assert "--retry-failed" in caught.value.hint


def test_the_end_of_another_run_is_all_that_is_wanted_of_it() -> None:
    ground = Ground(job_time=5.0)
    run = ground.started("stg_broken")
    assert ground.provider.wait(wait(run, operation=END), watch([])) == {}
    assert ground.runs()[0]["status"] == "FAILED"


def test_failed_tests_count_only_where_they_are_required() -> None:
    ground = Ground()
    run = ground.started("dim_failing_test")
    assert ground.provider.wait(wait(run), watch([])) == {"runId": run}
    with pytest.raises(JobFailed) as caught:
        ground.provider.wait(wait(run, tests=True), watch([]))
    assert "succeeded, but a data test did not pass" in caught.value.message
    assert "unique_dim_failing_test_id on dim_failing_test: FAIL, 7 rows" in caught.value.log


def test_a_run_of_another_catalog_is_seen_once_it_has_compiled() -> None:
    ground = Ground(job_time=5.0)
    run = ground.started(*NAMES, target_catalog="lake")
    live = ground.provider.find(WANTED)
    assert live is not None, "while it waits, nothing speaks against it"
    with pytest.raises(JobFailed, match="for another catalog, lake"):
        ground.provider.wait(wait(run), watch([]))
    assert ground.provider.find(WANTED) is None


def test_a_wait_has_an_end() -> None:
    ground = Ground(job_time=1000.0)
    run, begun = ground.started("stg_a"), ground.emulator.clock()
    ground.provider.waits.started.add(run)
    with pytest.raises(JobFailed, match="is still RUNNING after 300 s"):
        ground.provider.wait(wait(run, timeout=300), watch([]))
    assert ground.emulator.clock() - begun <= 300
    assert ground.runs()[0]["status"] == "RUNNING", "it goes on"


def stopped_after(polls: int) -> Callable[[], bool]:
    left = [polls]

    def stopped() -> bool:
        left[0] -= 1
        return left[0] < 0

    return stopped


def test_the_user_stops_the_run_that_this_process_started() -> None:
    ground = Ground(job_time=100.0)
    run = ground.started("stg_a")
    ground.provider.waits.started.add(run)
    with pytest.raises(Interrupted, match=f"the run {run} was cancelled"):
        ground.provider.wait(wait(run), watch([], stopped_after(3)))
    assert ground.runs()[0]["status"] == "CANCELLED"


def test_the_user_only_stops_waiting_for_the_run_of_somebody_else() -> None:
    ground = Ground(job_time=100.0)
    run = ground.started("stg_a")
    with pytest.raises(Interrupted, match=f"stopped waiting for the run {run}, which goes on"):
        ground.provider.wait(wait(run), watch([], stopped_after(3)))
    assert ground.runs()[0]["status"] == "PENDING"


def test_a_run_that_ends_while_it_is_being_stopped() -> None:
    ground = Ground(job_time=10.0)
    run = ground.started("stg_a")

    def stopped() -> bool:
        ground.emulator.clock.sleep(10)
        return True

    ground.provider.waits.started.add(run)
    with pytest.raises(Interrupted, match=f"the run {run} had ended as SUCCESS"):
        ground.provider.wait(wait(run), watch([], stopped))


@pytest.mark.parametrize("effect", ["before", "after"])
def test_the_answer_to_a_cancel_is_lost(effect: str) -> None:
    ground = Ground(job_time=100.0)
    run = ground.started("stg_a")
    fault = {"action": "drop", "when": effect, "method": "POST", "path": "cancel$"}
    ground.emulator.control("POST", "faults", fault)
    told = "was cancelled" if effect == "after" else "could not be cancelled"
    ground.provider.waits.started.add(run)
    with pytest.raises(Interrupted, match=f"the run {run} {told}"):
        ground.provider.wait(wait(run), watch([], stopped_after(0)))


# -- reads and day two -----------------------------------------------------------------------


def test_a_list_that_breaks_off_is_no_short_list() -> None:
    ground = Ground(page_size=1)
    ground.started(*NAMES)
    ground.started("stg_a")
    ground.fail("GET", "^/v1/model-runs$", 403, times=1)
    prefetched = ground.provider.prefetch([WANTED])
    for _ in range(2):
        with pytest.raises(ApiError, match="403"):
            ground.provider.find(WANTED, prefetched)
    prefetched = ground.provider.prefetch([WANTED])
    assert ground.provider.find(WANTED, prefetched) is not None


def test_the_pages_are_read_once_for_all_manifests() -> None:
    ground = Ground(page_size=1)
    for name in ("stg_a", "stg_b", "stg_c"):
        ground.started(name)
    wanted = [manifest(name) for name in ("stg_a", "stg_b", "stg_none")]
    prefetched = ground.provider.prefetch(wanted)
    before = ground.provider.requests().get("GET", 0)
    found = [ground.provider.find(each, prefetched) for each in wanted]
    assert [live is not None for live in found] == [True, True, False]
    # Three pages, and the steps of the two newest runs.
    assert ground.provider.requests()["GET"] - before == 5


def test_observing_tells_the_newest_run() -> None:
    ground = Ground()
    run = ground.started(*NAMES)
    live = ground.provider.find(WANTED)
    assert live is not None
    assert ground.provider.snapshot(live) == {"jobs": {"run": run, "status": "SUCCESS"}}
    other = ground.started(*NAMES)
    assert ground.provider.snapshot(live) == {"jobs": {"run": other, "status": "SUCCESS"}}
    ground.emulator.control("POST", "reset")
    assert ground.provider.snapshot(live) is None
    assert ground.provider.read_details(WANTED, live) is live
    assert ground.provider.list("ModelRun") == ()


def test_cancel_stops_what_waits_and_what_runs_of_the_selection() -> None:
    ground = Ground(job_time=10.0)
    first = ground.started(*NAMES)
    ground.emulator.clock.sleep(5)
    second, other = ground.started(*NAMES), ground.started("stg_a")
    live = ground.provider.find(WANTED)
    assert live is not None
    assert sorted(ground.provider.cancel(live)) == sorted(
        f"run {run} (CANCELLED)" for run in (first, second)
    )
    assert {run["id"]: run["status"] for run in ground.runs()}[other] == "PENDING"


def test_a_cancel_that_is_forbidden_says_so() -> None:
    ground = Ground(job_time=10.0)
    ground.started(*NAMES)
    theirs = ModelRuns(ground.open(BEN))
    live = theirs.find(WANTED)
    assert live is not None
    with pytest.raises(ApiError, match="only who triggered a run may cancel it"):
        theirs.cancel(live)
    theirs.close()


def test_logs_are_cut_at_their_start() -> None:
    ground = Ground()
    run = ground.started("stg_a", "int_b")
    live = ground.provider.find(manifest("stg_a", "int_b"))
    assert live is not None
    assert ground.provider.logs(live, "build", 1) == f"run {run}: SUCCESS"
    assert len(ground.provider.logs(live, "build", 9).splitlines()) == 3
    assert ground.http.get(PATH).status_code == 200


def test_a_run_without_tests_says_so() -> None:
    ground = Ground()
    ground.started("stg_broken")
    live = ground.provider.find(manifest("stg_broken"))
    assert live is not None
    assert ground.provider.logs(live, "test", 9) == "no data test has run"
