"""Live objects into manifests: the table of what is live, and the files of what is taken."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from reconciler.core.identity import match
from reconciler.core.marker import name_of, scope_of
from reconciler.core.provider import Named, Provider
from reconciler.core.resource import Live
from reconciler.desired.manifest_text import manifest_text
from reconciler.desired.secret_file import secret_name
from reconciler.errors import ReconcilerError, SettingsError
from reconciler.session import Session

FOLDERS = {"ExecutionEnvironment": "environments", "CustomModel": "models"}
OURS, NOBODY = "this project", "nobody"
SECRETS = ("version.files",)
"""Key paths of file sets that name likely secrets one by one."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A live object that may be taken; ``name`` is what its manifest would be called.

    ``owner`` is this project, nobody, or another owner.  ``refused`` says why it is not taken.
    """

    live: Live
    name: str
    owner: str
    maker: str
    refused: str = ""

    @property
    def address(self) -> str:
        """``Kind/name`` of the manifest."""
        return f"{self.live.kind}/{self.name}"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which live objects to take: every given condition holds for each of them."""

    objects: tuple[str, ...] = ()
    every: bool = False
    name: str = ""
    maker: str = ""

    @property
    def given(self) -> bool:
        """Whether anything was chosen at all."""
        return bool(self.objects or self.every or self.name or self.maker)

    def holds(self, candidate: Candidate) -> bool:
        """Whether this object is meant."""
        live = candidate.live
        named = not self.objects or bool({live.kind, f"{live.kind}/{live.id}"} & {*self.objects})
        by_name = not self.name or fnmatchcase(live.name, self.name)
        return named and by_name and self.maker in ("", candidate.maker)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one object: its manifest, or why there is none."""

    candidate: Candidate
    manifest: Path | None = None
    problem: str = ""
    lost: tuple[str, ...] = ()


def candidates(session: Session) -> list[Candidate]:
    """Every live object of the kinds that carry markers, by kind and name.  Reads only."""
    kinds = [kind for kind in session.registry.kinds.values() if kind.forget is not None]
    ownership = session.desired.project.ownership
    found: list[tuple[Live, Provider]] = []
    for kind in kinds:
        provider = session.provider(kind.provider)
        found += [(live, provider) for live in provider.list(kind.name)]
    lives = [live for live, _ in found]
    resources = [each for each in session.desired.graph if each.address.kind in FOLDERS]
    pairs = match(resources, lives, ownership, whole=session.desired.whole).pairs
    manifests = {live.id: address.name for address, live in pairs.items()}
    taken = {f"{each.address}" for each in resources}
    rows: list[Candidate] = []
    for live, provider in sorted(found, key=lambda pair: (pair[0].kind, pair[0].name, pair[0].id)):
        if live.id in manifests:
            name, refused = manifests[live.id], "it has a manifest already"
        else:
            ours = ownership.is_ours(live)
            name = _free_name(live, name_of(live.owner) if ours and live.owner else "", taken)
            refused = ""
            if not ours and scope_of(live.owner):
                refused = f"it belongs to {live.owner}"
            elif provider.is_shared_by_platform(live):
                refused = "the platform offers it to everybody; name it by its id"
        owner = OURS if ownership.is_ours(live) else live.owner if scope_of(live.owner) else NOBODY
        rows.append(Candidate(live, name, owner or NOBODY, provider.maker(live), refused))
    return rows


def _free_name(live: Live, marked: str, taken: set[str]) -> str:
    slug = re.sub(r"[^a-z0-9._-]+", "-", live.name.casefold()).strip("-._")[:50].rstrip("-._")
    base = marked or slug or live.kind.casefold()
    name, number = base, 2
    while f"{live.kind}/{name}" in taken:
        name, number = f"{base}-{number}", number + 1
    taken.add(f"{live.kind}/{name}")
    return name


def choose(rows: Sequence[Candidate], choice: Choice) -> list[Candidate]:
    """The objects that are meant; SettingsError for one that is named and not live."""
    known = {f"{row.live.kind}/{row.live.id}" for row in rows} | set(FOLDERS)
    for text in choice.objects:
        if text not in known:
            raise SettingsError(
                f"nothing live is {text}", "`reconciler import` lists what is live."
            )
    return [row for row in rows if choice.holds(row)]


def take(
    session: Session,
    rows: Sequence[Candidate],
    chosen: Sequence[Candidate],
    into: Path,
    tell: Callable[[str], None],
) -> list[Taken]:
    """Write a folder with a manifest for each object; what is there already stays as it is.

    A run that was cut off is taken up by the next one: a manifest is written last.
    """
    picked = {row.live.id for row in chosen if not row.refused}
    kinds = session.registry.kinds
    refs = {
        row.live.id: Named(row.name, kinds[row.live.kind].outputs(row.live).get("versionId"))
        for row in rows
        if row.live.id in picked or row.refused == "it has a manifest already"
    }

    def one(row: Candidate) -> Taken:
        if row.refused:
            return Taken(row, problem=row.refused)
        try:
            taken = _take(session, row, refs, into)
        except ReconcilerError as error:
            taken = Taken(row, problem=error.message)
        tell(f"{row.address}: {taken.problem or taken.manifest}")
        return taken

    with ThreadPoolExecutor(session.options.parallelism, thread_name_prefix="import") as pool:
        return list(pool.map(one, chosen))


def _take(session: Session, row: Candidate, refs: Mapping[str, Named], into: Path) -> Taken:
    live, folder = row.live, into / FOLDERS[row.live.kind] / row.name
    manifest = folder / ("model.yaml" if live.kind == "CustomModel" else "environment.yaml")
    if os.path.lexists(manifest):
        return Taken(row, problem=f"{manifest} is there already")
    provider = session.provider(session.registry.kinds[live.kind].provider)
    export = provider.export(live, refs)
    spec = dict(export.spec)
    for path, name in export.folders.items():
        place = folder / name
        if not place.exists():
            provider.download(live, str(place))
        spec = _with_secrets(spec, path, place)
    if spec.get("name") == row.name:
        del spec["name"]
    metadata = {"name": row.name, **({} if row.owner == OURS else {"id": live.id})}
    folder.mkdir(parents=True, exist_ok=True)
    text = manifest_text(live.kind, metadata, spec, export.lost)
    beside = manifest.with_suffix(".part")
    beside.write_text(text, encoding="utf-8")
    os.link(beside, manifest)  # fails where a manifest has come meanwhile
    beside.unlink()
    return Taken(row, manifest, lost=export.lost)


def _with_secrets(spec: dict[str, object], path: str, place: Path) -> dict[str, object]:
    """Names the files that only a literal name includes; the live version holds them."""
    key, _, inner = path.partition(".")
    version = spec.get(key)
    secrets = sorted(_secrets(place))
    if path not in SECRETS or not secrets or not isinstance(version, dict):
        return spec
    files = {**version[inner], "include": ["**", *secrets]}
    return {**spec, key: {**version, inner: files}}


def _secrets(place: Path) -> Iterator[str]:
    for path in place.rglob("*"):
        name = path.relative_to(place).as_posix()
        if path.is_file() and secret_name(name):
            yield name
