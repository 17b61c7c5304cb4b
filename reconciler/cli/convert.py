"""``convert``: definitions of other tools as manifests."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.context import emit
from reconciler.convert import convert as converted_from
from reconciler.convert import write


@click.group()
def convert() -> None:
    """Turn definitions of another tool into manifests."""


@convert.command("custom-models-action")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder to write the manifests to.",
)
@click.option("--namespace", default="", help="The namespace that the action was run with.")
def custom_models_action(directory: Path, into: Path, namespace: str) -> None:
    """Write a manifest for each model of the vendor's GitHub action.

    What no manifest can say is listed with its file and line.  The models that the action made are
    found by their userProvidedId.
    """
    converted = converted_from(directory, into, namespace)
    for line in write(converted):
        emit(line)
    for each in converted.lost:
        emit(f"lost     {each.place}: {each.what}: {each.why}")
