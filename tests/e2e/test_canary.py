"""A token and a secret variable of the environment appear in no byte that the tool gives out.

Every scenario is played again at -vv; where it ends, every view of it is taken in every format.
Then a platform that repeats the token in errors, headers, names and redirects, at any request.
"""

from __future__ import annotations

import base64
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.scenarios.invariants import forms
from tests.scenarios.scenario import HERE, SCRIPT, Player, lines
from tests.support.sandbox import TOKEN, Done, Stage

VARIABLE = "canary-5ecret-variable"
NAMES = ("AWS_SECRET_ACCESS_KEY", "TFY_API_KEY", "MODEL_RUNS_TOKEN", "BATCH_INFERENCE_API_KEY")
SECRETS = (TOKEN, VARIABLE)
VIEWS = (
    ("plan", "--out", "canary-plan.json", "--prune", "--format", "json"),
    *(("plan", "--format", form) for form in ("markdown", "html")),
    *(("drift", "--format", form) for form in ("json", "markdown", "junit")),
    *(("validate", "--format", form) for form in ("github", "sarif")),
    *(("show", "canary-plan.json", "--format", form) for form in ("text", "html")),
    ("apply", "--auto-approve", "--report", "canary-report.json", "--format", "json"),
)
SCENARIOS = sorted(path.parent for path in HERE.glob(f"*/{SCRIPT}"))


def check(stage: Stage, done: Done) -> None:
    """Neither secret is in what was printed or written."""
    texts = {"stdout": done.out.encode(), "stderr": done.err.encode()}
    files = [path for path in stage.folder.rglob("*") if path.is_file()]
    found = [
        (name, secret)
        for name, text in (*texts.items(), *((str(path), path.read_bytes()) for path in files))
        for secret in SECRETS
        if any(form.encode() in text.lower() for form in forms(secret))
    ]
    assert found == [], f"{done.arguments}\n{done.out}{done.err}"


class Telling(Player):
    """Plays a script at -vv; only secrets count, not what is printed."""

    def step(self, line: str, block: list[str]) -> None:
        verb, _, rest = line.partition(" ")
        if verb in ("$", "setup"):
            _, _, arguments = rest.partition(" ")
            self.run(*words_of(self, f"-vv {arguments.replace('-q ', '')}"))
        elif verb != "show":
            super().step(line, block)

    def run(self, *arguments: str) -> None:
        """One command, with the secrets around it."""
        self.stage.env |= dict.fromkeys(NAMES, VARIABLE)
        done = self.stage.run(*arguments, keys=self.keys)
        self.keys = None
        check(self.stage, done)
        self._learn()


def words_of(player: Player, line: str) -> list[str]:
    """The words of a command line, ids filled in."""
    return shlex.split(player._filled(line))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[path.name for path in SCENARIOS])
def test_no_scenario_tells_a_secret(scenario: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    shutil.copytree(scenario, folder, ignore=shutil.ignore_patterns(SCRIPT, "*.txt"))
    player = Telling(folder)
    for line, block in lines(scenario / SCRIPT):
        player.step(line, block)
    for view in VIEWS:
        player.run("-vv", *view)


# -- a platform that repeats what it was sent ------------------------------------------------


class Echo(httpx.BaseTransport):
    """From the ``at``-th request on, answers ``times`` requests with the token all over it."""

    def __init__(self, inner: httpx.BaseTransport, at: int, way: str, times: int) -> None:
        self.inner, self.at, self.way, self.times = inner, at, way, times
        self.count = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        if not self.at <= self.count < self.at + self.times:
            return self.inner.handle_request(request)
        held = request.headers["Authorization"]
        if self.way == "drop":
            raise httpx.RemoteProtocolError(f"no answer to {held}", request=request)
        return ECHOES[self.way](held)


def _body(status: int, held: str) -> httpx.Response:
    text = {"message": f"bad {held}", "errors": {held: [held]}, "x": held.upper()}
    return httpx.Response(status, json=text, headers={"X-Request-Id": held, "Retry-After": held})


def _redirect(held: str) -> httpx.Response:
    token = held.split()[-1]
    return httpx.Response(302, headers={"Location": f"https://{token}.example/{token}?t={token}"})


def _page(held: str) -> httpx.Response:
    token = held.split()[-1]
    page = {"data": [{"id": token}], "next": f"https://{token}.evil.example/?t={token}"}
    return httpx.Response(200, json=page)


def _long(held: str) -> httpx.Response:
    token = held.split()[-1]
    return httpx.Response(422, json={"message": "x" * 250 + token * 3})


def _encoded(held: str) -> httpx.Response:
    data = held.split()[-1].encode()
    texts = ["".join(f"%{byte:02X}" for byte in data), base64.b64encode(b"u:" + data).decode()]
    texts.append("".join(f"&#{byte};" for byte in data))
    return httpx.Response(403, json={"message": " ".join(texts)})


def _own_next(held: str) -> httpx.Response:
    page = {"data": [], "next": f"https://platform.test/api/v2/x/?t={held.split()[-1]}"}
    return httpx.Response(200, json=page)


ECHOES = {
    "encoded": _encoded,
    "next": _own_next,
    "401": lambda held: _body(401, held),
    "422": lambda held: _body(422, held),
    "500": lambda held: _body(500, held),
    "redirect": _redirect,
    "303": lambda held: httpx.Response(303, headers={"Location": f"//{held.split()[-1]}/"}),
    "page": _page,
    "long": _long,
    "no JSON": lambda held: httpx.Response(200, text=f"<html>{held}"),
}
COMMANDS = (
    ("plan", "--format", "json", "--out", "plan.json"),
    ("apply", "--auto-approve", "--report", "r.json"),
)


def stages(tmp_path: Path) -> Iterator[Stage]:
    """A fresh project for each round."""
    for round_ in range(10_000):
        folder = tmp_path / str(round_)
        shutil.copytree(HERE / "bases" / "churn", folder)
        yield Stage(folder)


@pytest.mark.parametrize("way", [*ECHOES, "drop"])
def test_a_platform_that_repeats_the_token_gets_it_into_no_output(way: str, tmp_path: Path) -> None:
    fresh = stages(tmp_path)
    for at in (1, 2, 3, 4, 6, 8):
        stage = next(fresh)
        inner = stage.wire
        for command in COMMANDS:
            stage.wire = Echo(inner, at, way, 1 if way == "drop" else 99)  # type: ignore[assignment]
            check(stage, stage.run("-vv", *command))
