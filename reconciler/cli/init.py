"""``init``: the files of a new project; nothing that is there is overwritten."""

from __future__ import annotations

import json
import re
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

import click

import reconciler
from reconciler.cli.context import CliContext, emit, pass_context
from reconciler.desired import name as shapes
from reconciler.desired.schema import schemas
from reconciler.errors import ReconcilerError, SettingsError
from reconciler.importing import candidates

WORKFLOWS = ("plan.yml", "apply.yml", "drift.yml")
SCHEMA = ".reconciler/reconciler.schema.json"
PROJECT = """\
apiVersion: reconciler/v1
kind: Project
metadata:
  name: {name}
  # Part of every ownership marker: two projects of one name never touch each other's objects.
  uid: {uid}
spec:
  policy:
    prune: false
    maxDeletePercent: 30
"""
IGNORED = """\
# What no version and no image is made of; the syntax is that of .gitignore.
.git/
.venv/
__pycache__/
*.pyc
.ipynb_checkpoints/
"""
ENVIRONMENT = """\
apiVersion: reconciler/v1
kind: ExecutionEnvironment
metadata:
  name: python-example
spec:
  name: Python example
  programmingLanguage: python
  version:
    dockerContext: ./context
"""
DOCKERFILE = "FROM python:3.11-slim\n"
EDITOR = {"yaml.schemas": {f"./{SCHEMA}": ["reconciler.yaml", "environments/**", "models/**"]}}


@click.command()
@click.option("--name", default="", help="The project's name; that of the folder unless given.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
@pass_context
def init(context: CliContext, /, name: str, yes: bool) -> None:
    """Write the files of a new project.

    A project file with a uid, three workflows, editor settings, .reconcilerignore, and a first
    manifest where no platform is reachable.  Existing files stay as they are.
    """
    folder = context.project_dir
    if (folder / "reconciler.yaml").exists():
        name = ""  # it has its name already
    elif not name:
        name = _name(folder, ask=not yes and sys.stdin.isatty())
    elif not re.fullmatch(shapes.PROJECT, name):
        raise SettingsError(f"{name!r} is not a name: {shapes.WORDS[shapes.PROJECT]}", "")
    files = dict(_files(context, name))
    for path, text in files.items():
        _write(folder / path, text)
    live = _live(context)
    if live is None:
        _write(folder / "environments/python-example/context/Dockerfile", DOCKERFILE)
        _write(folder / "environments/python-example/environment.yaml", ENVIRONMENT)
        emit("Next: set DATAROBOT_ENDPOINT and DATAROBOT_API_TOKEN, then `reconciler plan`.")
    elif live:
        emit(f"{live} live objects can be taken. Next: `reconciler import`, then --all.")
    else:
        emit("Nothing live is to be taken. Next: write a manifest, then `reconciler plan`.")


def _name(folder: Path, ask: bool) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.casefold()).strip("-")[:63] or "project"
    if not ask:
        return slug
    while True:
        answer = str(click.prompt("Name of the project", default=slug, err=True))
        if re.fullmatch(shapes.PROJECT, answer):
            return answer
        click.echo(shapes.WORDS[shapes.PROJECT], err=True)


def _files(context: CliContext, name: str) -> Mapping[str, str]:
    # A letter in front: a uid of digits alone would be a number in YAML.
    project = PROJECT.format(name=name, uid=f"u{secrets.token_hex(4)}")
    every = schemas(context.environment.registry.kinds)["reconciler"]
    return {
        "reconciler.yaml": project,
        **{f".github/workflows/{each}": _workflow(each) for each in WORKFLOWS},
        ".vscode/settings.json": json.dumps(EDITOR, indent=2) + "\n",
        SCHEMA: json.dumps(every, indent=2, ensure_ascii=False) + "\n",
        ".reconcilerignore": IGNORED,
    }


def _workflow(name: str) -> str:
    """A workflow as it is shipped: in the wheel, or beside the package in a checkout."""
    package = Path(reconciler.__file__).parent
    places = (package / "workflows" / name, package.parent / ".github" / "workflows" / name)
    for place in places:
        if place.is_file():
            return place.read_text(encoding="utf-8")
    raise SettingsError(f"this installation lacks the workflow {name}", "Install it again.")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        emit(f"kept     {path}")
        return
    except OSError as error:
        raise SettingsError(
            f"cannot write {path}: {error.strerror}", "Make room for it, or name another folder."
        ) from error
    emit(f"written  {path}")


def _live(context: CliContext) -> int | None:
    """How many live objects can be taken; None where no platform is reachable."""
    try:
        with context.session(context.options()) as session:
            return sum(not row.refused for row in candidates(session))
    except ReconcilerError as error:
        context.console.say(f"nothing live was looked at: {error.message}")
        return None
