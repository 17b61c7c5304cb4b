"""Carrying out a plan: what is sent, in which order, with which values.

Cases: order over the graph, branches that overlap, outputs of earlier steps, waits in their place,
a plan without steps, the report in plan order, what a listener is told.
"""

from __future__ import annotations

from threading import current_thread

from reconciler.apply import Run
from reconciler.core.plan import Plan
from reconciler.core.report import Report
from reconciler.core.resource import Resource
from reconciler.core.step import Call, KnownAfter, Step, Wait
from tests.support.fake_provider import FakeProvider, meeting
from tests.support.fleet_kinds import SCOPE, address, live, plan, resource


def applied(
    made: Plan, provider: FakeProvider, resources: list[Resource], parallelism: int = 4
) -> Report:
    """The report of carrying out this plan."""
    known = {each.address: each for each in resources}
    return Run(made, lambda _: provider, known, lambda step, event: None).execute(parallelism)


def run(resources: list[Resource], provider: FakeProvider, parallelism: int = 4) -> Report:
    """The report of making all these from nothing."""
    return applied(plan(resources), provider, resources, parallelism)


def test_a_plan_without_steps_does_nothing() -> None:
    provider = FakeProvider()
    report = applied(Plan(SCOPE, None), provider, [])
    assert (report.results, report.exit_code, provider.log) == ((), 0, [])


def test_steps_run_in_the_order_of_their_needs() -> None:
    resources = [
        resource("Ship/a", {}, needs=["Dock/z"]),
        resource("Dock/z"),
        resource("Dock/b", {}, needs=["Ship/a"]),
    ]
    provider = FakeProvider()
    report = run(resources, provider)
    sent = [line for line in provider.log if line.startswith("make")]
    assert sent == ["make Dock/z", "make Ship/a", "make Dock/b"]
    assert report.exit_code == 0


def test_one_worker_goes_through_ties_in_the_order_of_their_names() -> None:
    provider = FakeProvider()
    run([resource(f"Ship/{name}") for name in "cab"], provider, parallelism=1)
    assert provider.log == ["make Ship/a", "make Ship/b", "make Ship/c"]


def test_independent_branches_overlap() -> None:
    together = meeting(3)
    names = ["Ship/a", "Ship/b", "Ship/c"]
    provider = FakeProvider(script={f"make {name}": together for name in names})
    assert run([resource(name) for name in names], provider, parallelism=3).exit_code == 0


def test_a_slow_branch_does_not_hold_up_the_next_step_of_another() -> None:
    # Ship/slow ends only once the second step of the other branch has begun.
    together = meeting(2)
    provider = FakeProvider(script={"make Ship/slow": together, "hire Ship/quick": together})
    resources = [resource("Ship/slow"), resource("Ship/quick", {"crew": ["ann"]})]
    assert run(resources, provider, parallelism=2).exit_code == 0


def test_no_more_workers_are_there_than_asked_for() -> None:
    workers: list[str] = []
    names = [f"Ship/{n}" for n in range(20)]
    script = {f"make {name}": lambda: workers.append(current_thread().name) for name in names}
    provider = FakeProvider(script=script)
    run([resource(name) for name in names], provider, parallelism=2)
    assert len(workers) == 20
    assert len(set(workers)) <= 2


def test_what_a_step_gives_is_filled_in_where_a_later_one_asks() -> None:
    resources = [
        resource("Ship/argo", {"crew": ["ann"]}, needs=["Dock/pier"]),
        resource("Dock/pier"),
    ]
    provider = FakeProvider(script={"make Dock/pier": {"id": "d1"}, "make Ship/argo": {"id": "s1"}})
    report = run(resources, provider)
    by_operation = {f"{call.operation} {call.path}": call for call in provider.calls}
    assert by_operation["make Ship/"].body["near"] == ["d1"]
    assert by_operation["hire Ship/{id}/crew/"].path_params == {"id": "s1"}
    assert [result.outputs for result in report.results] == [
        {"id": "d1"}, {"id": "s1"}, {"crewId": "Ship/argo crewId"},
    ]  # fmt: skip


