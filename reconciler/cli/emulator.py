"""``emulator``: all the platforms on loopback, for tests, a first try and users' own CI."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from reconciler.cli.context import emit
from reconciler.emulator.durations import seconds
from reconciler.emulator.quirks.quirk_set import parse, usage
from reconciler.emulator.quirks.table import QUIRKS
from reconciler.errors import SettingsError


class Seconds(click.ParamType[float]):
    """A duration on the command line: ``20ms``, ``1.5s``, ``2m`` or plain seconds."""

    name = "duration"

    def convert(self, value: Any, param: Any, context: Any) -> float:
        """The duration in seconds."""
        try:
            return seconds(str(value))
        except ValueError as wrong:
            self.fail(str(wrong), param, context)


class QuirkName(click.ParamType[str]):
    """A quirk on the command line: ``ascending``, ``lag`` or ``lag=5s``."""

    name = "quirk"

    def convert(self, value: Any, param: Any, context: Any) -> str:
        """The text as it was given, once it is known to name a quirk."""
        try:
            parse(str(value))
        except ValueError as wrong:
            self.fail(str(wrong), param, context)
        return str(value)


class EmulatorCommand(click.Command):
    """The command with a list of all quirks at the end of its help."""

    def format_epilog(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the name and the effect of every quirk."""
        with formatter.section("Quirks (behaviours that no document promises)"):
            formatter.write_dl([(usage(quirk), f"{quirk.summary}.") for quirk in QUIRKS])


@click.command(cls=EmulatorCommand)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option("--state", type=click.Path(path_type=Path, dir_okay=False), help="SQLite file.")
@click.option("--token", help="The one token to accept; any unless given.")
@click.option("--latency", type=Seconds(), default="0s", help="Pause before every answer.")
@click.option(
    "--page-size",
    type=click.IntRange(1, 1000),
    default=100,
    show_default=True,
    help="Items on a page of a list.",
)
@click.option("--job-time", type=Seconds(), default="0s", help="How long a job takes.")
@click.option("--user", "users", multiple=True, metavar="NAME", help="A user it knows.")
@click.option(
    "--quirk",
    "quirks",
    type=QuirkName(),
    multiple=True,
    metavar="NAME[=DURATION]",
    help="Turn round one of the behaviours listed below; repeatable.",
)
def emulator(host: str, port: int, **options: Any) -> None:
    """Serve the platforms' APIs until interrupted.  Says when it is ready."""
    # Imported here: the web framework takes a quarter of the time in which any command starts.
    from reconciler.emulator.options import Options
    from reconciler.emulator.serve import serve

    try:
        serve(Options(**options), host, port, emit)
    except OSError as error:
        raise SettingsError(
            f"cannot listen on {host}:{port}: {error.strerror or error}",
            "Choose another --port, or 0 for a free one.",
        ) from error
