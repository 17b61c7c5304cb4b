"""Whatever the platform answers: a result or one of our errors, never a traceback, and an end.

A run on the reference project, or on the example over all four APIs, is played with one answer
spoiled, or all answers from there on.
"""

from __future__ import annotations

import json
import random
import re
import resource
import shutil
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from reconciler.providers.http import Runtime
from tests.fuzz.answer_mutations import spoiled
from tests.support.reference_project import prepare, write_edit, write_first
from tests.support.registered_example import EXAMPLES, register
from tests.support.sandbox import Stage, declare
from tests.support.snapshot import keep

CODES = (0, 1, 2, 3, 4, 5)
MOST_REQUESTS, SECONDS, MEGABYTES = 4000, 10.0, 500
ALONE = ("--parallelism", "1")
COMMANDS: dict[str, tuple[str, ...]] = {
    "plan": ("plan", "--out", "plan.json", "--prune", "--format", "json"),
    "drift": ("drift", "--format", "json"),
    "apply": ("apply", "--auto-approve", "--prune", "--allow-mass-change", "--report", "r.json"),
    "saved": ("apply", "reviewed.json", "--auto-approve", "--allow-mass-change"),
}


DEFECT = re.compile(r"unexpected [A-Z]\w+")


class Endless(Exception):
    """A run that would never end."""


class Spoiling(httpx.BaseTransport):
    """Spoils the ``at``-th answer, or every one from there on with a chance."""

    def __init__(self, inner: httpx.BaseTransport, at: int, chance: random.Random) -> None:
        self.inner, self.at, self.chance = inner, at, chance
        self.often = chance.choice((0.0, 0.0, 0.1, 1.0))
        self.count = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        if self.count > MOST_REQUESTS:
            raise Endless(f"{self.count} requests")
        response = self.inner.handle_request(request)
        response.read()
        later = self.count > self.at and self.chance.random() < self.often
        return spoiled(response, self.chance) if self.count == self.at or later else response


class Timed(Stage):
    """A stage whose time is that of the platform, so that waits come to their end."""

    def _outside(self) -> Runtime:
        return Runtime(self.wire, self.clock.sleep, self.clock, self.clock)


def reference(stage: Stage) -> Callable[[], None]:
    """Environments and models; what follows is how the manifests are edited."""
    dataset = prepare(stage)
    write_first(stage.folder, dataset)
    return lambda: write_edit(stage.folder, dataset)


def four_apis(stage: Stage) -> Callable[[], None]:
    """The example of all kinds: a registry version, a model, a run and a batch."""
    folder = stage.folder
    shutil.copytree(EXAMPLES / "all-kinds", folder, dirs_exist_ok=True)
    stage.upload(folder / "policies.csv")
    register(stage)

    def edit() -> None:
        with (folder / "smoke.jsonl").open("a") as smoke:
            smoke.write(smoke_line("late"))
        with (folder / "model" / "custom.py").open("a") as program:
            program.write("# edited\n")
        after = folder / "after.yaml"
        after.write_text(after.read_text().replace("int_claims, ", ""))

    return edit


def smoke_line(name: str) -> str:
    """One request more, with an id of its own."""
    lines = (EXAMPLES / "all-kinds" / "smoke.jsonl").read_text().splitlines()
    return json.dumps({**json.loads(lines[0]), "custom_id": name}) + "\n"


PROJECTS = (reference, four_apis)


class Course:
    """The platform before the edit of a project, to start from again and again."""

    def __init__(self, folder: Path, project: Callable[[Stage], Callable[[], None]]) -> None:
        self.stage = Timed(declare(folder))
        edit = project(self.stage)
        first = self.stage.run("-q", *COMMANDS["apply"], *ALONE)
        assert first.code == 0, first.out + first.err
        edit()
        path = folder / "reviewed.json"
        wishes = ("--out", str(path), "--prune", "--allow-mass-change")
        assert self.stage.run("-q", "plan", *wishes, *ALONE).code == 0
        self.reviewed = path.read_bytes()
        self.restore = keep(self.stage)
        self.lengths = {name: self.length(name) for name in COMMANDS}

    def length(self, name: str) -> int:
        """How many requests the command takes when nothing is spoiled."""
        self.ready()
        return len(self.stage.run("-q", *COMMANDS[name], *ALONE).log)

    def ready(self) -> None:
        """As it was before."""
        self.restore()
        (self.stage.folder / "reviewed.json").write_bytes(self.reviewed)

    def case(self, seed: int) -> str:
        """One run with spoiled answers; how it ended."""
        chance = random.Random(seed)
        name = chance.choice(sorted(COMMANDS))
        self.ready()
        inner = self.stage.wire
        at = chance.randint(1, self.lengths[name])
        self.stage.wire = Spoiling(inner, at, chance)  # type: ignore[assignment]
        start = time.monotonic()
        try:
            done = self.stage.run("-q", *COMMANDS[name], *ALONE)
        finally:
            self.stage.wire = inner
        assert done.code in CODES, done.out + done.err
        defects = [line for line in (done.out + done.err).splitlines() if DEFECT.search(line)]
        assert defects == [], defects
        assert "Traceback" not in done.err, done.err
        assert time.monotonic() - start < SECONDS
        (done.out + done.err).encode()
        return f"{name} {done.code}"


@pytest.fixture(scope="module")
def courses(tmp_path_factory: pytest.TempPathFactory) -> list[Course]:
    return [Course(tmp_path_factory.mktemp(each.__name__), each) for each in PROJECTS]


def peak() -> float:
    """The most memory this process ever held, in MB; what other tests took is in it, too."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_any_answer_gives_a_result_or_an_error(courses: list[Course], answer_seeds: range) -> None:
    before = peak()
    told: Counter[str] = Counter()
    wrong: list[str] = []
    for seed in answer_seeds:
        try:
            told[courses[seed % len(courses)].case(seed)] += 1
        except Exception as error:
            wrong.append(f"seed {seed}: {type(error).__name__} {str(error)[:1500]}")
    used = peak() - before
    print(f"\n{len(answer_seeds)} runs, {used:.0f} MB: {dict(sorted(told.items()))}")
    assert wrong == [], f"{len(wrong)} runs: " + "\n".join(wrong[:5])
    assert used < MEGABYTES
