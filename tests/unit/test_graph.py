"""The graph: order, who leans on whom, what a choice brings along, circles."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.graph import MAX_CYCLES, Graph
from reconciler.core.resource import Address, Resource


def at(name: str) -> Address:
    return Address("K", name)


def graph(**edges: str) -> Graph:
    """One letter a resource: ``graph(a="bc")`` leans on b and c."""
    return Graph.of(
        Resource(at(name), {}, depends_on=tuple(map(at, targets)))
        for name, targets in edges.items()
    )


def text(addresses: tuple[Address, ...]) -> str:
    return "".join(address.name for address in addresses)


def test_dependencies_come_first_and_ties_are_sorted() -> None:
    assert text(graph(d="", c="", b="d", a="c").order()) == "cdab"


def test_resources_are_sorted_however_they_come() -> None:
    made = graph(c="", a="", b="")
    assert [each.address.name for each in made] == ["a", "b", "c"]
    assert len(made) == 3


def test_an_address_outside_counts_for_nothing() -> None:
    made = graph(a="x", b="a")
    assert text(made.order()) == "ab"
    assert made.dependencies(at("a")) == ()


def test_dependants_at_any_distance() -> None:
    made = graph(a="", b="a", c="b", d="ab", e="")
    assert text(made.dependants(at("a"))) == "bcd"
    assert text(made.dependants(at("e"))) == ""


def test_closure_brings_what_is_needed() -> None:
    made = graph(a="", b="a", c="b", d="")
    assert text(made.closure([at("c"), at("x")])) == "abc"
    assert made.closure([]) == ()


def test_no_circle() -> None:
    assert graph(a="b", b="c", c="").cycles() == ()


def test_a_circle_starts_at_its_first_address_and_follows_the_dependencies() -> None:
    assert [text(each) for each in graph(c="a", b="c", a="b", d="a").cycles()] == ["abca"]


def test_a_resource_that_leans_on_itself() -> None:
    assert [text(each) for each in graph(a="a").cycles()] == ["aa"]


def test_several_circles() -> None:
    found = graph(a="b", b="a", c="d", d="c", e="f", f="").cycles()
    assert sorted(map(text, found)) == ["aba", "cdc"]


def test_circles_are_counted_up_to_a_limit() -> None:
    names = [f"{number:02}" for number in range(20)]
    made = Graph.of(Resource(at(name), {}, depends_on=(at(name),)) for name in names)
    assert len(made.cycles()) == MAX_CYCLES


@given(st.dictionaries(st.sampled_from("abcdef"), st.text("abcdef", max_size=3)))
def test_order_and_circles_fit_together(edges: dict[str, str]) -> None:
    made = graph(**edges)
    if made.cycles():
        for circle in made.cycles():
            assert circle[0] == circle[-1] == min(circle)
            for one, other in pairwise(circle):
                assert other in made.dependencies(one)
        return
    order = made.order()
    assert sorted(order) == list(made.resources)
    for address in order:
        for needed in made.dependencies(address):
            assert order.index(needed) < order.index(address)
            assert address in made.dependants(needed)
            assert needed in made.closure([address])
