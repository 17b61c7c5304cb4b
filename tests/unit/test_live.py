"""Reading live state.

Cases: which kinds of which providers are listed, lists and details that run at the same time,
objects that two pages show, details only for pairs, what a provider surveys, errors.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.core.graph import Graph
from reconciler.core.ownership import Ownership
from reconciler.core.resource import Live, Resource
from reconciler.errors import ApiError
from reconciler.live import Manifests, Snapshot, read
from tests.support.fake_provider import Detailed, FakeProvider, Named, meeting
from tests.support.fleet_kinds import KINDS, SCOPE, address, codes, live, resource

OURS = Ownership(SCOPE)


def seen(
    resources: list[Resource], provider: FakeProvider, parallelism: int = 4
) -> tuple[Snapshot, list[str]]:
    """What was read, and the names of the providers that were opened for it."""
    opened: list[str] = []

    def open_once(name: str) -> FakeProvider:
        opened.append(name)
        return provider

    graph = Graph.of(resources)
    return read(Manifests(graph), KINDS, open_once, OURS, parallelism), sorted(set(opened))


def test_every_kind_of_a_used_provider_is_listed_and_of_no_other() -> None:
    provider = FakeProvider([live("Ship/argo"), live("Dock/pier")])
    snapshot, opened = seen([resource("Ship/argo")], provider)
    assert opened == ["custom_models"]
    assert {line for line in provider.log if line.startswith("list")} == {"list Dock", "list Ship"}
    assert {each.kind for each in snapshot.lives} == {"Dock", "Ship"}


def test_without_manifests_nobody_is_asked() -> None:
    provider = FakeProvider()
    snapshot, opened = seen([], provider)
    assert (opened, provider.log, snapshot.lives) == ([], [], ())


def test_objects_of_a_kind_that_cannot_be_listed_are_looked_for_one_by_one() -> None:
    kinds = {**KINDS, "Dock": replace(KINDS["Dock"], listed=False)}
    provider = FakeProvider([live("Dock/pier"), live("Dock/old"), live("Ship/argo")])
    wanted = [resource(name) for name in ("Dock/pier", "Dock/new", "Ship/argo")]
    snapshot = read(Manifests(Graph.of(wanted)), kinds, lambda name: provider, OURS, 2)
    assert "list Dock" not in provider.log
    found = [line for line in provider.log if line.startswith("find")]
    assert sorted(found) == ["find Dock/new", "find Dock/pier"]
    assert provider.prefetched == [Named(["Dock/new", "Dock/pier", "Ship/argo"])] * 2
    assert set(snapshot.matches.pairs) == {address("Dock/pier"), address("Ship/argo")}
    assert snapshot.matches.orphans == ()


def test_pairs_get_their_details_and_nobody_else_does() -> None:
    lives = [live("Ship/argo"), live("Ship/old"), live("Ship/theirs", owner="navy/theirs")]
    provider = FakeProvider(lives)
    snapshot, _ = seen([resource("Ship/argo"), resource("Ship/new")], provider)
    assert [line for line in provider.log if line.startswith("detail")] == ["detail Ship/argo"]
    pairs = snapshot.matches.pairs
    assert list(pairs) == [address("Ship/argo")]
    assert pairs[address("Ship/argo")].facts == Detailed()
    assert [each.name for each in snapshot.matches.orphans] == ["old"]
    assert [each.name for each in snapshot.matches.foreign] == ["theirs"]


def test_each_pair_gets_the_details_of_its_own() -> None:
    names = [f"Ship/{n}" for n in range(20)]
    snapshot, _ = seen([resource(n) for n in names], FakeProvider([live(n) for n in names]))
    assert {str(a): f"{a.kind}/{each.name}" for a, each in snapshot.matches.pairs.items()} == {
        name: name for name in names
    }


def test_an_object_that_two_pages_show_is_one_object() -> None:
    shown = [live(name) for name in ("Ship/argo", "Ship/old", "Ship/argo", "Ship/old")]
    snapshot, _ = seen([resource("Ship/argo")], FakeProvider(shown))
    assert snapshot.matches.problems == ()
    assert [each.id for each in snapshot.matches.orphans] == ["old-id"]
    assert len(snapshot.lives) == 2


def test_lists_run_at_the_same_time() -> None:
    together = meeting(2)
    provider = FakeProvider(script={"list Ship": together, "list Dock": together})
    snapshot, _ = seen([resource("Ship/argo")], provider, parallelism=2)
    assert snapshot.lives == ()


def test_details_run_at_the_same_time() -> None:
    together = meeting(2)
    names = ["Ship/a", "Ship/b"]
    script = {f"detail {name}": together for name in names}
    provider = FakeProvider([live(name) for name in names], script)
    snapshot, _ = seen([resource(name) for name in names], provider, parallelism=2)
    assert len(snapshot.matches.pairs) == 2


def test_what_a_platform_is_like_is_asked_once_for_all_its_manifests() -> None:
    provider = FakeProvider()
    snapshot, opened = seen([resource("Ship/a"), resource("Dock/b"), resource("Buoy/c")], provider)
    assert opened == ["custom_models", "model_registry"]
    assert provider.log.count("prefetch") == 2
    assert snapshot.platform["custom_models"] == Named(["Dock/b", "Ship/a"])
    assert snapshot.platform["model_registry"] == Named(["Buoy/c"])


def test_problems_of_identity_are_kept_beside_the_pairs() -> None:
    twins: list[Live] = [live("Ship/a", id="1"), live("Ship/a", id="2"), live("Ship/b")]
    snapshot, _ = seen([resource("Ship/a"), resource("Ship/b")], FakeProvider(twins))
    assert codes(snapshot.matches.problems) == ["ambiguous-identity"]
    assert snapshot.matches.refused == {address("Ship/a")}
    assert list(snapshot.matches.pairs) == [address("Ship/b")]


@pytest.mark.parametrize("where", ["list Ship", "prefetch", "detail Ship/argo"])
def test_a_read_that_fails_fails_the_whole(where: str) -> None:
    provider = FakeProvider([live("Ship/argo")], {where: ApiError("GET answered 403", status=403)})
    with pytest.raises(ApiError, match="403"):
        seen([resource("Ship/argo")], provider)
