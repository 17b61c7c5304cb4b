"""What a failure in one branch does to the rest of an apply.

Cases: only dependants are skipped and the root cause is named through several levels, what was
done before the failure, logs of failed jobs, defects of ours, outputs that never came, writes
whose answer was lost, listeners that fail, objects that moved since a review.
"""

from __future__ import annotations

import pytest

from reconciler.apply import SENDINGS, Run
from reconciler.core.plan import Plan
from reconciler.core.report import Report, StepResult
from reconciler.core.resource import Resource
from reconciler.core.step import Call, KnownAfter, Step, Wait
from reconciler.errors import ApiError, JobFailed, LiveStateError, StalePlanError, UnknownOutcome
from tests.support.fake_provider import FakeProvider
from tests.support.fleet_kinds import SCOPE, address, plan, resource

REFUSED = ApiError("POST Ship/ answered 422: no", "Look.", status=422)
LOST = UnknownOutcome("POST Ship/: no answer", "Run it again.")


def run(resources: list[Resource], script: dict) -> tuple[Report, FakeProvider]:
    """The report of making all these from nothing, and who was asked."""
    provider = FakeProvider(script=script)
    known = {each.address: each for each in resources}
    made = Run(plan(resources), lambda _: provider, known, lambda step, event: None)
    return made.execute(4), provider


def states(report: Report) -> dict[str, str]:
    """How each step ended."""
    return {result.id: result.state for result in report.results}


def one(report: Report, name: str) -> StepResult:
    """The result of this step."""
    return next(result for result in report.results if result.id == name)


def chain(*names: str) -> list[Resource]:
    """Resources that each lean on the one before."""
    needs = [(), *([name] for name in names)]
    return [resource(name, {}, needs=need) for name, need in zip(names, needs, strict=False)]


def test_only_dependants_are_skipped() -> None:
    resources = [*chain("Ship/a", "Ship/b", "Ship/c"), *chain("Ship/x", "Ship/y")]
    report, provider = run(resources, {"make Ship/a": REFUSED})
    assert states(report) == {
        "Ship/a": "failed", "Ship/b": "skipped", "Ship/c": "skipped",
        "Ship/x": "done", "Ship/y": "done",
    }  # fmt: skip
    assert "make Ship/b" not in provider.log
    assert report.exit_code == 5


def test_the_root_cause_is_named_through_every_level() -> None:
    report, _ = run(chain("Ship/a", "Ship/b", "Ship/c", "Ship/d"), {"make Ship/b": REFUSED})
    assert [result.cause for result in report.results] == ["", "", "Ship/b", "Ship/b"]


def test_of_two_causes_one_is_named() -> None:
    resources = [
        resource("Ship/a"),
        resource("Ship/b"),
        resource("Ship/c", {}, needs=["Ship/a", "Ship/b"]),
    ]
    report, _ = run(resources, {"make Ship/a": REFUSED, "make Ship/b": REFUSED})
    assert one(report, "Ship/c").cause == "Ship/a"


def test_a_failed_part_stops_the_parts_after_it() -> None:
    report, _ = run([resource("Ship/a", {"crew": ["ann"]})], {"make Ship/a": REFUSED})
    assert states(report) == {"Ship/a": "failed", "Ship/a#crew": "skipped"}


def test_the_reason_and_the_hint_are_kept() -> None:
    report, _ = run([resource("Ship/a")], {"make Ship/a": REFUSED})
    (failed,) = report.results
    assert (failed.error, failed.hint) == ("POST Ship/ answered 422: no", "Look.")
    assert (failed.log, failed.done_calls, failed.outputs) == ("", 0, {})


def test_the_log_of_a_failed_job_is_kept_and_what_was_done_before_is_counted() -> None:
    broken = JobFailed("the dock is cracked", "Mend it.", log="line 1\nline 2")
    report, _ = run([resource("Dock/pier")], {"wait drying": broken})
    (failed,) = report.results
    assert (failed.state, failed.error, failed.hint) == (
        "failed",
        "the dock is cracked",
        "Mend it.",
    )
    assert failed.log == "line 1\nline 2"
    assert failed.done_calls == 1


def test_a_defect_of_ours_costs_its_own_branch_only() -> None:
    report, _ = run([resource("Ship/a"), resource("Ship/b")], {"make Ship/a": KeyError("gone")})
    assert states(report) == {"Ship/a": "failed", "Ship/b": "done"}
    assert "KeyError" in one(report, "Ship/a").error
    assert "defect" in one(report, "Ship/a").hint


def test_an_output_that_never_came_fails_who_asks_for_it() -> None:
    resources = [resource("Ship/a", {"crew": ["ann"]}), resource("Ship/b")]
    report, provider = run(resources, {"make Ship/a": {"nothing": 1}})
    assert states(report) == {"Ship/a": "done", "Ship/a#crew": "failed", "Ship/b": "done"}
    assert "Ship/a did not tell its id" in one(report, "Ship/a#crew").error
    assert "hire Ship/a" not in provider.log


def test_a_write_whose_answer_was_lost_is_looked_for_first() -> None:
    found = {"id": "found"}
    report, provider = run([resource("Ship/a", {"crew": ["ann"]})],
                           {"make Ship/a": LOST, "look make Ship/a": found})  # fmt: skip
    assert provider.log == ["make Ship/a", "look make Ship/a", "hire Ship/a"]
    assert one(report, "Ship/a").outputs == found
    assert one(report, "Ship/a").done_calls == 1
    assert provider.calls[-1].path_params == found


