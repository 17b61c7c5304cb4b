"""Renames: the live object that a manifest with former names means.

Cases: one rename, a rename that was applied, a swap before, in and after it, the old name for a
new object, both names live, a renamed project, other projects of the same name, copies, objects
that look renamed, what a partial run may know.
"""

from __future__ import annotations

from typing import Any

from reconciler.core.identity import MatchResult, match
from reconciler.core.marker import Marker
from reconciler.core.ownership import Ownership, free_identity, is_proven
from reconciler.core.resource import Live, Resource
from tests.support.fleet_kinds import SCOPE, address, codes, live, resource

FILES = "cargo"


def matched(
    resources: list[Resource], lives: list[Live], ownership: Ownership | None = None, **more: Any
) -> MatchResult:
    """The pairs of these two sides."""
    return match(resources, lives, ownership or Ownership(SCOPE), **more)


def owned(identity: str, owner: str, was: str = "", **more: Any) -> Live:
    """A live ship with this id, whose marker names this owner and the name before."""
    marker = Marker(f"{SCOPE}/{owner}", id=identity, notes={"was": was} if was else {})
    return live("Ship/x", id=identity, owner=f"{SCOPE}/{owner}", marker=marker, **more)


def renamed(name: str, *former: str) -> Resource:
    """The manifest of a ship that had other names."""
    return resource(f"Ship/{name}", formerly=former)


def pairs(found: MatchResult) -> dict[str, str]:
    """The id of the live object of each manifest."""
    return {each.name: live.id for each, live in found.pairs.items()}


def test_a_former_name_leads_to_the_object() -> None:
    found = matched([renamed("new", "older", "old")], [owned("1", "old")])
    assert (pairs(found), found.problems, found.orphans) == ({"new": "1"}, (), ())


def test_an_applied_rename_stays_where_it_is() -> None:
    found = matched([renamed("new", "old")], [owned("1", "new", was="old")])
    assert (pairs(found), found.problems) == ({"new": "1"}, ())


def test_two_objects_may_swap_their_names() -> None:
    swap = [renamed("a", "b"), renamed("b", "a")]
    before = [owned("1", "a"), owned("2", "b")]
    half = [owned("1", "b", was="a"), owned("2", "b")]
    after = [owned("1", "b", was="a"), owned("2", "a", was="b")]
    for lives in (before, half, after, after[::-1], half[::-1]):
        found = matched(swap, lives)
        assert (pairs(found), found.problems) == ({"a": "2", "b": "1"}, ())


def test_the_old_name_is_free_only_after_the_rename() -> None:
    both = [renamed("aaa", "y"), renamed("new", "old"), resource("Ship/old")]
    found = matched(both, [owned("1", "old")])
    assert pairs(found) == {"new": "1"}
    (problem,) = found.problems
    assert (problem.code, problem.address) == ("name-not-free", "Ship/old")
    later = matched(both, [owned("1", "new", was="old"), owned("2", "old")])
    assert (pairs(later), later.problems) == ({"new": "1", "old": "2"}, ())
    free = matched(both, [owned("1", "new", was="old")])
    assert (pairs(free), free.problems) == ({"new": "1"}, ())


def test_a_former_name_that_has_a_manifest_is_not_taken_away() -> None:
    both = [renamed("new", "old"), resource("Ship/old")]
    found = matched(both, [owned("1", "new"), owned("2", "old")])
    assert (pairs(found), found.problems) == ({"new": "1", "old": "2"}, ())


def test_both_names_live_is_not_clear() -> None:
    found = matched([renamed("new", "old")], [owned("1", "new"), owned("2", "old")])
    assert codes(found.problems) == ["ambiguous-identity"]


def test_a_renamed_project_keeps_its_objects() -> None:
    moved = Ownership("navy", "7f3a", former=(SCOPE,))
    for project in ("", "7f3a"):
        ship = live("Ship/argo", project=project)
        found = matched([resource("Ship/argo")], [ship], moved)
        assert pairs(found) == {"argo": "argo-id"}
    lost = matched([], [live("Ship/argo")], moved)
    assert [each.id for each in lost.orphans] == ["argo-id"]
    assert moved.owner("argo") == "navy/argo"