def test_values_are_filled_in_however_deep_they_lie() -> None:
    argo, known = address("Ship/argo"), KnownAfter("Ship/argo", "id")
    body = {"a": {"b": [known, {"c": (known, 1)}]}, "d": None}
    make, change = Call("make", "POST", "", outputs=("id",)), Call("change", "PATCH", "", body=body)
    first = Step("Ship/argo", argo, "create", "", calls=(make,))
    second = Step("Ship/argo#b", argo, "update", "", calls=(change,), depends_on=(first.id,))
    provider = FakeProvider(script={"make None": {"id": "s1"}})
    applied(Plan(SCOPE, None, (first, second)), provider, [])
    assert provider.calls[1].body == {"a": {"b": ["s1", {"c": ["s1", 1]}]}, "d": None}
    assert body["a"]["b"][0] is known


def test_a_later_call_may_use_what_an_earlier_one_of_its_step_gave() -> None:
    argo = address("Ship/argo")
    calls = (
        Call("make", "POST", "", outputs=("id",)),
        Call("paint", "PATCH", "", {"id": KnownAfter("Ship/argo", "id")}),
    )
    provider = FakeProvider(script={"make None": {"id": "s1"}})
    applied(Plan(SCOPE, None, (Step("Ship/argo", argo, "create", "", calls=calls),)), provider, [])
    assert provider.calls[1].path_params == {"id": "s1"}


def test_waits_stand_in_their_place_between_the_calls() -> None:
    argo = address("Ship/argo")
    calls = (Call("first", "POST", ""), Call("second", "POST", ""))
    waits = (Wait("end", after=2), Wait("start", after=0), Wait("middle", after=1))
    provider = FakeProvider()
    made = Plan(SCOPE, None, (Step("Ship/argo", argo, "run", "", calls=calls, waits=waits),))
    report = applied(made, provider, [])
    assert [line.removesuffix(" None") for line in provider.log] == [
        "wait start", "first", "wait middle", "second", "wait end",
    ]  # fmt: skip
    assert report.results[0].done_calls == 2


def test_a_wait_gets_its_values_and_gives_outputs_too() -> None:
    resources = [resource("Dock/pier")]
    provider = FakeProvider(script={"make Dock/pier": {"id": "d1"}, "wait drying": {"dry": True}})
    report = run(resources, provider)
    assert (provider.waits[0].params, provider.waits[0].timeout) == ({"id": "d1"}, 90)
    assert report.results[0].outputs == {"id": "d1", "dry": True}


def test_the_report_is_in_the_order_of_the_plan() -> None:
    resources = [resource(f"Ship/{name}", {"crew": ["ann"]}) for name in "dacb"]
    made = plan(resources)
    report = applied(made, FakeProvider(), resources)
    assert [result.id for result in report.results] == [step.id for step in made.steps]
    assert report.summary == {"done": 8, "failed": 0, "skipped": 0, "notReached": 0}


def test_a_delete_has_no_manifest_to_send_along() -> None:
    provider = FakeProvider()
    report = applied(plan([], [live("Ship/old")], prune=True), provider, [])
    assert provider.log == ["remove old-id"]
    assert report.exit_code == 0


def test_a_listener_is_told_of_start_progress_and_end() -> None:
    told: list[tuple[str, str]] = []
    made = plan([resource("Dock/pier")])
    run = Run(made, lambda _: FakeProvider(), {}, lambda step, event: told.append((step.id, event)))
    run.execute(1)
    assert told == [
        ("Dock/pier", "start"), ("Dock/pier", "drying goes on"), ("Dock/pier", "done"),
    ]  # fmt: skip


def test_every_step_is_served_by_the_provider_of_its_address() -> None:
    docks, ships = FakeProvider(), FakeProvider()
    resources = [resource("Dock/pier"), resource("Ship/argo")]
    serving = {"Dock": docks, "Ship": ships}
    known = {each.address: each for each in resources}
    Run(plan(resources), lambda a: serving[a.kind], known, lambda step, event: None).execute(2)
    assert docks.log == ["make Dock/pier", "wait drying"]
    assert ships.log == ["make Ship/argo"]
