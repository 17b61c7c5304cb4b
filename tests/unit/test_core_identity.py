"""Which live object a manifest means.

Cases: the order of identity, two candidates, a pin that leads nowhere or to another owner, two
manifests that mean one object, names that others already use, orphans and foreign objects.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.identity import MatchResult, match
from reconciler.core.ownership import Ownership
from reconciler.core.resource import Live, Resource
from tests.support.fleet_kinds import SCOPE, address, codes, live, resource


def matched(resources: list[Resource], lives: list[Live]) -> MatchResult:
    """The pairs of these two sides."""
    return match(resources, lives, Ownership(SCOPE))


def provided(text: str, identity: str | None, **more: Any) -> Live:
    """A live object whose identity field holds this."""
    return live(text, external_id=identity, **more)


def test_the_mark_finds_the_object_whatever_its_name_is() -> None:
    argo = live("Ship/argo", name="renamed by hand")
    found = matched([resource("Ship/argo")], [live("Ship/other"), argo])
    assert found.pairs == {address("Ship/argo"): argo}
    assert found.problems == ()


def test_a_pin_beats_the_identity_field_and_the_mark() -> None:
    pinned = live("Ship/pinned", owner=None)
    field, marked = provided("Ship/b", "elsewhere/argo", owner=None), live("Ship/argo")
    wanted = resource("Ship/argo", id="pinned-id", user_provided_id="elsewhere/argo")
    assert matched([wanted], [marked, field, pinned]).pairs[wanted.address] is pinned


def test_the_identity_field_beats_the_mark() -> None:
    field, marked = provided("Ship/b", "elsewhere/argo", owner=None), live("Ship/argo")
    wanted = resource("Ship/argo", user_provided_id="elsewhere/argo")
    assert matched([wanted], [marked, field]).pairs[wanted.address] is field


def test_what_is_not_clear_is_refused_and_the_rest_is_not() -> None:
    lives = [live("Ship/a", id="1"), live("Ship/a", id="2"), live("Ship/b")]
    found = matched([resource("Ship/a"), resource("Ship/b"), resource("Ship/c", id="x")], lives)
    assert found.refused == {address("Ship/a"), address("Ship/c")}
    assert set(found.pairs) == {address("Ship/b")}


def test_an_object_without_the_identity_field_is_found_by_no_text() -> None:
    bare = [live("Ship/a", owner=None), provided("Ship/b", None, owner=None)]
    found = matched([resource("Ship/c", user_provided_id="None")], bare)
    assert (found.pairs, found.problems) == ({}, ())


def test_identity_holds_within_one_kind() -> None:
    dock = live("Dock/argo", id="same")
    assert matched([resource("Ship/argo")], [dock]).pairs == {}
    found = matched([resource("Ship/argo", id="same")], [dock])
    assert codes(found.problems) == ["pinned-object-missing"]


def test_two_candidates_are_an_error_that_lists_both_and_takes_neither() -> None:
    twins = [live("Ship/argo", id="id-2"), live("Ship/argo", id="id-1")]
    found = matched([resource("Ship/argo")], twins)
    assert found.pairs == {}
    (problem,) = found.problems
    assert problem.code == "ambiguous-identity"
    assert "id-1, id-2" in problem.message
    assert (problem.address, problem.path) == ("Ship/argo", "metadata")
    assert problem.hint


def test_what_carries_an_ambiguous_identity_is_no_orphan() -> None:
    twins = [live("Ship/argo", id="id-2"), live("Ship/argo", id="id-1")]
    assert matched([resource("Ship/argo")], twins).orphans == ()


def test_a_pin_that_leads_nowhere_is_an_error() -> None:
    (problem,) = matched([resource("Ship/argo", id="gone")], [live("Ship/argo")]).problems
    assert problem.code == "pinned-object-missing"
    assert "gone" in problem.message


def test_a_pin_may_not_take_the_object_of_another_owner() -> None:
    for owner in ("navy/argo", f"{SCOPE}/other"):
        theirs = live("Ship/x", owner=owner)
        (problem,) = matched([resource("Ship/argo", id="x-id")], [theirs]).problems
        assert problem.code == "foreign-object"
        assert owner in problem.message


def test_a_pin_may_take_what_nobody_or_another_tool_owns() -> None:
    for owner in (None, "", "by-hand", f"{SCOPE}/argo"):
        found = matched([resource("Ship/argo", id="x-id")], [live("Ship/x", owner=owner)])
        assert found.problems == ()
        assert found.pairs


def test_two_manifests_may_not_mean_one_object() -> None:
    pair = [resource("Ship/b", id="a-id"), resource("Ship/a")]
    found = matched(pair, [live("Ship/a")])
    assert codes(found.problems) == ["foreign-object", "claimed-twice", "claimed-twice"]
    one, other = found.problems[1:]
    assert one.message == "Ship/b means the live object a-id, and so does Ship/a"
    assert other.message == "Ship/a means the live object a-id, and so does Ship/b"
    assert found.refused == {address("Ship/a"), address("Ship/b")}


def test_a_new_object_may_not_have_the_name_of_somebody_elses() -> None:
    theirs = [live("Ship/z", name="Argo", owner="navy/z"), live("Ship/y", name="Argo", owner=None)]
    (problem,) = matched([resource("Ship/argo", {"name": "Argo"})], theirs).problems
    assert problem.code == "name-taken"
    assert "y-id, z-id" in problem.message
    assert "navy/z" in problem.message
    assert "metadata.id" not in problem.hint


def test_a_name_that_nobodys_object_has_can_be_adopted() -> None:
    theirs = [live("Ship/z", name="argo", owner=None), live("Ship/y", name="argo", owner="by-hand")]
    for lives in (theirs, theirs[::-1]):
        (problem,) = matched([resource("Ship/argo")], lives).problems
        assert "metadata.id: y-id" in problem.hint


def test_names_collide_only_for_objects_that_are_to_be_made() -> None:
    theirs = live("Ship/z", name="argo", owner=None)
    assert matched([resource("Ship/argo")], [theirs, live("Ship/argo")]).problems == ()
    assert (
        matched([resource("Ship/argo")], [live("Dock/z", name="argo", owner=None)]).problems == ()
    )


def test_what_no_manifest_means_is_an_orphan_or_foreign() -> None:
    orphan, nobodys = live("Ship/old"), live("Ship/a", owner=None)
    theirs, target = live("Ship/b", owner="navy/b"), live("Ship/c", owner=f"{SCOPE}/prod/c")
    found = matched([], [theirs, orphan, nobodys, target])
    assert found.orphans == (orphan,)
    assert set(map(id, found.foreign)) == set(map(id, (theirs, nobodys, target)))


OWNERS = st.sampled_from([None, "by-hand", "navy/a", *(f"{SCOPE}/{name}" for name in "abc")])
LIVES = st.lists(
    st.builds(
        lambda kind, number, owner: live(f"{kind}/{number}", owner=owner, name=f"n{number}"),
        st.sampled_from(["Dock", "Ship"]),
        st.integers(0, 5),
        OWNERS,
    ),
    max_size=6,
    unique_by=lambda each: (each.kind, each.id),
)
MANIFESTS = st.lists(
    st.builds(
        lambda kind, name, pin: resource(f"{kind}/{name}", id=pin),
        st.sampled_from(["Dock", "Ship"]),
        st.sampled_from("abc"),
        st.sampled_from([None, None, "1-id", "2-id"]),
    ),
    max_size=4,
    unique_by=lambda each: each.address,
)


@given(MANIFESTS, LIVES)
def test_every_live_object_has_one_place_whatever_order_it_came_in(
    resources: list[Resource], lives: list[Live]
) -> None:
    found = matched(resources, lives)
    seen = [*found.pairs.values(), *found.orphans, *found.foreign]
    if "ambiguous-identity" not in codes(found.problems):
        assert {id(each) for each in seen} == {id(each) for each in lives}
    if not found.problems:
        assert sorted(map(id, seen)) == sorted(map(id, lives))
    assert all((each.owner or "").startswith(f"{SCOPE}/") for each in found.orphans)
    for order in (lives[::-1], lives[1:] + lives[:1]):
        again = matched(resources, order)
        assert (again.pairs, again.problems) == (found.pairs, found.problems)