def test_another_project_of_the_same_name_is_another_owner() -> None:
    ours, theirs = Ownership(SCOPE, "7f3a"), live("Ship/argo", project="ffff")
    found = matched([resource("Ship/hulk")], [theirs], ours)
    assert (found.pairs, found.foreign) == ({}, (theirs,))
    pinned = matched([resource("Ship/argo", id="argo-id")], [theirs], ours)
    (problem,) = pinned.problems
    assert problem.code == "foreign-object"
    assert "uid ffff" in problem.message
    unnamed = matched([resource("Ship/hulk")], [theirs], Ownership(SCOPE))
    assert unnamed.foreign == (theirs,)


def test_a_pin_to_a_former_name_is_a_rename() -> None:
    found = matched([resource("Ship/new", id="1", formerly=("old",))], [owned("1", "old")])
    assert (pairs(found), found.problems) == ({"new": "1"}, ())
    (problem,) = matched([resource("Ship/new", id="1")], [owned("1", "old")]).problems
    assert "metadata.formerly: [old]" in problem.hint


def test_a_copy_carries_a_marker_that_proves_nothing() -> None:
    marker = Marker(f"{SCOPE}/argo")
    original = live("Ship/argo", marker=marker, external_id=f"{SCOPE}/argo")
    copy = live("Ship/argo", id="copy", marker=marker)
    for lives in ([original, copy], [copy, original]):
        found = matched([resource("Ship/argo")], lives)
        assert (pairs(found), found.foreign, found.orphans) == ({"argo": "argo-id"}, (copy,), ())


def test_an_object_of_ours_that_looks_renamed_is_not_made_again() -> None:
    lost = owned("1", "old", name="Argo")
    (problem,) = matched([resource("Ship/new", {"name": "Argo"})], [lost]).problems
    assert problem.code == "renamed-object"
    assert "metadata.formerly: [old]" in problem.hint
    dock = live("Dock/old", name="Argo")
    assert matched([resource("Ship/new", {"name": "Argo"})], [dock]).problems == ()
    assert matched([resource("Ship/new", {"name": "Other"})], [lost]).problems == ()


def test_what_has_a_manifest_that_is_not_here_does_not_look_renamed() -> None:
    lost, wanted = owned("1", "old", name="Argo"), [resource("Ship/new", {"name": "Argo"})]
    others = [resource("Ship/old")]
    assert matched(wanted, [lost], unselected=others).problems == ()
    assert matched(wanted, [lost], whole=False).problems == ()


def test_a_proof_is_the_own_id_or_the_identity_field() -> None:
    assert is_proven(owned("1", "argo"))
    assert not is_proven(live("Ship/argo", marker=Marker(f"{SCOPE}/argo")))
    assert not is_proven(live("Ship/argo", owner=None, external_id=f"{SCOPE}/argo"))
    for identity in ("argo", "argo~2"):
        assert is_proven(live("Ship/argo", marker=None, external_id=f"{SCOPE}/{identity}"))


def test_an_identity_that_is_taken_gets_a_number() -> None:
    assert free_identity("fleet/argo", set()) == "fleet/argo"
    assert free_identity("fleet/argo", {"fleet/argo", "fleet/argo~2"}) == "fleet/argo~3"


def test_an_identity_of_our_form_is_ours_when_the_content_names_it_too() -> None:
    chosen = f"{SCOPE}/other"
    wanted = resource("Ship/argo", user_provided_id=chosen)
    for marker_owner, refused in ((None, []), (chosen, ["foreign-object"])):
        ship = live(
            "Ship/x", owner=chosen, external_id=chosen, marker=None, marker_owner=marker_owner
        )
        assert codes(matched([wanted], [ship]).problems) == refused
    marked = live("Ship/x", owner="navy/x", external_id=chosen)
    assert codes(matched([wanted], [marked]).problems) == ["foreign-object"]


def test_an_unknown_name_means_nothing() -> None:
    assert matched([renamed("new", "old")], []).pairs == {}
    assert address("Ship/new") not in matched([renamed("new", "old")], [owned("1", "z")]).pairs
