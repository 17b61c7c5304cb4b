"""Agreeing on an apply, and interrupting it.

Cases: no terminal and nobody asked, yes and no at a terminal, nothing to agree on, saved plans used
as they are and once, Ctrl-C in the middle, JSON on all of these.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.fleet_kinds import live
from tests.support.fleet_project import Harbour
from tests.unit.test_cli_exit_codes import CHANGED, CLEAN

READS = ("list", "prefetch", "detail", "observe")


class Terminal(io.StringIO):
    """Standard input with somebody at it."""

    def isatty(self) -> bool:
        """Yes."""
        return True


@contextmanager
def typing(text: str) -> Iterator[None]:
    """Standard input, as the process would have it."""
    before, sys.stdin = sys.stdin, Terminal(text)
    try:
        yield
    finally:
        sys.stdin = before


@pytest.fixture
def harbour(tmp_path: Path) -> Harbour:
    """One thing to change."""
    return Harbour(tmp_path).has(*CHANGED)


def writes(harbour: Harbour) -> list[str]:
    """What was sent that changes something."""
    return [line for line in harbour.log if line.split()[0] not in READS]


def test_where_nobody_can_be_asked_nothing_is_applied(harbour: Harbour) -> None:
    ran = harbour.run("apply")
    assert ran.code == 64
    assert "--auto-approve" in ran.err
    assert ran.out.startswith("Plan for fleet")
    assert writes(harbour) == []


def test_json_is_whole_where_nobody_can_be_asked(harbour: Harbour) -> None:
    ran = harbour.run("apply", "--format", "json")
    assert ran.code == 64
    assert [problem["code"] for problem in ran.json["plan"]["problems"]] == ["usage"]
    assert ran.json["report"]["steps"] == []
    assert writes(harbour) == []


def test_where_there_is_nothing_to_do_nobody_is_asked(tmp_path: Path) -> None:
    assert Harbour(tmp_path).has(*CLEAN).run("apply").code == 0


@pytest.mark.parametrize("answer", ["y\n", "yes\n", "Y\n"])
def test_somebody_who_says_yes_gets_what_was_shown(harbour: Harbour, answer: str) -> None:
    with typing(answer):
        ran = harbour.run("apply")
    assert ran.code == 0
    assert "Apply" in ran.err
    assert writes(harbour) == ["change Ship/tern"]


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
@pytest.mark.parametrize("form", ["text", "json"])
def test_somebody_who_says_no_gets_nothing(harbour: Harbour, answer: str, form: str) -> None:
    with typing(answer):
        ran = harbour.run("apply", "--format", form)
    assert ran.code != 0
    assert ran.err
    assert writes(harbour) == []
    if form == "json":
        assert ran.json["report"]["steps"] == []
        assert len(ran.json["plan"]["problems"]) == 1


def test_the_question_is_not_part_of_the_result(harbour: Harbour) -> None:
    with typing("y\n"):
        ran = harbour.run("apply", "--format", "json")
    assert ran.out.startswith("{")
    assert ran.json["report"]["summary"]["done"] == 1


def interrupt() -> None:
    """What Ctrl-C does."""
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_interrupt_in_the_middle_lets_the_report_be_complete(tmp_path: Path, form: str) -> None:
    harbour = Harbour(tmp_path).has()
    harbour.providers["custom_models"].script["make Ship/tern"] = interrupt
    before = signal.getsignal(signal.SIGINT)
    ran = harbour.run(
        "apply", "--auto-approve", "--select", "Ship/tern", "--format", form, "--parallelism", "1"
    )
    assert ran.code == 130
    assert writes(harbour) == ["make Ship/tern"]
    assert signal.getsignal(signal.SIGINT) is before
    if form == "json":
        assert ran.json["report"]["summary"]["done"] == 1
    else:
        assert "done        Ship/tern (create)" in ran.out


def test_after_an_interrupt_nothing_else_starts(tmp_path: Path) -> None:
    harbour = Harbour(tmp_path).has()
    harbour.providers["custom_models"].script["make Dock/pier"] = interrupt
    ran = harbour.run("apply", "--auto-approve", "--parallelism", "1")
    assert ran.code == 130
    assert "not reached Ship/tern" in ran.out
    assert "make Ship/tern" not in harbour.log


def test_an_interrupt_while_reading_is_130_and_the_json_is_whole(tmp_path: Path) -> None:
    harbour = Harbour(tmp_path).has()
    harbour.providers["custom_models"].script["list Ship"] = KeyboardInterrupt()
    for command in ("plan", "drift", "apply"):
        ran = harbour.run(command, "--format", "json")
        assert ran.code == 130
        held = ran.json["plan"] if command == "apply" else ran.json
        assert held["problems"][0]["code"] == "interrupted"


def test_a_saved_plan_is_done_as_it_was_shown_and_once(harbour: Harbour, tmp_path: Path) -> None:
    saved = str(tmp_path / "plan.json")
    shown = harbour.run("plan", "--out", saved)
    assert harbour.run("show", saved).out.splitlines()[:-1] == shown.out.splitlines()[:-1]
    first = harbour.run("apply", saved, "--auto-approve")
    assert first.code == 0
    assert writes(harbour).count("change Ship/tern") == 1
    again = harbour.run("apply", saved, "--auto-approve")
    assert again.code == 4
    assert "applied before" in again.err
    assert writes(harbour).count("change Ship/tern") == 1


def test_a_saved_plan_is_refused_when_the_live_object_moved(
    harbour: Harbour, tmp_path: Path
) -> None:
    saved = str(tmp_path / "plan.json")
    harbour.run("plan", "--out", saved)
    harbour.has(*CLEAN[:2], live("Ship/tern", {"flag": "white"}))
    ran = harbour.run("apply", saved, "--auto-approve")
    assert ran.code == 4
    assert '"green"' in ran.err
    assert '"white"' in ran.err
    assert "change Ship/tern" not in harbour.log


def test_a_saved_plan_that_somebody_edited_is_refused(harbour: Harbour, tmp_path: Path) -> None:
    saved = tmp_path / "plan.json"
    harbour.run("plan", "--out", str(saved))
    saved.write_text(saved.read_text().replace('"blue"', '"black"'))
    ran = harbour.run("apply", str(saved), "--auto-approve")
    assert ran.code == 4
    assert "changed after it was made" in ran.err
    assert not any(line.startswith("change") for line in harbour.log)
