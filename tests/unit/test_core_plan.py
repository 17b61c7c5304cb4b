"""Building a plan: what is to be done to each object, and in which order.

Cases: create, update and nothing; parts of one object as a chain; values known only after an
earlier step; order and needs over references, also through objects with nothing to do; what
cannot be planned and what leans on it; fixed fields; replace; ignored fields.
"""

from __future__ import annotations

from dataclasses import replace

from reconciler.core.fingerprint import fingerprint
from reconciler.core.kind import Part, PlanContext
from reconciler.core.plan import Plan
from reconciler.core.planner import PlanInput, build
from reconciler.core.step import FieldChange, KnownAfter, Step, StepDraft
from tests.support.fleet_kinds import DOCK, KINDS, address, codes, live, plan, resource, world

CREW = {"crew": ["ann"]}


def ids(made: Plan) -> list[str]:
    """Step ids in plan order."""
    return [step.id for step in made.steps]


def step(made: Plan, name: str) -> Step:
    """The step of this id."""
    return next(each for each in made.steps if each.id == name)


def test_an_object_that_is_not_there_is_made() -> None:
    made = plan([resource("Dock/pier", {"berths": 3, "description": None})])
    (only,) = made.steps
    assert (only.id, only.address, only.action) == ("Dock/pier", address("Dock/pier"), "create")
    assert only.precondition == ""
    assert [(f.path, f.old, f.new, f.reason) for f in only.fields] == [
        ("berths", None, 3, "new object")
    ]
    assert only.calls[0].body["name"] == "pier"
    assert made.problems == ()


def test_an_object_that_differs_is_changed_in_one_call() -> None:
    found = live("Dock/pier", {"berths": 2, "tags": ["b", "a"], "country": "fi"})
    made = plan([resource("Dock/pier", {"berths": 3, "tags": ["a", "b"]})], [found])
    (only,) = made.steps
    assert only.action == "update"
    assert [(f.path, f.old, f.new) for f in only.fields] == [("berths", 2, 3)]
    assert only.calls[0].path_params == {"id": "pier-id"}
    assert only.calls[0].body == {"berths": 3}
    assert only.precondition == fingerprint(found)


def test_an_object_that_is_as_it_should_be_has_no_step() -> None:
    made = plan([resource("Dock/pier", {"berths": 2.0})], [live("Dock/pier", {"berths": 2})])
    assert made.steps == ()
    assert made.unchanged == 1


def test_the_parts_of_an_object_are_a_chain() -> None:
    made = plan([resource("Ship/argo", {"hull": "oak", **CREW, "voyage": "home"})])
    assert ids(made) == ["Ship/argo", "Ship/argo#crew", "Ship/argo#voyage"]
    assert [each.depends_on for each in made.steps] == [(), ("Ship/argo",), ("Ship/argo#crew",)]
    assert [[f.path for f in each.fields] for each in made.steps] == [
        ["hull"],
        ["crew"],
        ["voyage"],
    ]


def test_a_part_with_nothing_to_do_leaves_no_gap() -> None:
    made = plan([resource("Ship/argo", {**CREW, "voyage": "home"})], [live("Ship/argo", CREW)])
    assert ids(made) == ["Ship/argo#voyage"]
    assert made.steps[0].depends_on == ()


def test_what_only_an_earlier_step_can_tell_is_said_so() -> None:
    made = plan([resource("Ship/argo", CREW), resource("Ship/tern", {}, needs=["Ship/argo"])])
    known_after = KnownAfter("Ship/argo", "id")
    assert step(made, "Ship/argo#crew").calls[0].path_params == {"id": known_after}
    assert step(made, "Ship/tern").calls[0].body["near"] == [known_after]


def test_what_is_known_is_passed_on_as_it_is() -> None:
    made = plan([resource("Ship/argo", CREW, needs=["Dock/pier"]), resource("Dock/pier")],
                [live("Ship/argo"), live("Dock/pier")])  # fmt: skip
    assert step(made, "Ship/argo#crew").calls[0].path_params == {"id": "argo-id"}
    again = plan([resource("Ship/tern", needs=["Dock/pier"]), resource("Dock/pier")],
                 [live("Dock/pier")])  # fmt: skip
    assert step(again, "Ship/tern").calls[0].body["near"] == ["pier-id"]


