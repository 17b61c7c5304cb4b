"""The command group: loads a command when it is used, and takes common options on both sides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pkgutil import resolve_name
from typing import Any

import click

from reconciler.cli.commands import ENTRIES, SECTIONS

HOME = "reconciler.cli"


class LazyGroup(click.Group):
    """Commands of the table, each loaded on its first use.

    ``--version``, ``--help`` and the completion of names load no command.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the table."""
        return list(ENTRIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, with the options that every command takes; None for an unknown name."""
        if cmd_name not in ENTRIES:
            return None
        if cmd_name not in self.commands:
            command: click.Command = resolve_name(f"{HOME}.{ENTRIES[cmd_name].place}")
            command.params.extend(output_level_options())
            self.commands[cmd_name] = command
        return self.commands[cmd_name]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command and its arguments; options given before its name come first."""
        name, command, rest = self._resolved(ctx, args)
        return name, command, [*_moved(ctx.params), *rest]

    def _resolved(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            # click looks for near names among the commands that are loaded.
            raise click.NoSuchCommand(error.command_name, None, ENTRIES, ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, by section."""
        for title, section in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, entry.short_help) for name, entry in section.items()])


def _moved(params: Mapping[str, Any]) -> list[str]:
    target, select = params.get("target"), params.get("select") or ()
    first = ["--target", target] if target is not None else []
    return [*first, *(word for address in select for word in ("--select", address))]


def output_level_options() -> list[click.Option]:
    """``-q`` and ``-v`` behind the command's name; they add to those before it."""
    return [
        _option(["-q", "--quiet"], _quiet, is_flag=True, help="No progress on standard error."),
        _option(["-v", "--verbose"], _verbose, count=True, help="More on standard error."),
    ]


def _option(names: list[str], callback: Callable[..., Any], **settings: Any) -> click.Option:
    return click.Option(names, callback=callback, expose_value=False, **settings)


def _quiet(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        context.obj.console.set_level(quiet=True)


def _verbose(context: click.Context, _: click.Parameter, value: int) -> None:
    if value:
        context.obj.console.set_level(verbose=context.obj.console.verbose + value)
