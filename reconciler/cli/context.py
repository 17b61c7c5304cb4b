"""What commands share: options, opening a run, and printing a result that is always complete."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from reconciler.cli.console import Console
from reconciler.cli.output_file import write_output
from reconciler.cli.redact import OUTPUT
from reconciler.core.plan import Plan
from reconciler.core.report import Report
from reconciler.errors import DEFECT, ManifestError, Problem, ReconcilerError, SettingsError
from reconciler.render.plain import inert
from reconciler.session import Registry, RunOptions, Session

F = TypeVar("F", bound=Callable[..., Any])

EVERY_PATH = click.Path(path_type=Path)
POLICY = ("prune", "retry_failed", "allow_mass_change", "allow_rollback")
"""Options of ``plan`` and ``apply`` that are fields of RunOptions."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What the process gives to the command line; tests hand in their own."""

    registry: Registry
    env: Mapping[str, str] = field(repr=False)
    applied: Callable[[Plan, Report], None] = lambda plan, report: None
    """Receives each plan that was carried out, and how its steps ended."""


@dataclass(frozen=True, slots=True)
class CliContext:
    """The global options, in reach of every command."""

    environment: Environment
    project_dir: Path
    console: Console

    def options(self, paths: tuple[Path, ...] = (), target: str | None = None) -> RunOptions:
        """A run over these paths, or the whole project, with nothing else requested."""
        normal = tuple(Path(os.path.normpath(path)) for path in paths)
        return RunOptions(self.project_dir, normal, target, env=self.environment.env)

    def session(self, options: RunOptions) -> Session:
        """Load the manifests for one run."""
        session = Session(options, self.environment.registry)
        OUTPUT.learn(session.secrets())
        return session


pass_context = click.make_pass_decorator(CliContext)


def run_options(command: Callable[..., int]) -> Callable[..., int]:
    """PATH..., --target, --select, --parallelism and --max-requests-per-second, as RunOptions.

    The command is called with the context and the options, then with its other options by name.
    Those of ``POLICY`` that it declares are part of the options.
    """

    @pass_context
    @wraps(command)
    def collected(
        context: CliContext,
        /,
        paths: tuple[Path, ...],
        target: str | None,
        select: tuple[str, ...],
        parallelism: int,
        rate: float | None,
        **others: Any,
    ) -> int:
        policy = {name: others.pop(name) for name in POLICY if name in others}
        options = replace(
            context.options(paths, target),
            select=select,
            parallelism=parallelism,
            rate=rate,
            **policy,
        )
        return command(context, options, **others)

    return _run_parameters(collected)


def _run_parameters(command: F) -> F:
    parameters = (
        click.argument("paths", nargs=-1, type=EVERY_PATH, metavar="[PATH]..."),
        click.option("--target", help="The target of the project to work on."),
        click.option(
            "--select", multiple=True, metavar="ADDRESS", help="Only these and what they need."
        ),
        click.option(
            "--parallelism",
            type=click.IntRange(1, 64),
            default=8,
            show_default=True,
            help="How many calls may run at once.",
        ),
        click.option(
            "--max-requests-per-second",
            "rate",
            type=click.FloatRange(0.1),
            help="A quota to stay below; without it the platform's 429s decide.",
        ),
    )
    for parameter in reversed(parameters):
        command = parameter(command)
    return command


def format_option(*formats: str) -> Callable[[F], F]:
    """--format, the first one unless asked."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="How the result is written.",
    )


def output_option(command: F) -> F:
    """--output FILE beside standard output."""
    return click.option(
        "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write it there instead."
    )(command)


def emit(result: str, output: Path | None = None, *, commands: bool = False) -> None:
    """The result, on standard output or in a file; nothing else is ever printed there.

    Secrets are removed.  ``commands``: the lines are commands for a workflow's runner; otherwise
    none of them is.
    """
    safe = OUTPUT.clean(result if commands else inert(result))
    if output is None:
        _echo(safe)
        return
    try:
        write_output(output, f"{safe}\n")
    except OSError as error:
        raise SettingsError(
            f"cannot write {output}: {error.strerror}", "Name another file."
        ) from error


def _echo(result: str) -> None:
    try:
        click.echo(result)
    except BrokenPipeError:
        # Whoever read it has seen enough; what is done is done, and what is to do goes on.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - until the end
    except OSError as error:
        raise SettingsError(
            f"cannot write the result: {error.strerror}", "Use --output, or make room."
        ) from error


@contextmanager
def complete(
    form: str, show: Callable[[tuple[Problem, ...]], str], output: Path | None = None
) -> Iterator[None]:
    """A run whose result is a whole document of its format also when the run fails.

    Text needs none: what went wrong is said on standard error anyway.
    """
    try:
        yield
    except (Exception, KeyboardInterrupt) as error:
        if form != "text":
            emit(show(problems_of(error)), output, commands=form == "github")
            # For `run`, which tells it in JSON where no command has.
            error.is_reported = True  # type: ignore[union-attr]
        raise


def problems_of(error: BaseException) -> tuple[Problem, ...]:
    """An error as problems, so that every format is complete on every exit code."""
    if isinstance(error, ManifestError):
        return error.problems
    if isinstance(error, click.UsageError):
        return (Problem("usage", error.message),)
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return (Problem("interrupted", "the run was interrupted"),)
    if not isinstance(error, ReconcilerError):
        return (Problem("defect", f"unexpected {type(error).__name__}", DEFECT),)
    code = "".join(f"-{c.lower()}" if c.isupper() else c for c in type(error).__name__.strip("_"))
    return (Problem(code.strip("-"), error.message, error.hint),)
