"""What a plan does with objects that no manifest names, and how it counts.

Cases: prune off and on, order of deletes, users before what they use, protection, twins, kinds
that nothing can delete, foreign objects, partial runs, mass changes, the summary, problems.
"""

from __future__ import annotations

from reconciler.core.marker import Marker
from reconciler.core.plan import Plan
from reconciler.core.step import ACTIONS, Step
from reconciler.core.untouched import Untouched
from reconciler.errors import Problem
from tests.support.fleet_kinds import SCOPE, address, codes, live, plan, resource

USING_PIER = (("Dock", "pier-id"),)


def ids(made: Plan) -> list[str]:
    """Step ids in plan order."""
    return [step.id for step in made.steps]


def test_an_orphan_is_listed_while_prune_is_off() -> None:
    made = plan([], [live("Ship/old")])
    assert made.steps == ()
    assert made.untouched == (Untouched("orphan", "Ship", "old", "old-id"),)


def test_an_orphan_is_deleted_while_prune_is_on() -> None:
    old = live("Ship/old", name="renamed by hand")
    made = plan([], [old], prune=True)
    (step,) = made.steps
    assert (step.id, step.address, step.action) == ("Ship/old", address("Ship/old"), "delete")
    assert step.calls[0].path_params == {"id": "old-id"}
    assert step.precondition
    assert made.untouched == ()


def test_the_object_of_a_manifest_is_never_pruned() -> None:
    made = plan([resource("Ship/argo")], [live("Ship/argo")], prune=True)
    assert (made.steps, made.unchanged) == ((), 1)


def test_deletes_run_the_other_way_round_and_after_all_else() -> None:
    lives = [
        live("Dock/pier"),
        live("Dock/mole"),
        live("Ship/b", uses=USING_PIER),
        live("Ship/a"),
    ]
    made = plan([resource("Dock/new")], lives, prune=True)
    assert ids(made) == ["Dock/new", "Ship/a", "Ship/b", "Dock/mole", "Dock/pier"]
    needs = {step.id: step.depends_on for step in made.steps}
    assert needs["Dock/pier"] == ("Ship/b",)
    assert needs["Dock/mole"] == needs["Ship/b"] == ()


def test_what_still_uses_an_orphan_is_changed_first() -> None:
    argo = live("Ship/argo", {"flag": "blue"}, uses=USING_PIER)
    made = plan([resource("Ship/argo", {"flag": "red"})], [argo, live("Dock/pier")], prune=True)
    assert ids(made) == ["Ship/argo", "Dock/pier"]
    assert made.steps[1].depends_on == ("Ship/argo",)


def test_an_object_that_uses_an_orphan_twice_is_named_once() -> None:
    argo = live("Ship/argo", {"flag": "blue"}, uses=USING_PIER * 2)
    made = plan([resource("Ship/argo", {"flag": "red"})], [argo, live("Dock/pier")], prune=True)
    assert made.steps[1].depends_on == ("Ship/argo",)


def test_a_protected_orphan_blocks() -> None:
    made = plan([], [live("Ship/old", protected=True)], prune=True)
    assert codes(made.problems) == ["protected"]
    assert made.blocked


def test_twins_of_one_mark_are_not_guessed_at() -> None:
    twins = [live("Ship/old", id="2"), live("Ship/old", id="1"), live("Ship/other")]
    made = plan([], twins, prune=True)
    assert ids(made) == ["Ship/other"]
    assert set(codes(made.problems)) == {"ambiguous-identity"}
    assert all("1, 2" in problem.message for problem in made.problems)


def test_an_orphan_whose_manifest_pins_another_object_is_not_guessed_at() -> None:
    pinned = live("Ship/x", {"flag": "blue"}, owner=None)
    wanted = resource("Ship/argo", {"flag": "red"}, id="x-id")
    made = plan([wanted], [pinned, live("Ship/argo")], prune=True)
    assert ids(made) == ["Ship/argo"]
    assert made.steps[0].action == "update"
    assert codes(made.problems) == ["ambiguous-identity"]
    assert "argo-id, x-id" in made.problems[0].message


def test_what_nothing_can_delete_is_untouched() -> None:
    made = plan([], [live("Buoy/old")], prune=True)
    assert made.steps == ()
    assert [left.why for left in made.untouched] == ["orphan"]


def test_foreign_objects_are_never_touched_and_listed_in_order() -> None:
    lives = [live("Ship/b", owner="navy/b"), live("Ship/a", owner=None), live("Dock/c", owner="x")]
    made = plan([], lives, prune=True)
    assert made.steps == ()
    assert [(left.why, left.kind, left.name) for left in made.untouched] == [
        ("foreign", "Dock", "c"),
        ("foreign", "Ship", "a"),
        ("foreign", "Ship", "b"),
    ]


