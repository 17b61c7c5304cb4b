"""An apply that is interrupted.

Cases: running calls finish, the rest is not reached, skipped steps stay skipped, a stop before the
first and after the last step, waits that end early, a second interrupt, the exit code.
"""

from __future__ import annotations

from threading import Event, Semaphore

from reconciler.apply import Run
from reconciler.core.report import Report
from reconciler.core.resource import Resource
from reconciler.core.step import Step
from reconciler.errors import ApiError
from tests.support.fake_provider import PATIENCE, FakeProvider, meeting
from tests.support.fleet_kinds import plan, resource


def run(resources: list[Resource], provider: FakeProvider, stop: Event, parallel: int) -> Report:
    """The report of making all these from nothing until the stop."""
    known = {each.address: each for each in resources}
    made = Run(plan(resources), lambda _: provider, known, lambda step, event: None, stop)
    return made.execute(parallel)


def states(report: Report) -> dict[str, str]:
    """How each step ended."""
    return {result.id: result.state for result in report.results}


class Watched(Event):
    """A stop that lets a test wait until it was asked for so many times."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = Semaphore(0)

    def is_set(self) -> bool:
        """Whether the user interrupted; counted."""
        self.asked.release()
        return super().is_set()


def test_what_runs_is_finished_and_the_rest_is_not_reached() -> None:
    stop, together = Event(), meeting(2)
    resources = [
        resource("Ship/a", {"crew": ["ann"]}),
        resource("Ship/b"),
        resource("Ship/c", {}, needs=["Ship/a"]),
    ]

    def stop_when_both_run() -> None:
        together()
        stop.set()

    script = {"make Ship/a": stop_when_both_run, "make Ship/b": together}
    report = run(resources, FakeProvider(script=script), stop, parallel=2)
    assert states(report) == {
        "Ship/a": "done", "Ship/b": "done", "Ship/a#crew": "notReached", "Ship/c": "notReached",
    }  # fmt: skip
    assert report.interrupted
    assert report.exit_code == 130


def test_steps_that_only_waited_for_a_worker_do_not_start() -> None:
    stop = Watched()

    def stop_when_all_are_queued() -> None:
        # Asked before each step is queued, and once more by the worker of this one: by now two
        # others are queued at least.
        for _ in range(4):
            assert stop.asked.acquire(timeout=PATIENCE)
        stop.set()

    resources = [resource(f"Ship/{name}") for name in "abcd"]
    provider = FakeProvider(script={"make Ship/a": stop_when_all_are_queued})
    report = run(resources, provider, stop, parallel=1)
    assert provider.log == ["make Ship/a"]
    assert states(report) == {
        "Ship/a": "done", "Ship/b": "notReached", "Ship/c": "notReached", "Ship/d": "notReached",
    }  # fmt: skip


def test_a_running_wait_is_told_of_the_stop_and_its_job_is_said_to_go_on() -> None:
    stop = Event()
    provider = FakeProvider(script={"wait drying": stop.set})
    resources = [resource("Dock/a"), resource("Ship/b", {}, needs=["Dock/a"])]
    report = run(resources, provider, stop, parallel=1)
    (dock, ship) = report.results
    assert (dock.state, dock.error, dock.done_calls) == ("failed", "drying goes on there", 1)
    assert ship.state == "skipped"
    assert report.exit_code == 130


def test_a_stop_during_the_last_step_lets_it_end_and_is_still_told() -> None:
    stop = Event()
    report = run([resource("Ship/a")], FakeProvider(script={"make Ship/a": stop.set}), stop, 1)
    assert states(report) == {"Ship/a": "done"}
    assert report.exit_code == 130


def test_a_second_interrupt_cuts_off_and_says_what_nobody_will_hear_of() -> None:
    hang = Event()
    provider = FakeProvider(script={"make Ship/b": lambda: hang.wait(PATIENCE)})
    resources = [
        resource("Ship/a"),
        resource("Ship/b", {}, needs=["Ship/a"]),
        resource("Ship/c", {}, needs=["Ship/b"]),
    ]
    known = {each.address: each for each in resources}

    def listen(step: Step, event: str) -> None:
        # Told in the thread that waits, as a signal would be.
        if (step.id, event) == ("Ship/d", "done"):
            raise KeyboardInterrupt

    made = plan([*resources, resource("Ship/d", {}, needs=["Ship/a"])])
    report = Run(made, lambda _: provider, known, listen).execute(2)
    hang.set()
    assert states(report) == {
        "Ship/a": "done", "Ship/b": "failed", "Ship/c": "notReached", "Ship/d": "done",
    }  # fmt: skip
    assert (report.cut, report.interrupted, report.exit_code) == (True, True, 130)
    under_way = next(result for result in report.results if result.id == "Ship/b")
    assert under_way.error
    assert under_way.hint


def test_a_stop_before_the_first_step_sends_nothing() -> None:
    stop, provider = Event(), FakeProvider()
    stop.set()
    report = run([resource("Ship/a"), resource("Ship/b")], provider, stop, parallel=2)
    assert provider.log == []
    assert report.summary == {"done": 0, "failed": 0, "skipped": 0, "notReached": 2}
    assert report.exit_code == 130


def test_what_a_failure_skipped_is_told_apart_from_what_the_stop_left() -> None:
    stop = Event()

    def fail() -> None:
        stop.set()
        raise ApiError("no")

    resources = [
        resource("Ship/a"),
        resource("Ship/b", {}, needs=["Ship/a"]),
        resource("Ship/c"),
        resource("Ship/d", {}, needs=["Ship/c"]),
    ]
    report = run(resources, FakeProvider(script={"make Ship/a": fail}), stop, parallel=1)
    assert states(report) == {
        "Ship/a": "failed", "Ship/b": "skipped", "Ship/c": "notReached", "Ship/d": "notReached",
    }  # fmt: skip
    assert report.exit_code == 130


def test_without_a_stop_nothing_is_interrupted() -> None:
    report = run([resource("Ship/a")], FakeProvider(), Event(), parallel=1)
    assert not report.interrupted
    assert report.exit_code == 0
