"""A whole repository of manifests as a value, and its many ways to lie on a disk."""

from __future__ import annotations

import json
import os
import posixpath
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Doc = dict[str, Any]
Tree = Mapping[str, bytes]

# Lists whose order means nothing, by the key that holds them.
_SETS = ("useCases", "users", "dependsOn", "ignoreChanges")
# Never part of a file set, so it may lie anywhere.
_NOISE = {".DS_Store": b"\0", "__pycache__/a.cpython-311.pyc": b"\1", "old.pyc": b""}


@dataclass(frozen=True)
class ManifestSet:
    """Manifests as plain values; paths in them begin at the top folder, as those of ``files``."""

    documents: tuple[Doc, ...]
    files: Tree

    def names(self, kind: str) -> list[str]:
        """The resource names of this kind."""
        return [each["metadata"]["name"] for each in self.documents if each["kind"] == kind]

    def write(self, directory: Path, shuffle_seed: int | None = None) -> None:
        """Write everything below ``directory``: one document a file, or shuffled by the seed.

        A seed moves documents between files and folders, turns the order of keys, of files and
        of lists that are sets, spells paths and numbers differently, changes times and modes,
        and strews in files that count for nothing.
        """
        if shuffle_seed is None:
            _write_tree(directory, self.files)
            for number, document in enumerate(self.documents):
                _write_yaml(directory / f"manifest-{number}.yaml", [_spelled(document, ".", None)])
        else:
            _write_shuffled(self, directory, random.Random(shuffle_seed))


def _write_tree(directory: Path, files: Tree) -> None:
    for path, content in files.items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _write_shuffled(made: ManifestSet, directory: Path, chance: random.Random) -> None:
    files = list(made.files.items())
    roots = sorted({"/".join(path.split("/")[:2]) for path in made.files})
    for root in roots:
        if chance.random() < 0.5:
            files += [(f"{root}/{path}", content) for path, content in _NOISE.items()]
    chance.shuffle(files)
    _write_tree(directory, dict(files))
    for path, _ in files:
        os.chmod(directory / path, chance.choice([0o644, 0o600, 0o755]))
        when = chance.randrange(2_000_000_000)
        os.utime(directory / path, (when, when))
    documents = list(made.documents)
    chance.shuffle(documents)
    while documents:
        count = chance.randint(1, len(documents))
        folder = chance.choice([".", "a", "b/c", "deep/er/still"])
        name = f"{chance.randrange(10**9)}.{chance.choice(['yaml', 'yml'])}"
        batch = [_spelled(each, folder, chance) for each in documents[:count]]
        _write_yaml(directory / folder / name, batch)
        documents = documents[count:]


def _spelled(document: Doc, folder: str, chance: random.Random | None) -> Doc:
    """The document as it stands in a file of this folder."""
    spelled: Doc = json.loads(json.dumps(document).replace("${", "$${"))
    version = spelled["spec"].get("version") or {}
    for holder, key in ((version.get("files") or {}, "root"), (version, "dockerContext")):
        if key in holder:
            holder[key] = _path(holder[key], folder, chance)
    return _turned(spelled, chance) if chance else spelled


def _path(path: str, folder: str, chance: random.Random | None) -> str:
    relative = posixpath.relpath(path, folder)
    if chance is None:
        return f"./{relative}"
    return chance.choice([relative, f"./{relative}", f"{relative}/", f"./x/../{relative}"])


def _turned(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        turned = {key: _turned(value[key], chance) for key in keys}
        for key in _SETS:
            if isinstance(turned.get(key), list):
                chance.shuffle(turned[key])
        return turned
    if isinstance(value, list):
        return [_turned(each, chance) for each in value]
    if isinstance(value, float) and value.is_integer() and chance.random() < 0.5:
        return int(value)
    return value


class _Quoting(yaml.CSafeDumper):
    """Quotes every text, so that none is taken for a number or a boolean."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Quoting.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)
_Quoting.add_representer(
    float, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:float", _plain(value))
)


def _plain(value: float) -> str:
    return f"{value:.6f}"


def _write_yaml(path: Path, documents: list[Doc]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = yaml.dump_all(
        documents, Dumper=_Quoting, explicit_start=True, sort_keys=False, allow_unicode=True
    )
    path.write_text(text, encoding="utf-8")
