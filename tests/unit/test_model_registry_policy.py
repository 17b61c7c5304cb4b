"""What is only observed is none of our objects: it counts in no percentage of the policy."""

from __future__ import annotations

from dataclasses import replace

from reconciler.core.kind import Part
from reconciler.core.planner import build
from tests.support.fleet_kinds import BUOY, KINDS, address, codes, live, resource, world

SEEN = replace(BUOY, listed=False, parts=(Part("", lambda change: None),))


def test_looked_up_objects_do_not_make_room_for_more_deletes() -> None:
    kept = [resource("Dock/a"), resource("Dock/b")]
    lives = [live("Dock/a"), live("Dock/b"), live("Dock/gone")]
    seen = {address(f"Buoy/{name}"): live(f"Buoy/{name}") for name in "pqrstuvw"}
    wanted = world([*kept, *(resource(str(each)) for each in seen)], lives, prune=True)
    pairs = {**wanted.matches.pairs, **seen}
    full = replace(
        wanted,
        kinds={**KINDS, "Buoy": SEEN},
        matches=replace(wanted.matches, pairs=pairs),
        policy=replace(wanted.policy, max_delete_percent=30),
    )
    # One of three of our own, though one of eleven of all that was looked at.
    assert codes(build(full, "fraud", None).problems) == ["mass-change"]