def test_dependencies_come_first_and_ties_are_sorted() -> None:
    made = plan(
        [
            resource("Ship/a", {}, needs=["Dock/z"]),
            resource("Ship/b"),
            resource("Dock/z"),
            resource("Dock/y", {}, needs=["Ship/b"]),
        ]
    )
    assert ids(made) == ["Dock/z", "Ship/b", "Dock/y", "Ship/a"]
    assert step(made, "Ship/a").depends_on == ("Dock/z",)
    assert step(made, "Dock/y").depends_on == ("Ship/b",)


def test_a_dependant_waits_for_every_part() -> None:
    made = plan([resource("Ship/argo", CREW), resource("Dock/pier", {}, needs=["Ship/argo"])])
    assert step(made, "Dock/pier").depends_on == ("Ship/argo", "Ship/argo#crew")


def test_only_the_first_part_waits_for_the_dependencies() -> None:
    made = plan([resource("Ship/argo", CREW, needs=["Dock/pier"]), resource("Dock/pier")])
    assert step(made, "Ship/argo").depends_on == ("Dock/pier",)
    assert step(made, "Ship/argo#crew").depends_on == ("Ship/argo",)


def test_a_need_reaches_through_an_object_with_nothing_to_do() -> None:
    resources = [
        resource("Dock/pier"),
        resource("Ship/argo", {}, needs=["Dock/pier"]),
        resource("Ship/tern", {}, needs=["Ship/argo"]),
        resource("Ship/wren", {}, needs=["Ship/tern"]),
    ]
    made = plan(resources, [live("Ship/argo"), live("Ship/tern")])
    assert ids(made) == ["Dock/pier", "Ship/wren"]
    assert step(made, "Ship/wren").depends_on == ("Dock/pier",)


def test_a_part_that_cannot_be_planned_takes_its_dependants_with_it() -> None:
    resources = [
        resource("Ship/argo", {"crew": ["mutineer"]}),
        resource("Ship/tern", {}, needs=["Ship/argo"]),
        resource("Ship/wren", {}, needs=["Ship/tern"]),
        resource("Dock/pier"),
    ]
    made = plan(resources)
    assert ids(made) == ["Dock/pier"]
    assert codes(made.problems) == ["mutiny"]
    assert made.blocked
    assert made.unchanged == 0


def test_an_object_whose_identity_is_not_clear_is_not_planned() -> None:
    twins = [live("Ship/argo", id="1"), live("Ship/argo", id="2")]
    made = plan([resource("Ship/argo"), resource("Ship/tern", {}, needs=["Ship/argo"])], twins)
    assert made.steps == ()
    assert codes(made.problems) == ["ambiguous-identity"]
    assert made.unchanged == 0
    assert not made.blocked


def test_a_dependency_outside_of_a_partial_run_counts_for_nothing() -> None:
    made = plan([resource("Ship/argo", {}, needs=["Dock/elsewhere"])], partial=True)
    assert made.steps[0].depends_on == ()


def test_a_fixed_field_without_leave_is_refused_and_nothing_is_deleted() -> None:
    made = plan([resource("Ship/argo", {"hull": "oak"})], [live("Ship/argo", {"hull": "elm"})])
    assert made.steps == ()
    assert codes(made.problems) == ["needs-replace"]


def test_a_replace_deletes_and_makes_in_one_step() -> None:
    found = live("Ship/argo", {"hull": "elm", "name": "a", **CREW})
    wanted = resource("Ship/argo", {"name": "b", "hull": "oak", **CREW}, allow_replace=True)
    made = plan([wanted], [found])
    assert ids(made) == ["Ship/argo", "Ship/argo#crew"]
    first, second = made.steps
    assert first.action == "replace"
    assert [call.operation for call in first.calls] == ["remove", "make"]
    assert first.calls[0].path_params == {"id": "argo-id"}
    assert first.precondition == fingerprint(found)
    assert first.fields[0].path == "hull"
    assert (first.fields[0].old, first.fields[0].new) == ("elm", "oak")
    assert second.calls[0].path_params == {"id": KnownAfter("Ship/argo", "id")}
    assert made.summary["replace"] == 1


def test_what_was_waited_for_after_the_making_still_is() -> None:
    pier = resource("Dock/pier", {"country": "se"}, allow_replace=True)
    (made,) = plan([pier]).steps
    assert (made.waits[0].after, len(made.calls)) == (1, 1)
    (again,) = plan([pier], [live("Dock/pier", {"country": "fi"})]).steps
    assert (again.waits[0].after, len(again.calls)) == (2, 2)