def test_a_write_that_had_no_effect_is_sent_again() -> None:
    report, provider = run([resource("Ship/a")], {"make Ship/a": [LOST, LOST, None]})
    assert provider.log == [*["make Ship/a", "look make Ship/a"] * 2, "make Ship/a"]
    assert report.exit_code == 0


def test_a_write_is_not_sent_for_ever_and_looked_for_each_time() -> None:
    report, provider = run([resource("Ship/a")], {"make Ship/a": LOST})
    assert provider.log == ["make Ship/a", "look make Ship/a"] * SENDINGS
    assert one(report, "Ship/a").error == LOST.message


def test_what_the_last_sending_did_is_found_too() -> None:
    looks = [None] * (SENDINGS - 1) + [{"id": "late"}]
    report, _ = run([resource("Ship/a")], {"make Ship/a": LOST, "look make Ship/a": looks})
    assert one(report, "Ship/a").outputs == {"id": "late"}


def test_two_things_that_could_be_it_are_not_guessed_at() -> None:
    twins = LiveStateError("two ships: 1, 2", "Delete one.")
    report, provider = run([resource("Ship/a")], {"make Ship/a": LOST, "look make Ship/a": twins})
    assert provider.log == ["make Ship/a", "look make Ship/a"]
    assert one(report, "Ship/a").error == "two ships: 1, 2"


def test_a_look_that_fails_leaves_the_outcome_unknown_and_says_both() -> None:
    down = ApiError("GET ships/ answered 503", status=503)
    report, provider = run([resource("Ship/a")], {"make Ship/a": LOST, "look make Ship/a": down})
    assert provider.log == ["make Ship/a", "look make Ship/a"]
    told = one(report, "Ship/a").error
    assert LOST.message in told
    assert "GET ships/ answered 503" in told


def test_a_refusal_is_no_lost_answer() -> None:
    _, provider = run([resource("Ship/a")], {"make Ship/a": REFUSED})
    assert provider.log == ["make Ship/a"]


def test_a_lost_wait_is_not_sent_again() -> None:
    report, provider = run([resource("Dock/a")], {"wait drying": LOST})
    assert provider.log == ["make Dock/a", "wait drying"]
    assert states(report) == {"Dock/a": "failed"}


@pytest.mark.parametrize("moment", ["start", "drying goes on", "done"])
def test_a_listener_that_fails_costs_neither_work_nor_report(moment: str) -> None:
    def listen(step: Step, event: str) -> None:
        if event == moment:
            raise BrokenPipeError

    resources = [resource("Dock/a"), resource("Dock/b", {}, needs=["Dock/a"])]
    known = {each.address: each for each in resources}
    report = Run(plan(resources), lambda _: FakeProvider(), known, listen).execute(2)
    assert set(states(report).values()) == {"done"}


class Reviewer:
    """A guard that finds some objects moved."""

    def __init__(self, *moved: str) -> None:
        self.moved = moved
        self.log: list[str] = []

    def before(self, step: Step) -> None:
        """Refuses what has moved."""
        self.log.append(f"before {step.id}")
        if step.id in self.moved:
            raise StalePlanError(f"{step.id} was changed since the plan was made", "Plan again.")

    def after(self, step: Step, work: Call | Wait) -> None:
        """Takes note."""
        self.log.append(f"after {work.operation} {step.id}")


def test_what_moved_since_the_review_is_not_touched() -> None:
    resources = [*chain("Ship/a", "Ship/b"), resource("Dock/c")]
    known = {each.address: each for each in resources}
    provider, guard = FakeProvider(), Reviewer("Ship/a")
    made = Run(plan(resources), lambda _: provider, known, lambda *told: None, guard=guard)
    report = made.execute(1)
    assert states(report) == {"Ship/a": "failed", "Ship/b": "skipped", "Dock/c": "done"}
    assert one(report, "Ship/a").error == "Ship/a was changed since the plan was made"
    assert provider.log == ["make Dock/c", "wait drying"]
    looks = ["before Dock/c", "after make Dock/c", "after drying Dock/c"]
    assert guard.log == [*looks, "before Ship/a"]


def test_a_provider_that_cannot_be_opened_fails_its_steps_only() -> None:
    def serving(wanted: object) -> FakeProvider:
        if wanted == address("Ship/a"):
            raise ApiError("no connection")
        return FakeProvider()

    resources = [resource("Ship/a"), resource("Ship/b")]
    report = Run(plan(resources), serving, {}, lambda step, event: None).execute(2)
    assert states(report) == {"Ship/a": "failed", "Ship/b": "done"}


def test_what_a_wait_between_two_calls_broke_is_counted() -> None:
    calls = (Call("first", "POST", ""), Call("second", "POST", ""))
    step = Step("Ship/a", address("Ship/a"), "run", "", calls=calls, waits=(Wait("rest", after=1),))
    asks = Step(
        "Ship/b", address("Ship/b"), "run", "", waits=(Wait("x", {"id": KnownAfter("?", "id")}),)
    )
    provider = FakeProvider(script={"wait rest": JobFailed("stuck")})
    run = Run(Plan(SCOPE, None, (step, asks)), lambda _: provider, {}, lambda step, event: None)
    broken, unknown = run.execute(1).results
    assert (broken.done_calls, broken.error) == (1, "stuck")
    assert unknown.error == "? did not tell its id"
    assert provider.log == ["first None", "wait rest"]
