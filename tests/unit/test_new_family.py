"""A new API family is four product files and one line in each table, as docs/architecture.md says.

Cases: a toy family is created, changed and pruned; its planned calls come from its table; optional
capabilities that it does not have say so.
"""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from reconciler.errors import LiveStateError
from reconciler.find import find_live
from reconciler.flow import apply_plan, make_plan
from reconciler.provider_source import SOURCES, SettingsSource
from reconciler.providers.http import Endpoint, Http, Runtime
from reconciler.session import Registry, RunOptions, Session
from reconciler.settings import ProviderSettings
from tests.unit.toy_family.kind import KIND
from tests.unit.toy_family.operations import OPERATIONS
from tests.unit.toy_family.provider import Notes

ENV = {"NOTES_URL": "https://notes.example.com", "NOTES_TOKEN": "t0ken-of-notes"}
PROJECT = "apiVersion: reconciler/v1\nkind: Project\nmetadata: {name: fleet}\n"
NOTE = "apiVersion: reconciler/v1\nkind: Note\nmetadata: {name: hello}\nspec: {text: %s}\n"


class Platform:
    """The platform of the toy family, in memory; ``log`` has every write."""

    def __init__(self) -> None:
        self.notes: dict[str, dict[str, str]] = {}
        self.log: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answers one request."""
        identity = request.url.path.removeprefix("/notes").lstrip("/")
        if request.method == "GET":
            return httpx.Response(200, json={"data": list(self.notes.values())})
        self.log.append(f"{request.method} {request.url.path}")
        if request.method == "DELETE":
            del self.notes[identity]
            return httpx.Response(204)
        identity = identity or f"n{len(self.notes)}"
        self.notes[identity] = {
            "id": identity,
            **self.notes.get(identity, {}),
            **json.loads(request.content),
        }
        return httpx.Response(200, json=self.notes[identity])


class Project:
    """Manifests on disk, and runs over them against one platform."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.platform = Platform()
        self.registry = Registry(
            kinds={KIND.name: KIND},
            open=self._open,
            locks=folder / ".locks",
            sources={**SOURCES, "notes": SettingsSource("NOTES_URL", (("token", "NOTES_TOKEN"),))},
        )
        (folder / "reconciler.yaml").write_text(PROJECT, encoding="utf-8")

    def write(self, text: str) -> None:
        """The one manifest."""
        (self.folder / "note.yaml").write_text(NOTE % text, encoding="utf-8")

    def session(self, *, prune: bool = False) -> Session:
        """One run."""
        options = RunOptions(self.folder, prune=prune, allow_mass_change=True, env=ENV)
        return Session(options, self.registry)

    def apply(self, *, prune: bool = False) -> list[str]:
        """The actions of one apply; the next plan has none."""
        with self.session(prune=prune) as session:
            current = make_plan(session)
            assert current.plan.problems == ()
            report = apply_plan(session, current, lambda step, event: None)
            assert report.exit_code == 0
            assert make_plan(session).plan.steps == ()
        return [step.action for step in current.plan.steps]

    def _open(self, name: str, settings: ProviderSettings) -> Notes:
        runtime = Runtime(httpx.MockTransport(self.platform))
        return Notes(Http(Endpoint(settings.endpoint, settings.token), runtime))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with one note that is not live yet."""
    project = Project(tmp_path)
    project.write("hi")
    return project


def test_a_new_family_is_created_changed_and_pruned(project: Project) -> None:
    assert project.apply() == ["create"]
    project.platform.notes["n0"]["text"] = "changed by hand"
    assert project.apply() == ["update"]
    assert project.platform.notes["n0"]["text"] == "hi"
    (project.folder / "note.yaml").unlink()
    # Without a manifest of its kind, a provider is used where the project has settings for it.
    settings = "spec: {providers: {notes: {endpoint: 'https://notes.example.com'}}}\n"
    (project.folder / "reconciler.yaml").write_text(PROJECT + settings, encoding="utf-8")
    assert project.apply(prune=True) == ["delete"]
    assert project.platform.log == ["POST /notes", "PATCH /notes/n0", "DELETE /notes/n0"]


def test_the_calls_of_the_plan_come_from_its_table(project: Project) -> None:
    with project.session() as session:
        (step,) = make_plan(session).plan.steps
    (call,) = step.calls
    row = OPERATIONS[call.operation]
    assert (call.method, call.path) == (row.method, row.path)


def test_what_a_family_leaves_out_says_so(project: Project) -> None:
    project.apply()
    with project.session() as session:
        provider, live = find_live(session, "Note/hello")
        with pytest.raises(LiveStateError, match="history of Note hello is not supported"):
            provider.history(live)