def test_what_may_not_be_deleted_may_not_be_replaced() -> None:
    wanted = resource("Ship/argo", {"hull": "oak"}, allow_replace=True)
    made = plan([wanted], [live("Ship/argo", {"hull": "elm"}, protected=True)])
    assert codes(made.problems) == ["protected"]
    assert made.steps == ()
    assert made.blocked


def test_those_that_lean_on_a_replaced_object_get_its_new_id() -> None:
    found = live("Dock/pier", {"country": "fi"})
    pier = resource("Dock/pier", {"country": "se"}, allow_replace=True)
    made = plan([pier, resource("Ship/argo", {}, needs=["Dock/pier"])], [found])
    assert step(made, "Ship/argo").calls[0].body["near"] == [KnownAfter("Dock/pier", "id")]


def test_an_ignored_field_is_left_and_listed() -> None:
    wanted = resource(
        "Dock/pier", {"berths": 3, "description": "b"}, ignore_changes=("description",)
    )
    made = plan([wanted], [live("Dock/pier", {"berths": 2, "description": "a"})])
    assert made.steps[0].calls[0].body == {"berths": 3}
    (left,) = made.untouched
    assert (left.why, left.kind, left.name, left.id) == ("ignored", "Dock", "pier", "pier-id")
    assert (left.path, left.old, left.new) == ("description", "a", "b")


def test_an_object_that_differs_in_ignored_fields_only_is_unchanged() -> None:
    wanted = resource("Dock/pier", {"description": "b"}, ignore_changes=("description",))
    made = plan([wanted], [live("Dock/pier", {"description": "a"})])
    assert made.steps == ()
    assert made.unchanged == 1


def test_an_ignored_key_that_only_its_kind_could_compare_is_listed_without_values() -> None:
    wanted = resource("Ship/argo", {"dock": {"ref": "pier"}}, ignore_changes=("dock", "flag"))
    (left,) = plan([wanted], [live("Ship/argo")]).untouched
    assert (left.why, left.path, left.old, left.new) == ("ignored", "dock", None, None)
    assert left.note
    unwritten = resource("Ship/argo", {}, ignore_changes=("dock",))
    assert plan([unwritten], [live("Ship/argo")]).untouched == ()


def test_nothing_is_ignored_of_an_object_that_is_to_be_made() -> None:
    wanted = resource("Dock/pier", {"description": "b"}, ignore_changes=("description",))
    made = plan([wanted])
    assert [field.path for field in made.steps[0].fields] == ["description"]
    assert made.untouched == ()


def parted(made: StepDraft, *, non_blocking: bool = False) -> PlanInput:
    """A dock whose second part wants this, and a ship that leans on the dock."""
    second = Part("paint", lambda change: made, ("tags",), non_blocking=non_blocking)
    kind = replace(DOCK, parts=(*DOCK.parts, second))
    wanted = [resource("Dock/pier"), resource("Ship/argo", {}, needs=["Dock/pier"])]
    return replace(world(wanted), kinds={**KINDS, "Dock": kind})


def test_nobody_waits_for_a_part_that_stands_aside() -> None:
    paint = StepDraft("update", "paint differs")
    made = build(parted(paint), "fleet", None)
    assert step(made, "Ship/argo").depends_on == ("Dock/pier", "Dock/pier#paint")
    made = build(parted(paint, non_blocking=True), "fleet", None)
    assert step(made, "Dock/pier#paint").depends_on == ("Dock/pier",)
    assert step(made, "Ship/argo").depends_on == ("Dock/pier",)


def test_what_a_part_keeps_on_purpose_is_listed() -> None:
    made = build(
        parted(StepDraft(kept=(FieldChange("paint", "red", None, "maker"),))), "fleet", None
    )
    (left,) = made.untouched
    assert (left.why, left.kind, left.name, left.id) == ("maker", "Dock", "pier", "")
    assert (left.path, left.old, left.new) == ("paint", "red", None)


def test_a_part_sees_every_live_object_in_an_order_of_its_own() -> None:
    def look(change: PlanContext) -> StepDraft:
        return StepDraft(
            "check", " ".join(f"{each.name}:{each.id}" for each in change.catalog["Ship"])
        )

    watcher = replace(DOCK, parts=(Part("", look),))
    lives = [live("Ship/b"), live("Ship/a", id="2", owner=None), live("Ship/a", id="1", owner="x")]
    for order in (lives, lives[::-1]):
        seen = replace(world([resource("Dock/pier")], order), kinds={**KINDS, "Dock": watcher})
        assert build(seen, "fleet", None).steps[0].reason == "a:1 a:2 b:b-id"
