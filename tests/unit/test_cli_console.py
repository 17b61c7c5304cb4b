"""Progress on standard error.

Cases: plain lines where nobody watches, a bar where somebody does, no colours when they are not
wanted, quiet runs, log levels, texts that look like markup, lines from many threads.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stderr, redirect_stdout

import pytest

from reconciler.cli.console import Console
from reconciler.core.step import Step
from tests.support.fleet_kinds import address
from tests.unit.test_render_plain import harmless

STEP = Step("Ship/argo", address("Ship/argo"), "create", "does not exist yet")


class Screen(io.StringIO):
    """A terminal that keeps what was shown."""

    def isatty(self) -> bool:
        """Yes."""
        return True


@contextmanager
def shown(screen: io.StringIO | None = None) -> Iterator[io.StringIO]:
    """What goes to standard error; standard output must stay empty."""
    err, out = screen or io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        yield err
    assert out.getvalue() == ""


def told(*events: str) -> list[str]:
    """The lines of these events of one step, where nobody watches."""
    with shown() as err, Console().steps(1) as listener:
        for event in events:
            listener(STEP, event)
    return err.getvalue().splitlines()


def test_each_event_is_one_line() -> None:
    assert told("start", "landfall goes on", "done") == [
        "Ship/argo: create ...",
        "Ship/argo: landfall goes on",
        "Ship/argo: done",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[bold red]no markup[/bold red]",
        "[/]",
        ":smile: and sha256:x: and a:b:c",
        "http://example.com/a b",
        "'quoted' 123 True",
        "x" * 500,
        "100%",
        "back\\slash",
    ],
)
def test_a_text_is_shown_as_it_is(text: str) -> None:
    assert told(text) == [f"Ship/argo: {text}"]


@pytest.mark.parametrize("text", ["a\nb", "\x1b[31mred", "\u202eabc", "\r overwritten", "\u2028"])
def test_a_text_cannot_leave_its_line(text: str) -> None:
    (line,) = told(text)
    assert harmless(line)


def test_quiet_is_quiet() -> None:
    with shown() as err:
        console = Console(quiet=True)
        console.say("anything")
        with console.steps(1) as listener:
            listener(STEP, "done")
    assert err.getvalue() == ""


def test_somebody_who_watches_sees_a_bar_that_moves() -> None:
    with shown(Screen()) as err:
        console = Console()
        with console.steps(2) as listener:
            for event in ("start", "landfall goes on", "done"):
                listener(STEP, event)
            assert listener.bar is not None
            assert (listener.bar.tasks[0].completed, listener.bar.tasks[0].total) == (1, 2)
    assert "Ship/argo: done" in err.getvalue()


def test_somebody_who_watches_quietly_sees_nothing() -> None:
    with shown(Screen()) as err:
        console = Console(quiet=True)
        with console.steps(1) as listener:
            listener(STEP, "done")
    assert err.getvalue() == ""


def test_colours_stay_away_where_they_are_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    with shown(Screen()) as err:
        Console().say("a plain line")
    assert err.getvalue() == "a plain line\n"


@pytest.mark.parametrize(
    ("verbose", "levels"),
    [(0, ["WARNING"]), (1, ["INFO", "WARNING"]), (2, ["DEBUG", "INFO", "WARNING"]), (9, ["DEBUG"])],
)
def test_more_is_told_to_whoever_asks(verbose: int, levels: list[str]) -> None:
    log = logging.getLogger("reconciler.http")
    with shown() as err:
        Console(verbose=verbose)
        log.debug("a DEBUG line")
        log.info("an INFO line")
        log.warning("a WARNING line")
    for level in levels:
        assert level in err.getvalue()
    assert ("DEBUG" in err.getvalue()) is (verbose >= 2)
    assert ("INFO" in err.getvalue()) is (verbose >= 1)


def test_a_trace_is_told_line_by_line() -> None:
    with shown() as err:
        Console(verbose=2)
        try:
            raise KeyError("gone")
        except KeyError:
            logging.getLogger("reconciler").debug("it failed", exc_info=True)
    lines = err.getvalue().splitlines()
    assert lines[0] == "it failed"
    assert lines[-1] == "KeyError: 'gone'"


def test_lines_of_many_threads_do_not_mix() -> None:
    with shown() as err:
        console = Console()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: console.say(f"{n:04}" * 50), range(200)))
    lines = err.getvalue().splitlines()
    assert sorted(lines) == [f"{n:04}" * 50 for n in range(200)]
