"""The command group, its exit codes, and the one place where an error becomes text."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler import __version__
from reconciler.cli.lazy_group import LazyGroup
from reconciler.cli.redact import OUTPUT
from reconciler.cli.usage import clarified
from reconciler.errors import DEFECT, ManifestError, ReconcilerError

if TYPE_CHECKING:
    from reconciler.cli.context import Environment

ERROR, USAGE, INTERRUPTED = 1, 64, 130
LOG = logging.getLogger(__name__)


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="reconciler")
@click.option(
    "--project-dir",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path(),
    help="Folder that holds reconciler.yaml; the working directory unless given.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress on standard error.")
@click.option("-v", "--verbose", count=True, help="More on standard error; -vv logs requests.")
@click.option("--target", help="As behind a command that takes it.")
@click.option("--select", multiple=True, metavar="ADDRESS", help="As behind a command.")
@click.pass_context
def cli(
    context: click.Context,
    /,
    project_dir: Path,
    quiet: bool,
    verbose: int,
    **_: Any,
) -> None:
    """Make live ML platforms match the manifests in git.

    Exit codes: 0 fine or no changes; 1 error; 2 changes or drift; 3 blocked by policy or
    protection; 4 stale or foreign saved plan; 5 applied in part; 64 usage error; 130 interrupted.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
        return
    # Imported here: the help and the version need none of it.
    from reconciler.cli.console import Console
    from reconciler.cli.context import CliContext
    from reconciler.settings import tokens_of

    environment = context.obj or process_environment()
    OUTPUT.learn(tokens_of(environment.env))
    context.obj = CliContext(environment, project_dir, Console(quiet=quiet, verbose=verbose))


def process_environment() -> Environment:
    """All kinds, all platforms, and the variables of this process."""
    from reconciler import settings
    from reconciler.cli.context import Environment
    from reconciler.providers.all import KINDS, open_provider
    from reconciler.session import Registry

    return Environment(Registry(KINDS, open_provider), settings.environment())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave the process with its exit code."""
    # A pipeline that is cancelled sends this one; it is reported like Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None, environment: Environment | None = None) -> int:
    """The exit code of one command line; everything that goes wrong ends up here."""
    OUTPUT.forget()
    try:
        result = cli.main(
            args=arguments, prog_name="reconciler", standalone_mode=False, obj=environment
        )
    except click.UsageError as error:
        if not getattr(error, "is_reported", False) and _wants_json(arguments or sys.argv[1:]):
            _echo_json(error)
        clarified(error).show()
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except ReconcilerError as error:
        from reconciler.render.plain import inert

        for line in error_lines(error):
            click.echo(OUTPUT.clean(inert(line)), err=True)
        return error.exit_code
    except Exception as error:
        LOG.debug("a defect", exc_info=True)
        click.echo(f"error: unexpected {type(error).__name__}", err=True)
        click.echo(f"  -> {DEFECT}", err=True)
        return ERROR
    return result if isinstance(result, int) else 0


def _echo_json(error: click.UsageError) -> None:
    # The command never began, so that none of its documents exists.
    from reconciler.cli.context import emit, problems_of
    from reconciler.render.data import problem_data, to_json

    emit(to_json({"problems": [problem_data(p) for p in problems_of(error)]}))


def _wants_json(arguments: Sequence[str]) -> bool:
    return "--format=json" in arguments or ("--format", "json") in pairwise(arguments)


def error_lines(error: ReconcilerError) -> list[str]:
    """What went wrong and what to do next, one line each."""
    from reconciler.render.plain import plain
    from reconciler.render.text import problem_lines

    if isinstance(error, ManifestError):
        return [*problem_lines(error.problems), f"error: {error.message}", f"  -> {error.hint}"]
    hint = [f"  -> {plain(error.hint)}"] if error.hint else []
    return [f"error: {plain(error.message)}", *hint]
