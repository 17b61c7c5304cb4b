"""Live values into manifests and files: what was changed by hand becomes what git says."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.core.diff import is_below
from reconciler.core.resource import Address, Live, Resource
from reconciler.core.step import FieldChange, Step
from reconciler.desired.manifest import Manifest
from reconciler.desired.merge_patch import decides
from reconciler.desired.path_problem import Keys, dig, undotted
from reconciler.desired.yaml_edit import YamlEdit
from reconciler.errors import SettingsError
from reconciler.live import CurrentPlan
from reconciler.session import Session

UNITS = (("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10))
BY_APPLY = "only an apply can put this right"


@dataclass(frozen=True, slots=True)
class Written:
    """One difference: the file that takes it, or why none can."""

    path: str
    file: str = ""
    why: str = ""


def write_drift(session: Session, current: CurrentPlan, accept: Sequence[str]) -> list[Written]:
    """Put live values where the manifests say otherwise, and report each difference.

    Values that a target's patch decides go into that patch; keys that are not written stay away.
    ``accept`` names addresses and key paths; without any, everything is taken.
    """
    writer = _Writer(session)
    found: list[Written] = []
    for step in current.plan.steps:
        if step.action == "adopt":
            continue
        live = current.lives.get(step.address)
        resource = session.graph.resources.get(step.address)
        if live is None or resource is None:
            found.append(Written(str(step.address), why=f"{step.action}: {BY_APPLY}"))
            continue
        for field in step.fields or (FieldChange("", None, None, step.reason),):
            name = f"{step.address}.{field.path}".rstrip(".")
            if not accept or _is_accepted(name, accept):
                found.append(writer.take(step, resource, live, field))
    writer.save()
    return list(dict.fromkeys(found))


def _is_accepted(name: str, accept: Sequence[str]) -> bool:
    return any(name == each or name.startswith((f"{each}.", f"{each}/")) for each in accept)


class _Writer:
    """Collects the edits of every file, and writes them at the end."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._edits: dict[Path, YamlEdit] = {}
        self._folders: dict[tuple[Address, str], str] = {}
        self._users: dict[str, list[dict[str, Any]]] = {}

    def take(self, step: Step, resource: Resource, live: Live, field: FieldChange) -> Written:
        """Where one difference of a live object was put, or why it was not."""
        name = f"{step.address}.{field.path}".rstrip(".")
        kind = self._session.registry.kinds[live.kind]
        manifest = self._session.desired.manifests[str(step.address)]
        if step.action not in ("update", "replace") or not field.path:
            return Written(name, why=f"{step.reason}: {BY_APPLY}")
        for path, files in resource.files.items():
            if field.path.startswith(f"{path}/") and files.form in ("tree", "context"):
                return self._files(name, manifest, resource, live, path)
        if field.path.startswith("sharing."):
            return self._sharing(name, manifest, field)
        derived = tuple(path for path, rule in kind.rules.items() if rule.derived)
        outside = field.path.startswith(("metadata.", "project"))
        if outside or is_below(field.path, derived):
            return Written(name, why=BY_APPLY)
        top: Keys = () if field.path.startswith("lifecycle.") else ("spec",)
        return self._set(name, manifest, (*top, *undotted(field.path)), _value(field))

    def _set(self, name: str, manifest: Manifest, keys: Keys, value: Any) -> Written:
        file, document, at = manifest.file, manifest.document, keys
        for patch in reversed(manifest.patches):
            if keys[0] == "spec" and decides(patch.spec, keys[1:]):
                file, document, at = patch.file, patch.document, (*patch.keys, *keys[1:])
                break
        if self._edit(file.source.real).set(document.index, at, value):
            return Written(name, file.source.shown)
        return Written(name, why="the key is not written in the manifest")

    def _edit(self, path: Path) -> YamlEdit:
        if path not in self._edits:
            self._edits[path] = YamlEdit(path.read_bytes().decode("utf-8"))
        return self._edits[path]

    def save(self) -> None:
        """Write every file that was edited."""
        for path, edit in self._edits.items():
            path.write_bytes(edit.text.encode("utf-8"))

    def _sharing(self, name: str, manifest: Manifest, field: FieldChange) -> Written:
        """A role, or whether it may be passed on, in its place; else the whole list again."""
        user, shares = field.path.removeprefix("sharing."), field.path.endswith(".canShare")
        user = user.removesuffix(".canShare") if shares else user
        base: Keys = ("spec", "sharing", "users")
        users = self._users.setdefault(
            str(manifest.address), [dict(each) for each in _list(dig(manifest.value, base))]
        )
        index = next((i for i, each in enumerate(users) if each.get("username") == user), None)
        if index is not None and field.old is not None:
            key = "canShare" if shares else "role"
            users[index][key] = field.old
            return self._set(name, manifest, (*base, index, key), field.old)
        if index is not None:
            del users[index]
        else:
            users.append({"username": user, "role": field.old})
        return self._set(name, manifest, base, users)

    def _files(
        self, name: str, manifest: Manifest, resource: Resource, live: Live, path: str
    ) -> Written:
        key = (resource.address, path)
        if key not in self._folders:
            self._folders[key] = self._mirror(manifest, resource, live, path)
        folder = self._folders[key]
        if not folder:
            return Written(name, why="its files come from an archive or from several folders")
        return Written(name, folder)

    def _mirror(self, manifest: Manifest, resource: Resource, live: Live, path: str) -> str:
        """Make the folder of a file set equal to the live files; '' where it is not one folder."""
        source, value = manifest.file.source, dig(manifest.value, ("spec", *undotted(path)))
        root = value.get("root") if isinstance(value, dict) else value
        under = isinstance(value, dict) and "under" in value
        if not isinstance(root, str) or under or not (source.folder / root).is_dir():
            return ""
        folder = (source.folder / root).resolve()
        with tempfile.TemporaryDirectory() as place:
            copy = Path(place) / "files"
            names = set(self._session.provider_of(resource.address).download(live, str(copy)))
            for gone in sorted(set(resource.files[path].by_path) - names):
                _inside(folder, gone).unlink(missing_ok=True)
            for each in sorted(names):
                target, content = _inside(folder, each), (copy / each).read_bytes()
                if not target.is_file() or target.read_bytes() != content:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(content)
        return root


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _inside(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.resolve().is_relative_to(folder) or path.is_symlink():
        raise SettingsError(
            f"{name} leads out of {folder}", "Take the symbolic link out of the folder."
        )
    return path


def _value(field: FieldChange) -> Any:
    if field.unit == "bytes" and isinstance(field.old, int):
        sizes = (f"{field.old // size}{unit}" for unit, size in UNITS if field.old % size == 0)
        return next(sizes, field.old)
    return field.old


def remaining(written: Sequence[Written]) -> Iterator[Written]:
    """What no file could take."""
    return (each for each in written if not each.file)
