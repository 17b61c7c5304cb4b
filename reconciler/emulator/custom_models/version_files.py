"""The files of a model version: merging uploads, item identities, archives."""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterable
from typing import Any

from reconciler.emulator.custom_models import requirements_txt
from reconciler.emulator.refusal import Refusal, invalid
from reconciler.emulator.store import Doc
from reconciler.emulator.world import World

MOST_FILES = 100
_LOCAL = "local"
# A fixed time in every archive entry, so that the same files give the same bytes.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def merged(
    world: World, held: list[Doc], deleted: Iterable[str], added: list[tuple[str, bytes, Doc]]
) -> list[Doc]:
    """The items of the next version.

    An item that is not touched keeps its id over the versions, a replaced one gets a new id: the
    pages speak of files "of the previous version used as a basis" and of deleting by item id, so
    the item is the stored file, not its place in one version.
    """
    items = {item["filePath"]: item for item in held}
    unknown = set(deleted) - {item["id"] for item in held}
    if unknown:
        raise invalid({"filesToDelete": f"not in the latest version: {', '.join(sorted(unknown))}"})
    items = {path: item for path, item in items.items() if item["id"] not in deleted}
    named = [(world.quirks.file_name(path), content, origin) for path, content, origin in added]
    for path, content, origin in named:
        items[path] = new_item(world, path, content, origin)
    if len(items) > MOST_FILES:
        raise invalid({"file": f"a version holds {MOST_FILES} files at most, not {len(items)}"})
    _check_tree(items)
    return list(items.values())


def new_item(world: World, path: str, content: bytes, origin: Doc | None = None) -> Doc:
    """One stored file; ``origin`` says where it was pulled from."""
    return {
        "id": world.store.new_id("items"),
        "filePath": path,
        "fileName": posixpath.basename(path),
        "fileSource": _LOCAL,
        "created": world.now(),
        "digest": world.store.keep(content),
        "size": len(content),
        "commitSha": None,
        "ref": None,
        "repositoryFilePath": None,
        "repositoryLocation": None,
        "repositoryName": None,
        **(origin or {}),
    }


def copied(world: World, items: list[Doc]) -> list[Doc]:
    """The same files as items of another model: each with an id of its own."""
    return [{**item, "id": world.store.new_id("items")} for item in items]


def shown(item: Doc, model_id: str) -> Doc:
    """The item as the API shows it."""
    # Spelled out: a list of models shows every file of each, and this is most of that work.
    return {
        "id": item["id"],
        "filePath": item["filePath"],
        "fileName": item["fileName"],
        "fileSource": item["fileSource"],
        "created": item["created"],
        "commitSha": item["commitSha"],
        "ref": item["ref"],
        "repositoryFilePath": item["repositoryFilePath"],
        "repositoryLocation": item["repositoryLocation"],
        "repositoryName": item["repositoryName"],
        # Both deprecated and still declared as present.
        "storagePath": f"workspace/{model_id}/{item['filePath']}",
        "workspaceId": model_id,
    }


def content_of(world: World, items: list[Doc], path: str) -> bytes | None:
    """The bytes of the file at this path."""
    found = next((item for item in items if item["filePath"] == path), None)
    return world.store.blob(found["digest"]) if found else None


def dependencies(world: World, items: list[Doc]) -> list[dict[str, Any]]:
    """The parsed requirements.txt; 422 with the offending lines when it is not valid."""
    content = content_of(world, items, requirements_txt.PATH)
    if content is None:
        return []
    read = requirements_txt.parse(content)
    if read.invalid:
        raise Refusal(
            422,
            "Cannot create the version: requirements.txt has lines that are not dependencies.",
            dependencies=read.dependencies,
            invalidDependencies=read.invalid,
        )
    return read.dependencies


def archive(world: World, items: list[Doc], with_installer: bool = False) -> bytes:
    """The files as a zip archive; ``pps`` downloads carry an install script too."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for item in items:
            info = zipfile.ZipInfo(item["filePath"], _EPOCH)
            packed.writestr(info, world.store.blob(item["digest"]), zipfile.ZIP_DEFLATED)
        if with_installer and not any(i["filePath"] == "install_dependencies.sh" for i in items):
            script = "#!/bin/sh\n[ ! -f requirements.txt ] || pip install -r requirements.txt\n"
            packed.writestr(zipfile.ZipInfo("install_dependencies.sh", _EPOCH), script)
    return buffer.getvalue()


def _check_tree(paths: Iterable[str]) -> None:
    """No path may be both a file and a folder of another."""
    files = set(paths)
    for path in files:
        parents = {path[:place] for place, char in enumerate(path) if char == "/"}
        if parents & files:
            raise invalid({"filePath": f"{path} lies below a file"})