def test_a_partial_run_never_prunes() -> None:
    made = plan([resource("Ship/argo")], [live("Ship/old")], prune=True, partial=True)
    assert ids(made) == ["Ship/argo"]
    assert made.untouched == ()


def test_percentages_are_of_all_that_the_project_owns() -> None:
    lives = [live(f"Dock/{n}") for n in range(3)] + [live("Dock/a", owner="navy/a")]
    kept = [resource(f"Dock/{n}") for n in range(2)]
    assert plan(kept, lives, prune=True, max_delete_percent=34).problems == ()
    made = plan(kept, lives, prune=True, max_delete_percent=33)
    assert codes(made.problems) == ["mass-change"]
    assert "1 of 3 owned" in made.problems[0].message
    assert made.blocked
    let = plan(kept, lives, prune=True, max_delete_percent=33, allow_mass_change=True)
    assert let.problems == ()


def test_a_new_project_may_make_as_much_as_it_likes() -> None:
    made = plan([resource(f"Dock/{n}") for n in range(9)], max_change_percent=0)
    assert made.problems == ()


def test_the_summary_counts_objects_and_runs() -> None:
    resources = [
        resource("Dock/new"),
        resource("Ship/new", {"crew": ["ann"], "voyage": "home"}),
        resource("Ship/changed", {"flag": "red", "crew": ["ben"]}),
        resource("Dock/same"),
    ]
    lives = [live("Ship/changed", {"flag": "blue"}), live("Dock/same"), live("Ship/old")]
    summary = plan(resources, lives, prune=True).summary
    assert list(summary) == [*ACTIONS, "unchanged"]
    assert summary == {
        "create": 2, "update": 1, "replace": 0, "delete": 1, "run": 1, "adopt": 0, "check": 0,
        "unchanged": 1,
    }  # fmt: skip


def test_a_failed_check_is_counted_beside_what_happens_to_its_object() -> None:
    steps = [Step(f"Ship/argo#{n}", address("Ship/argo"), a, "") for n, a in enumerate(ACTIONS)]
    summary = Plan(SCOPE, None, tuple(steps)).summary
    assert {action for action, count in summary.items() if count} == {"create", "run", "check"}


def test_a_plan_is_blocked_by_policy_alone_only() -> None:
    blocked, wrong = Problem("a", "", blocked=True), Problem("b", "")
    warning = Problem("c", "", warning=True)
    assert not Plan(SCOPE, None).blocked
    assert Plan(SCOPE, None, problems=(blocked, warning)).blocked
    assert not Plan(SCOPE, None, problems=(blocked, wrong)).blocked
    assert not Plan(SCOPE, None, problems=(warning,)).blocked
    assert Plan(SCOPE, None, problems=(warning, wrong)).obstacles == (wrong,)


def test_what_a_marker_does_not_prove_is_never_deleted() -> None:
    stray = live("Ship/old", marker=Marker(f"{SCOPE}/old"), protected=True)
    made = plan([], [stray], prune=True)
    assert made.steps == ()
    assert codes(made.problems) == ["stray-marker"]
    assert made.obstacles == ()
    assert [each.why for each in made.untouched] == ["foreign"]


def test_what_a_marker_does_not_prove_makes_no_room_for_deletes() -> None:
    strays = [live(f"Ship/s{n}", marker=Marker(f"{SCOPE}/s{n}")) for n in range(9)]
    made = plan([], [live("Ship/old"), *strays], prune=True, max_delete_percent=30)
    assert "mass-change" in codes(made.problems)


def test_an_unproven_orphan_without_protection_is_left_without_a_word() -> None:
    made = plan([], [live("Ship/old", marker=Marker(f"{SCOPE}/old"))])
    assert (made.problems, [each.why for each in made.untouched]) == ((), ["foreign"])


def test_a_plan_to_forget_touches_nothing_else() -> None:
    lives = [live("Ship/a"), live("Ship/b"), live("Dock/a"), live("Ship/c", owner="navy/c")]
    made = plan([], lives, forget=frozenset({address("Ship/a"), address("Dock/a")}), prune=True)
    assert [(step.id, step.action) for step in made.steps] == [
        ("Dock/a", "update"),
        ("Ship/a", "update"),
    ]
    assert made.problems == ()


def test_a_protected_object_is_not_forgotten() -> None:
    kept = live("Ship/a", protected=True)
    made = plan([], [kept], forget=frozenset({address("Ship/a")}))
    assert (codes(made.problems), made.blocked) == (["protected"], True)


def test_what_carries_no_marker_cannot_be_forgotten() -> None:
    assert plan([], [live("Buoy/a")], forget=frozenset({address("Buoy/a")})).steps == ()
