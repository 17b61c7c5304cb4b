"""Manifests of made-up kinds on disk, the providers that serve them, and runs over both."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.cli.context import Environment
from reconciler.cli.main import run
from reconciler.core.provider import Provider
from reconciler.core.resource import Live
from reconciler.session import Registry, RunOptions, Session
from reconciler.settings import ProviderSettings
from tests.support.fake_provider import FakeProvider
from tests.support.fleet_kinds import KINDS

ENV = {
    "DATAROBOT_ENDPOINT": "https://app.example.com/api/v2",
    "DATAROBOT_API_TOKEN": "t0ken-of-tests",
    "TFY_HOST": "https://registry.example.com",
    "TFY_API_KEY": "k3y-of-tests",
}
PROJECT = {"reconciler.yaml": "kind: Project\nmetadata: {name: fleet}\n"}
FLEET = {
    **PROJECT,
    "docks.yaml": "kind: Dock\nmetadata: {name: pier}\nspec: {berths: 3}\n",
    "ships/argo.yaml": (
        "kind: Ship\nmetadata: {name: argo}\nspec: {dock: {ref: pier}, flag: red, crew: [ann]}\n"
    ),
    "ships/tern.yaml": "kind: Ship\nmetadata: {name: tern}\nspec: {flag: blue}\n",
}


@dataclass(frozen=True)
class Ran:
    """What one command line left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON document and nothing else."""
        return json.loads(self.out)


class Harbour:
    """The manifests of a test in a folder, and the providers that its runs open."""

    def __init__(self, folder: Path, files: Mapping[str, str] = FLEET) -> None:
        self.folder = folder
        self.providers: dict[str, FakeProvider] = {}
        self.opened: list[tuple[str, ProviderSettings]] = []
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"apiVersion: reconciler/v1\n{text}", encoding="utf-8")

    def has(self, *lives: Live, **script: Any) -> Harbour:
        """These objects are live."""
        told = {name.replace("_", " "): event for name, event in script.items()}
        self.providers["custom_models"] = FakeProvider(lives, told)
        return self

    def session(self, *paths: str, env: Mapping[str, str] = ENV, **more: Any) -> Session:
        """A run over these paths, or all."""
        wanted = tuple(self.folder / path for path in paths)
        return Session(RunOptions(self.folder, wanted, env=env, **more), self.tools)

    def run(self, *arguments: str, env: Mapping[str, str] = ENV) -> Ran:
        """One command line in this folder."""
        out, err = io.StringIO(), io.StringIO()
        line = ["--project-dir", str(self.folder), *arguments]
        with redirect_stdout(out), redirect_stderr(err):
            code = run(line, Environment(self.tools, env))
        return Ran(code, out.getvalue(), err.getvalue())

    @property
    def tools(self) -> Registry:
        """The made-up kinds, and the providers by hand."""
        return Registry(KINDS, self._open, self.folder / ".locks")

    def _open(self, name: str, settings: ProviderSettings) -> Provider:
        self.opened.append((name, settings))
        return self.providers.setdefault(name, FakeProvider())

    @property
    def log(self) -> list[str]:
        """What the main provider was asked."""
        return self.providers["custom_models"].log
