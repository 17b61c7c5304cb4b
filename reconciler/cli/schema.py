"""``schema``: write the JSON Schemas of manifests, plans and reports."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.context import CliContext, emit, pass_context
from reconciler.core.output_schema import output_schemas
from reconciler.desired.schema import write_schemas


@click.command()
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("schemas"),
    show_default=True,
    help="Folder to write to.",
)
@pass_context
def schema(context: CliContext, /, into: Path) -> None:
    """Write one JSON Schema per kind, for editors and CI."""
    for path in write_schemas(into, context.environment.registry.kinds, output_schemas()):
        emit(str(path))
