"""A scenario: a folder with manifests and a script, played on a fresh stage.

A script holds, line by line::

    # a comment, repeated in the output         start {"page_size": 2}
    base churn                                  setup reconciler apply --auto-approve
    $ reconciler plan --format json             type yes
    write FILE (its text on lines with |;       edit FILE s/old/new/
      a{1..101}.txt are 101 files)
    remove FILE                                 move FILE TO
    env NAME=value (or -NAME)
    http [as USER] METHOD PATH {json}           fault {json}
    form METHOD PATH (its fields on lines with |, files as @name=text)
    deploy {json}                               limits {json}
    show FILE                                   pass 23h
    git ARGUMENTS (in the folder)

``start`` sets the emulator's options and comes first, ``base NAME`` copies a folder of ``bases/``.
``setup`` is a command that must succeed and whose output is of no interest; ``type`` puts a person
with that answer before the next command; ``meanwhile LINE`` plays a line when that command asks.
``pass`` lets time go by.  ``{CustomModel/churn}``,
``{CustomModel/churn 1.1}``, ``{CustomModel/churn custom.py}`` and
``{ExecutionEnvironment/py311 version 2}`` stand for ids,
``{digest}`` for the digest of the last plan that was printed.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

from reconciler.core.spec import parse_duration
from tests.scenarios.invariants import check
from tests.scenarios.names import Names
from tests.scenarios.requests import request_lines
from tests.support.contract_transport import ContractTransport
from tests.support.sandbox import Done, Stage

HERE = Path(__file__).parent
RANGE = re.compile(r"(.*)\{(\d+)\.\.(\d+)\}(.*)")
PROGRESS = re.compile(r"([A-Z][A-Za-z]+/\S+): ")
DIGEST = re.compile(r"^Digest: (\S+)$", re.MULTILINE)
SCRIPT, OUTPUT, REQUESTS = "script", "output.txt", "requests.txt"


def play(source: Path, folder: Path) -> tuple[str, str]:
    """What the script's commands printed and which requests they sent."""
    shutil.copytree(
        source, folder, ignore=shutil.ignore_patterns(SCRIPT, OUTPUT, REQUESTS), dirs_exist_ok=True
    )
    player = Player(folder)
    for line, block in lines(source / SCRIPT):
        player.step(line, block)
    player.finish()
    return "\n".join(player.output) + "\n", "\n".join(player.requests) + "\n"


def lines(script: Path) -> Iterator[tuple[str, list[str]]]:
    """The lines of a script, each with the block of ``|`` lines below it."""
    found: list[tuple[str, list[str]]] = []
    for line in script.read_text(encoding="utf-8").splitlines():
        if line.startswith("|"):
            found[-1][1].append(line[1:].removeprefix(" "))
        elif line.strip():
            found.append((line, []))
    return iter(found)


