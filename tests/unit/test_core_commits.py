"""An older commit does not go over a newer one.

Cases: objects made from a later, an earlier and an unknown commit, objects that no step touches,
orphans that would be deleted, what a user may say to it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reconciler.core.kind import PlanOptions
from reconciler.core.plan import Plan
from reconciler.core.planner import build
from reconciler.core.resource import Live
from tests.support.fleet_kinds import SCOPE, codes, live, resource, world

NEW, OLD, STRANGE = "e" * 40, "0" * 40, "5" * 40


def planned(*lives: Live, flag: str = "red", **options: Any) -> Plan:
    """The plan of one ship that should have this flag; ``prune`` is on."""
    made = world([resource("Ship/argo", {"flag": flag})], lives, prune=True)
    return build(replace(made, options=PlanOptions(SCOPE, **options)), SCOPE, None)


def argo(*commits: str) -> Live:
    """The ship with another flag, made from these commits."""
    return live("Ship/argo", {"flag": "blue"}, commits=commits)


def test_an_object_of_a_later_commit_blocks() -> None:
    made = planned(argo(OLD, NEW), newer=frozenset({NEW}))
    (problem,) = made.problems
    assert (problem.code, problem.blocked, problem.address) == ("rollback", True, "Ship/argo")
    assert NEW[:12] in problem.message
    assert "--allow-rollback" in problem.hint
    assert made.blocked


def test_an_object_of_an_earlier_commit_is_no_obstacle() -> None:
    assert planned(argo(OLD), newer=frozenset({NEW})).problems == ()
    assert planned(argo(), newer=frozenset({NEW})).problems == ()


def test_an_object_that_nobody_touches_is_no_obstacle() -> None:
    made = planned(argo(NEW), flag="blue", newer=frozenset({NEW}), unknown=frozenset({NEW}))
    assert (made.steps, made.problems) == ((), ())


def test_an_orphan_of_a_later_commit_is_not_deleted() -> None:
    made = planned(live("Ship/old", commits=(NEW,)), newer=frozenset({NEW}))
    assert codes(made.problems) == ["rollback"]
    assert made.problems[0].address == "Ship/old"


def test_commits_that_the_clone_does_not_know_block_once() -> None:
    lives = argo(STRANGE), live("Ship/old", commits=(STRANGE, OLD))
    made = planned(*lives, unknown=frozenset({STRANGE}))
    (problem,) = made.problems
    assert (problem.code, problem.blocked) == ("unknown-order", True)
    assert "does not know 1 commit" in problem.message
