"""Drift as JUnit XML: one test case per manifest, so that a CI server shows which differ."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from reconciler.core.drift import DriftedObject, drifted
from reconciler.core.graph import Graph
from reconciler.core.plan import Plan
from reconciler.core.resource import Address
from reconciler.errors import Problem
from reconciler.render.drift import field_lines
from reconciler.render.plain import plain
from reconciler.render.text import problem_lines, requests_line

SUITE = "reconciler drift"
# What XML 1.0 has no way to write, not even as a character reference.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def drift_junit(plan: Plan, graph: Graph | None = None) -> str:
    """Drift as failures, what could not be compared as errors or skipped, all else as passed."""
    graph = graph or Graph.of(())
    cases = [*_objects(plan, graph), *_others(plan, graph)]
    tally = {
        "tests": len(cases),
        "failures": sum(case.find("failure") is not None for case in cases),
        "errors": sum(case.find("error") is not None for case in cases),
        "skipped": sum(case.find("skipped") is not None for case in cases),
    }
    numbers = {key: str(count) for key, count in tally.items()}
    top = Element("testsuites", {"name": SUITE, **numbers})
    suite = SubElement(top, "testsuite", {"name": SUITE, **numbers})
    suite.extend(cases)
    lines = [*problem_lines(plan.problems), requests_line(plan.requests)]
    SubElement(suite, "system-out").text = _xml("\n".join(lines))
    indent(top)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(top, encoding="unicode")}'


def _objects(plan: Plan, graph: Graph) -> Iterator[Element]:
    """A case for every manifest and for every object that has none any more."""
    found = {each.address: each for each in drifted(plan)}
    problems = _by_address(plan.obstacles)
    lost = {lean for at in problems if at in graph.resources for lean in graph.dependants(at)}
    for address in dict.fromkeys((*graph.resources, *found)):
        case = _case(address.kind, str(address))
        if address in found:
            _failure(case, found[address])
        elif address in problems:
            _error(case, problems[address])
        elif address in lost:
            _add(case, "skipped", "what it depends on could not be compared")
        yield case


def _others(plan: Plan, graph: Graph) -> Iterator[Element]:
    """A case for every problem without an object that prevents the comparison."""
    for problem in plan.obstacles:
        if Address.parse(problem.address) not in graph.resources and not problem.blocked:
            case = _case("reconciler", f"{problem.code} {problem.location or problem.address}")
            _error(case, [problem])
            yield case


def _by_address(problems: Iterable[Problem]) -> dict[Address, list[Problem]]:
    found: dict[Address, list[Problem]] = {}
    for problem in problems:
        address = Address.parse(problem.address)
        if address:
            found.setdefault(address, []).append(problem)
    return found


def _case(kind: str, name: str) -> Element:
    return Element("testcase", {"classname": _xml(plain(kind)), "name": _xml(plain(name).strip())})


def _failure(case: Element, found: DriftedObject) -> None:
    message = f"{found.state}: {found.reason}"
    _add(case, "failure", message, found.state).text = _xml("\n".join(field_lines(found)))


def _error(case: Element, problems: list[Problem]) -> None:
    first = problems[0]
    _add(case, "error", first.message, first.code).text = _xml("\n".join(problem_lines(problems)))


def _add(case: Element, tag: str, message: str, type_: str = "") -> Element:
    given = {"message": _xml(plain(message)), **({"type": _xml(plain(type_))} if type_ else {})}
    return SubElement(case, tag, given)


def _xml(text: str) -> str:
    return _NOT_XML.sub("", text)
