"""Problems as GitHub workflow commands.

Cases: every place and level; escaping as the runner undoes it; hostile strings that cannot start
a command of their own; where the run is to be seen.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from reconciler.errors import Problem
from reconciler.render.github import github, run_link
from tests.support.untrusted_text import STRINGS, problems


def read(line: str) -> tuple[str, dict[str, str], str]:
    """Level, properties and message, taken apart as the runner does it."""
    found = re.fullmatch(r"::(error|warning) ([^:]*)::(.*)", line)
    assert found is not None, line
    pairs = (pair.split("=", 1) for pair in found[2].split(","))
    properties = {
        key: text.replace("%2C", ",").replace("%3A", ":") for key, text in pairs
    }  # fmt: skip
    return found[1], {key: _data(text) for key, text in properties.items()}, _data(found[3])


def _data(text: str) -> str:
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def test_a_problem_stands_beside_its_line() -> None:
    found = Problem("not-one-of", "role is 'X'", "Say USER.", "a/b", "spec.role", "m/a.yaml", 3, 7)
    assert github([found]) == (
        "::error file=m/a.yaml,line=3,col=7,title=not-one-of::role is 'X'%0ASay USER."
    )


@pytest.mark.parametrize(
    ("problem", "shown"),
    [
        (Problem("c", "m", file="a.yaml"), "::error file=a.yaml,title=c::m"),
        (Problem("c", "m", file="a.yaml", line=3), "::error file=a.yaml,line=3,title=c::m"),
        (Problem("c", "m", address="Ship/argo"), "::error title=c::Ship/argo: m"),
        (Problem("c", "m", warning=True), "::warning title=c::m"),
        (Problem("c", "m", blocked=True), "::error title=c::m"),
        (
            Problem("c", "100 %\n::error::x", file="a:b,c%d.yaml"),
            "::error file=a%3Ab%2Cc%25d.yaml,title=c::100 %25\\n::error::x",
        ),
    ],
)
def test_every_place_and_level(problem: Problem, shown: str) -> None:
    assert github([problem]) == shown


def test_no_problem_no_command() -> None:
    assert github([]) == ""


@pytest.mark.parametrize("text", STRINGS)
def test_a_hostile_string_stays_on_its_line(text: str) -> None:
    shown = github([Problem(text or "c", text, text, text, text, text, 1, 1)] * 2)
    assert len(shown.splitlines()) == 2
    for line in shown.splitlines():
        read(line)


@given(problems())
def test_the_runner_reads_what_was_meant(problem: Problem) -> None:
    shown = github([problem])
    assert len(shown.splitlines()) == 1
    if problem.code or problem.file:
        level, properties, message = read(shown)
        assert level == ("warning" if problem.warning else "error")
        assert properties.keys() <= {"file", "line", "col", "title"}
        assert len(message.splitlines()) <= 2


def test_where_the_run_is() -> None:
    env = {
        "GITHUB_SERVER_URL": "https://git.example",
        "GITHUB_REPOSITORY": "acme/models",
        "GITHUB_RUN_ID": "17",
    }
    assert run_link(env) == "https://git.example/acme/models/actions/runs/17"
    assert run_link({**env, "GITHUB_RUN_ID": ""}) == ""
    assert run_link({}) == ""
