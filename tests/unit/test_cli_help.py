"""Help of every command.

Cases: a sentence for each command, a text for each option, nothing that is cut off, exit codes.
"""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from reconciler.cli.commands import ENTRIES
from reconciler.cli.main import cli


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command of the tool, and the group itself."""
    yield "reconciler", cli
    context = click.Context(cli)
    for name in sorted(cli.list_commands(context)):
        command = cli.get_command(context, name)
        assert command is not None
        yield name, command


NAMES = [name for name, _ in commands()]
OPTIONS = [
    pytest.param(option, id=f"{name} {option.opts[-1]}")
    for name, command in commands()
    for option in command.params
    if isinstance(option, click.Option)
]


@pytest.mark.parametrize("name", NAMES)
def test_every_command_says_what_it_does_in_a_sentence(name: str) -> None:
    text = dict(commands())[name].help or ""
    first = text.strip().splitlines()[0]
    assert first
    assert first[0].isupper()


@pytest.mark.parametrize("name", NAMES)
def test_the_list_of_commands_shows_whole_sentences(name: str) -> None:
    # As many characters as a terminal of 80 has beside the longest name.
    command = dict(commands())[name]
    assert not command.get_short_help_str(limit=64).endswith("...")


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_says_what_it_is_for(option: click.Option) -> None:
    assert option.help, option.opts
    assert option.help[0].isupper() or option.help[0].isdigit()


def test_the_promised_commands_are_there() -> None:
    promised = {"validate", "plan", "apply", "drift", "show", "graph", "logs", "history", "cancel"}
    promised |= {"download", "schema", "emulator", "demo"}
    assert promised <= set(ENTRIES)


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_the_list_shows_the_first_sentence_of_each_command(name: str) -> None:
    assert dict(commands())[name].get_short_help_str(limit=100) == ENTRIES[name].short_help


def test_the_help_fits_a_terminal_of_80_by_24_below_the_options() -> None:
    text = cli.get_help(click.Context(cli))
    assert max(len(line) for line in text.splitlines()) <= 80
    assert len(text[text.index("Pull request") :].splitlines()) <= 24


def test_the_help_lists_the_exit_codes() -> None:
    text = cli.help or ""
    for code in ("0", "1", "2", "3", "4", "5", "64", "130"):
        assert f"{code} " in text
