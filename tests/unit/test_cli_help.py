"""Help of every command.

Cases: a sentence for each command, a text for each option, nothing that is cut off, exit codes.
"""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from reconciler.cli.main import cli


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command of the tool, and the group itself."""
    yield "reconciler", cli
    yield from sorted(cli.commands.items())


NAMES = [name for name, _ in commands()]
OPTIONS = [
    pytest.param(option, id=f"{name} {option.opts[-1]}")
    for name, command in commands()
    for option in command.params
    if isinstance(option, click.Option)
]


@pytest.mark.parametrize("name", NAMES)
def test_every_command_says_what_it_does_in_a_sentence(name: str) -> None:
    told = dict(commands())[name].help or ""
    first = told.strip().splitlines()[0]
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
    assert promised <= set(cli.commands)


def test_the_exit_codes_are_told_where_one_looks_for_them() -> None:
    told = cli.help or ""
    for code in ("0", "1", "2", "3", "4", "5", "64", "130"):
        assert f"{code} " in told
