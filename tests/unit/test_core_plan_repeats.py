"""The same world gives the same plan, byte for byte, and every plan can be run.

Cases: resources and live objects in any order, steps after all they need, one step of each id,
what a plan may delete, a second plan after the first was carried out.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from functools import reduce
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.marker import scope_of
from reconciler.core.plan import Plan
from reconciler.core.resource import Live, Resource
from reconciler.core.step import KnownAfter
from reconciler.render.data import plan_data, to_json
from tests.support.fleet_kinds import SCOPE, live, plan, resource

NAMES = "abc"
# Few draws for each object keep 500 worlds cheap; the values are those that a diff trips over.
SPECS = [
    {},
    {"berths": 0, "description": None},
    {"berths": 1, "tags": ["x", "y"]},
    {"berths": 1.0, "tags": ["y", "x", "x"], "description": ""},
    {"tags": [], "country": "fi"},
    {"country": "se"},
    {"flag": "red", "cargo": {"tea": 1}},
    {"flag": "blue", "cargo": {"tea": 1, "salt": 0}, "crew": ["ann"]},
    {"flag": None, "crew": ["ann", "ben"], "voyage": "home"},
]
OWNERS = [(SCOPE, False)] * 4 + [(SCOPE, True), ("navy", False)]


def manifest(kind: str, name: str, spec: dict[str, Any], needs: int, leave: bool) -> Resource:
    """A dock or a ship; ``needs`` are bits for the docks it leans on, never in a circle."""
    docks = [other for other in NAMES if kind == "Ship" or other < name]
    leaned_on = [f"Dock/{other}" for bit, other in enumerate(docks) if needs & 1 << bit]
    return resource(f"{kind}/{name}", spec, needs=leaned_on, allow_replace=leave)


def found(kind: str, name: str, spec: dict[str, Any], owner: tuple[str, bool]) -> Live:
    """A dock or a ship that is there."""
    scope, protected = owner
    return live(f"{kind}/{name}", spec, owner=f"{scope}/{name}", protected=protected)


KIND, NAME, SPEC = map(st.sampled_from, (["Dock", "Ship"], NAMES, SPECS))
MANIFESTS = st.lists(
    st.builds(manifest, KIND, NAME, SPEC, st.integers(0, 7), st.booleans()),
    max_size=5,
    unique_by=lambda each: each.address,
)
LIVES = st.lists(
    st.builds(found, KIND, NAME, SPEC, st.sampled_from(OWNERS)),
    max_size=5,
    unique_by=lambda each: (each.kind, each.id),
)


@given(MANIFESTS, LIVES, st.booleans())
def test_the_order_of_what_comes_in_means_nothing(
    resources: list[Resource], lives: list[Live], prune: bool
) -> None:
    made = to_json(plan_data(plan(resources, lives, prune=prune)))
    assert to_json(plan_data(plan(resources[::-1], lives[::-1], prune=prune))) == made
    by_id = sorted(lives, key=lambda each: each.id)
    assert to_json(plan_data(plan(resources[1:] + resources[:1], by_id, prune=prune))) == made


@given(MANIFESTS, LIVES)
def test_every_plan_can_be_run_from_top_to_bottom_and_touches_only_ours(
    resources: list[Resource], lives: list[Live]
) -> None:
    ours = {(each.kind, each.id) for each in lives if scope_of(each.owner) == SCOPE}
    seen: set[str] = set()
    for step in plan(resources, lives, prune=True).steps:
        assert set(step.depends_on) <= seen
        assert step.id not in seen
        seen.add(step.id)
        named = [call.path_params["id"] for call in step.calls if "id" in call.path_params]
        for identity in named:
            assert isinstance(identity, KnownAfter) or (step.address.kind, identity) in ours


@given(MANIFESTS, LIVES)
def test_once_a_plan_is_carried_out_nothing_is_left_to_do(
    resources: list[Resource], lives: list[Live]
) -> None:
    first = plan(resources, lives, prune=True)
    if first.problems:
        return
    again = plan(resources, carried_out(first, lives), prune=True)
    assert (again.steps, again.problems) == ((), ())
    assert again.unchanged == len(resources)


def carried_out(made: Plan, lives: list[Live]) -> list[Live]:
    """The live objects as the plan's own steps say that they will be."""
    world = {(each.kind, each.id): each for each in lives}
    for step in made.steps:
        kind, name = step.address
        key = (kind, f"{name}-id")
        if step.action in ("delete", "replace"):
            del world[key]
        if step.action in ("create", "replace"):
            world.setdefault(key, live(str(step.address)))
        if step.action != "delete":
            spec = deepcopy(world[key].spec)
            for field in step.fields:
                *above, last = field.path.split(".")
                place = reduce(lambda held, part: held.setdefault(part, {}), above, spec)
                place[last] = field.new
            world[key] = replace(world[key], spec=spec)
    return list(world.values())
