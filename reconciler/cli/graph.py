"""``graph``: what depends on what, as a drawing; offline."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.context import (
    EVERY_PATH,
    CliContext,
    emit,
    format_option,
    output_option,
    pass_context,
)
from reconciler.render.graph import dot, mermaid

FORMATS = {"mermaid": mermaid, "dot": dot}


@click.command()
@click.argument("paths", nargs=-1, type=EVERY_PATH, metavar="[PATH]...")
@click.option("--target", help="The target whose variables and patches are used.")
@format_option(*FORMATS)
@output_option
@pass_context
def graph(
    context: CliContext,
    /,
    paths: tuple[Path, ...],
    target: str | None,
    form: str,
    output: Path | None,
) -> None:
    """Draw what depends on what.  An arrow runs from a manifest to what it needs."""
    with context.session(context.options(paths, target)) as session:
        emit(FORMATS[form](session.graph), output)