class Player:
    """Plays the lines of one script and keeps what is to be compared."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names = Names()
        self.output: list[str] = []
        self.requests: list[str] = []
        self.keys: str | None = None
        self.meanwhile: tuple[str, list[str]] | None = None
        self.digest = ""
        self._stage: Stage | None = None
        self.contract: ContractTransport | None = None

    @property
    def stage(self) -> Stage:
        """The stage, with the default options unless ``start`` was called before."""
        return self._stage or self._open()

    def _open(self, **options: Any) -> Stage:
        """A new stage; what its commands send is compared with the API's contract."""
        self._stage = Stage(self.folder, **options)
        self._stage.wire = self.contract = ContractTransport(self._stage.wire)
        return self._stage

    def finish(self) -> None:
        """Fail when a request or a response of the custom models API broke its contract."""
        if self.contract is not None:
            self.contract.check()

    def step(self, line: str, block: list[str]) -> None:
        """Play one line."""
        verb, _, rest = line.partition(" ")
        if verb == "#":
            self.output += [line, ""]
        elif verb == "$":
            self._command(rest)
        elif verb == "setup":
            done = self._run(rest)
            assert done.code == 0, f"{line}\n{done.out}{done.err}"
            self.output += [f"> {line}", ""]
        else:
            told = VERBS[verb](self, rest, block)
            self.output += [f"> {line}{told}", ""]

    def _run(self, line: str) -> Done:
        program, *arguments = shlex.split(self._filled(line))
        assert program == "reconciler", f"not a command of ours: {line}"
        done = self.stage.run(*arguments, keys=self.keys, before_keys=self._interlude)
        self.keys, self.meanwhile = None, None
        found = DIGEST.search(done.out)
        self.digest = found[1] if found else self.digest
        check(self.stage, done)
        self._learn()
        return done

    def _command(self, line: str) -> None:
        done = self._run(line)
        self.output += [f"$ {line}", *self._shown(done), f"[exit {done.code}]", ""]
        self.requests += [f"$ {line}", *request_lines(done.log, self.names), ""]

    def _shown(self, done: Done) -> Iterator[str]:
        # Parallel steps tell their progress in any order; each step's own order is kept.
        told = [(PROGRESS.match(text), f"2> {text}") for text in done.err.splitlines()]
        progress = sorted(((found[1], text) for found, text in told if found), key=itemgetter(0))
        rest = [text for found, text in told if not found]
        for text in (*done.out.splitlines(), *(text for _, text in progress), *rest):
            yield self.names.hide(text.replace(str(self.folder), "<folder>")).rstrip()

    def _interlude(self) -> None:
        if self.meanwhile:
            line, block = self.meanwhile
            self.step(line, block)

    def hold_back(self, rest: str, block: list[str]) -> str:
        self.meanwhile = (rest, block)
        return ""

    def start(self, rest: str, block: list[str]) -> str:
        assert self._stage is None, "start comes before anything that needs the emulator"
        self._open(**json.loads(rest))
        return ""

    def base(self, rest: str, block: list[str]) -> str:
        shutil.copytree(HERE / "bases" / rest, self.folder, dirs_exist_ok=True)
        return ""

    def write(self, rest: str, block: list[str]) -> str:
        many = RANGE.fullmatch(rest)
        numbers = range(int(many[2]), int(many[3]) + 1) if many else ()
        for name in [f"{many[1]}{n}{many[4]}" for n in numbers] if many else [rest]:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self._filled("".join(f"{line}\n" for line in block)), encoding="utf-8")
        return "".join(f"\n| {line}".rstrip() for line in block)

    def edit(self, rest: str, block: list[str]) -> str:
        name, change = rest.split(" ", 1)
        spelled = self._filled(change).replace("\\n", "\n").replace("\\r", "\r")
        kind, old, new, _ = spelled.split(change[1])
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert (kind, old in text) == ("s", True), f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return ""

    def remove(self, rest: str, block: list[str]) -> str:
        path = self.folder / rest
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        return ""

    def move(self, rest: str, block: list[str]) -> str:
        source, target = shlex.split(rest)
        (self.folder / source).rename(self.folder / target)
        return ""

    def git(self, rest: str, block: list[str]) -> str:
        subprocess.run(
            ["git", *shlex.split(rest)], cwd=self.folder, check=True, capture_output=True
        )
        return ""

    def show(self, rest: str, block: list[str]) -> str:
        text = self.names.hide((self.folder / rest).read_text(encoding="utf-8"))
        return f"\n{text.rstrip()}"

    def set_env(self, rest: str, block: list[str]) -> str:
        name, _, value = rest.removeprefix("-").partition("=")
        self.stage.env.pop(name, None)
        if not rest.startswith("-"):
            self.stage.env[name] = value
        return ""

    def go_by(self, rest: str, block: list[str]) -> str:
        self.stage.clock.sleep(int(str(parse_duration(rest))))
        return ""

    def type(self, rest: str, block: list[str]) -> str:
        self.keys = f"{rest}\n"
        return ""

    def http(self, rest: str, block: list[str]) -> str:
        user, method, path, body = self._call(rest)
        return self._answered(user, method, path, json=json.loads(body) if body else None)

    def form(self, rest: str, block: list[str]) -> str:
        user, method, path, _ = self._call(rest)
        parts: list[tuple[str, tuple[str | None, str]]] = []
        for line in block:
            name, text = self._filled(line).replace("\\n", "\n").split("=", 1)
            if name.startswith("@"):
                parts.append(("file", (name[1:], text)))
            else:
                parts.append((name, (None, text)))
        told = self._answered(user, method, path, files=parts)
        return "".join(f"\n| {line}" for line in block) + told

    def fault(self, rest: str, block: list[str]) -> str:
        fault = json.loads(self._filled(rest))
        self.stage.control("POST", "faults", fault)
        if fault["action"] == "status" and self.contract is not None:
            # A planned response may have any status and body; requests are still compared.
            self.contract.compares_responses = False
        return ""

    def deploy(self, rest: str, block: list[str]) -> str:
        self.stage.control("POST", "deployments", json.loads(self._filled(rest)))
        self._learn()
        return ""

    def limits(self, rest: str, block: list[str]) -> str:
        self.stage.control("POST", "limits", json.loads(rest))
        return ""

    def _call(self, rest: str) -> tuple[str, str, str, str]:
        user = "owner@example.com"
        if rest.startswith("as "):
            _, user, rest = rest.split(" ", 2)
        method, path, *body = self._filled(rest).split(" ", 2)
        return user, method, path, "".join(body)

    def _answered(self, user: str, method: str, path: str, **body: object) -> str:
        answer = self.stage.by_hand(method, path, user, **body)
        self._learn()
        reason = f" {answer.text.strip()}" if answer.status_code >= 400 else ""
        return self.names.hide(f"\n-> {answer.status_code}{reason}")

    def _filled(self, text: str) -> str:
        return self.names.fill(text.replace("{digest}", self.digest))

    def _learn(self) -> None:
        self.names.learn(self.stage.control("GET", "state"))


VERBS: dict[str, Callable[[Player, str, list[str]], str]] = {
    "start": Player.start,
    "base": Player.base,
    "write": Player.write,
    "edit": Player.edit,
    "remove": Player.remove,
    "move": Player.move,
    "show": Player.show,
    "git": Player.git,
    "env": Player.set_env,
    "pass": Player.go_by,
    "type": Player.type,
    "meanwhile": Player.hold_back,
    "http": Player.http,
    "form": Player.form,
    "fault": Player.fault,
    "deploy": Player.deploy,
    "limits": Player.limits,
}
