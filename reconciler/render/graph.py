"""What depends on what, as a drawing in the languages of Mermaid and Graphviz."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from reconciler.core.graph import Graph
from reconciler.core.resource import Address
from reconciler.render.plain import plain

# (fill, line) with dark text on it; a kind's place among the kinds of the graph chooses.
COLOURS = (
    ("#dbeafe", "#1d4ed8"),
    ("#dcfce7", "#15803d"),
    ("#fef3c7", "#b45309"),
    ("#f3e8ff", "#7e22ce"),
    ("#ffe4e6", "#be123c"),
    ("#e2e8f0", "#334155"),
)
TEXT = "#111827"


def mermaid(graph: Graph) -> str:
    """A Mermaid flowchart; an arrow runs from a dependant to what it needs."""
    lines = ["flowchart LR"]
    lines += _drawn(graph, lambda node, at: f'{node}["{_entities(str(at))}"]', "-->")
    for index, (kind, (fill, line)) in enumerate(_colours(graph)):
        nodes = ",".join(node for at, node in _nodes(graph).items() if at.kind == kind)
        lines.append(f"    classDef kind{index} fill:{fill},stroke:{line},color:{TEXT}")
        lines.append(f"    class {nodes} kind{index}")
    return "\n".join(lines)


def dot(graph: Graph) -> str:
    """A Graphviz digraph; an arrow runs from a dependant to what it needs."""
    colours = dict(_colours(graph))

    def declared(node: str, at: Address) -> str:
        fill, line = colours[at.kind]
        label = _quoted(str(at))
        return f'{node} [label={label}, fillcolor="{fill}", color="{line}", fontcolor="{TEXT}"];'

    lines = [
        "digraph reconciler {",
        "    rankdir=LR;",
        '    node [shape=box, style="rounded,filled"];',
    ]
    return "\n".join([*lines, *_drawn(graph, declared, "->", ";"), "}"])


def _drawn(
    graph: Graph, declared: Callable[[str, Address], str], arrow: str, end: str = ""
) -> Iterator[str]:
    """Nodes, then edges, both in order of addresses.

    Nodes get names of ours: a name from outside could be a word of the language.
    """
    nodes = _nodes(graph)
    for address, node in nodes.items():
        yield f"    {declared(node, address)}"
    for address, node in nodes.items():
        for needed in graph.dependencies(address):
            yield f"    {node} {arrow} {nodes[needed]}{end}"


def _nodes(graph: Graph) -> dict[Address, str]:
    return {address: f"n{index}" for index, address in enumerate(graph.resources)}


def _colours(graph: Graph) -> Iterator[tuple[str, tuple[str, str]]]:
    kinds = dict.fromkeys(address.kind for address in graph.resources)
    for index, kind in enumerate(kinds):
        yield kind, COLOURS[index % len(COLOURS)]


def _entities(text: str) -> str:
    # Mermaid reads Markdown, HTML and its own syntax inside quotes too: only words go through.
    return re.sub(r"[^\w /.-]", lambda char: f"#{ord(char[0])};", plain(text))


def _quoted(text: str) -> str:
    # Graphviz takes HTML entities and backslash escapes inside quotes.
    safe = plain(text).replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{safe}"'
