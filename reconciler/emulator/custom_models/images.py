"""Model images: a model version on an environment version, named by tests and older routes."""

from __future__ import annotations

from reconciler.emulator.store import Doc
from reconciler.emulator.world import World

_KIND = "images"


def image_of(world: World, version: Doc, environment_version_id: str) -> Doc:
    """The image of the version on the environment version; made once."""
    images = world.store.children(_KIND, version["id"])
    made = next((i for i in images if i["environmentVersionId"] == environment_version_id), None)
    if made is not None:
        return made
    image = {
        "id": world.store.new_id(_KIND),
        "parent": version["id"],
        "environmentVersionId": environment_version_id,
    }
    return world.store.put(_KIND, image)


def drop_of_environment(world: World, environment_id: str) -> None:
    """Remove the images that run on the environment."""
    versions = world.store.children("environmentVersions", environment_id)
    gone = {version["id"] for version in versions}
    for image in world.store.all(_KIND):
        if image["environmentVersionId"] in gone:
            world.store.drop(_KIND, image["id"])
