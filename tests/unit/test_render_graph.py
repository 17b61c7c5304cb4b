"""The dependency graph as Mermaid and as dot, and the command that prints it.

Cases: nodes, arrows and kinds of both; an empty graph; hostile names; the command with a good
project and a broken one.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.cli.context import Environment
from reconciler.cli.main import run
from reconciler.core.graph import Graph
from reconciler.core.resource import Address, Resource
from reconciler.render.graph import COLOURS, TEXT, dot, mermaid
from reconciler.session import Registry
from tests.support.fleet_kinds import KINDS, resource
from tests.support.untrusted_text import STRINGS, texts

FLEET = Graph.of([resource("Ship/argo", needs=["Dock/pier"]), resource("Dock/pier")])
LABEL = r'"(?:[^"\\\n]|\\["\\])*"'
DOT_LINE = re.compile(
    r"digraph reconciler \{|    rankdir=LR;|    node \[shape=box, style=\"rounded,filled\"\];|\}"
    rf'|    n\d+ \[label={LABEL}(, \w+="#\w{{6}}"){{3}}\];|    n\d+ -> n\d+;'
)
MERMAID_LINE = re.compile(
    r'flowchart LR|    n\d+\["[\w /.#;-]*"\]|    n\d+ --> n\d+'
    r"|    classDef kind\d+ fill:#\w{6},stroke:#\w{6},color:#\w{6}|    class n\d+(,n\d+)* kind\d+"
)


def test_mermaid() -> None:
    assert mermaid(FLEET) == (
        """\
flowchart LR
    n0["Dock/pier"]
    n1["Ship/argo"]
    n1 --> n0
    classDef kind0 fill:#dbeafe,stroke:#1d4ed8,color:#111827
    class n0 kind0
    classDef kind1 fill:#dcfce7,stroke:#15803d,color:#111827
    class n1 kind1"""
    )


def test_dot() -> None:
    assert dot(FLEET) == (
        """\
digraph reconciler {
    rankdir=LR;
    node [shape=box, style="rounded,filled"];
    n0 [label="Dock/pier", fillcolor="#dbeafe", color="#1d4ed8", fontcolor="#111827"];
    n1 [label="Ship/argo", fillcolor="#dcfce7", color="#15803d", fontcolor="#111827"];
    n1 -> n0;
}"""
    )


def test_an_empty_graph_is_still_a_drawing() -> None:
    assert mermaid(Graph.of(())) == "flowchart LR"
    assert dot(Graph.of(())).endswith('filled"];\n}')


def test_kinds_share_colours_when_there_are_more_of_them() -> None:
    many = Graph.of([Resource(Address(f"K{n}", "x"), {}) for n in range(len(COLOURS) + 1)])
    assert mermaid(many).count(f"fill:{COLOURS[0][0]},") == 2
    assert dot(many).count(f'fontcolor="{TEXT}"') == len(COLOURS) + 1


@pytest.mark.parametrize(
    ("name", "in_mermaid", "in_dot"),
    [
        ('a"b', "a#34;b", 'a\\"b'),
        ("<b>", "#60;b#62;", "<b>"),
        ("#1;", "#35;1#59;", "#1;"),
        ("a\\nb", "a#92;nb", "a\\\\nb"),
        ("a&amp;b", "a#38;amp#59;b", "a&amp;amp;b"),
        ("`x`", "#96;x#96;", "`x`"),
        ("a\nb", "a#92;nb", "a\\\\nb"),
    ],
)
def test_names_are_only_names(name: str, in_mermaid: str, in_dot: str) -> None:
    graph = Graph.of([Resource(Address("Ship", name), {})])
    assert f'n0["Ship/{in_mermaid}"]' in mermaid(graph)
    assert f'label="Ship/{in_dot}"' in dot(graph)


@given(st.lists(st.one_of(texts, st.sampled_from(STRINGS)), max_size=4, unique=True))
def test_any_names_make_a_drawing(names: list[str]) -> None:
    addresses = [Address(name, name) for name in names]
    graph = Graph.of(Resource(at, {}, depends_on=tuple(addresses[:1])) for at in addresses[::-1])
    assert all(DOT_LINE.fullmatch(line) for line in dot(graph).splitlines())
    assert all(MERMAID_LINE.fullmatch(line) for line in mermaid(graph).splitlines())


def drawn(folder: Path, *arguments: str) -> int:
    """The exit code of ``graph``, with the made-up kinds and no platform at all."""

    def nowhere(name: str, given: object) -> None:
        raise AssertionError("graph is offline")

    outer = Environment(Registry(KINDS, nowhere), {})  # type: ignore[arg-type]
    return run(["--project-dir", str(folder), "graph", *arguments], outer)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "fleet.yaml").write_text(
        "apiVersion: reconciler/v1\nkind: Ship\nmetadata: {name: argo}\n"
        "spec: {dock: {ref: pier}}\n---\n"
        "apiVersion: reconciler/v1\nkind: Dock\nmetadata: {name: pier}\nspec: {}\n"
    )
    assert drawn(tmp_path) == 0
    assert capsys.readouterr().out == f"{mermaid(FLEET)}\n"
    assert drawn(tmp_path, "--format", "dot", "--output", str(tmp_path / "fleet.dot")) == 0
    assert capsys.readouterr().out == ""
    assert (tmp_path / "fleet.dot").read_text() == f"{dot(FLEET)}\n"


def test_a_broken_project_is_not_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "fleet.yaml").write_text("apiVersion: reconciler/v1\nkind: Shipp\n")
    assert drawn(tmp_path) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "unknown-kind" in told.err
