"""Problems as GitHub workflow commands, which put each one beside its line in the pull request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.errors import Problem
from reconciler.render.plain import inert, plain
from reconciler.render.text import sentence

RUN_VARIABLES = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")


def github(problems: Iterable[Problem]) -> str:
    """One command per problem, each on a line of its own."""
    return "\n".join(_command(problem) for problem in problems)


def run_link(env: Mapping[str, str]) -> str:
    """Where the whole output of this workflow run is; '' outside of GitHub Actions."""
    server, repository, run = (env.get(name, "") for name in RUN_VARIABLES)
    return f"{server}/{repository}/actions/runs/{run}" if server and repository and run else ""


def _command(problem: Problem) -> str:
    level = "warning" if problem.warning else "error"
    properties = {
        "file": problem.file,
        "line": str(problem.line) if problem.line else "",
        "col": str(problem.column) if problem.line and problem.column else "",
        "title": problem.code,
    }
    options = ",".join(f"{key}={_property(text)}" for key, text in properties.items() if text)
    where = "" if problem.file or not problem.address else f"{problem.address}: "
    # Line breaks of ours only: those that came from outside have been spelled out by then.
    lines = [where + sentence(problem), *([problem.hint] if problem.hint else [])]
    return f"::{level} {options}::{_data(chr(10).join(inert(plain(line)) for line in lines))}"


def _data(text: str) -> str:
    # As the runner takes it apart; the percent sign first, or the others would be escaped twice.
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(inert(plain(text))).replace(":", "%3A").replace(",", "%2C")
