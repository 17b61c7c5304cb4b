"""What a fresh installation holds before anybody asked for anything."""

from __future__ import annotations

import gzip
import io
import tarfile

from reconciler.emulator.custom_models.environment_versions import new_version
from reconciler.emulator.custom_models.environments import new_environment
from reconciler.emulator.options import OWNER
from reconciler.emulator.world import World

PUBLIC_ENVIRONMENT = "[DataRobot] Python 3.11 Scikit-Learn"
_DOCKERFILE = b"FROM python:3.11-slim\nRUN pip install scikit-learn pandas\n"


def seed(world: World) -> None:
    """Give a world without environments its public one, with a version that is built."""
    with world.store.transaction():
        if not world.store.all("environments"):
            _public_environment(world)


def _public_environment(world: World) -> None:
    environment = new_environment(
        world,
        OWNER,
        {
            "name": PUBLIC_ENVIRONMENT,
            "description": "Public environment with scikit-learn.",
            "programmingLanguage": "python",
            "useCases": ["customModel"],
            "isPublic": True,
        },
    )
    content = _context()
    digest = world.store.keep(content)
    context = {"digest": digest, "size": len(content), "format": "tar.gz"}
    new_version(world, environment, {"label": "1", "context": context}, wait=0)


def _context() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        info = tarfile.TarInfo("Dockerfile")
        info.size = len(_DOCKERFILE)
        archive.addfile(info, io.BytesIO(_DOCKERFILE))
    # No time in the header: the same bytes on every run.
    return gzip.compress(packed.getvalue(), mtime=0)
