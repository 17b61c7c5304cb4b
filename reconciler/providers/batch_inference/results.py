"""The files that a batch leaves on disk: its output, and its errors beside it."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.core.resource import Resource
from reconciler.errors import ApiError, ReconcilerError
from reconciler.providers.batch_inference import operations as api
from reconciler.providers.batch_inference.spec import OUTPUT, SUFFIX

if TYPE_CHECKING:
    from reconciler.providers.batch_inference.client import Client


def output_path(resource: Resource | None) -> str | None:
    """Where the manifest wants the output; None when it wants none."""
    files = resource.files.get(OUTPUT) if resource else None
    return files.source if files else None


def errors_path(output: str) -> str:
    """``smoke.errors.jsonl`` beside ``smoke.jsonl``."""
    return f"{output.removesuffix(SUFFIX)}.errors{SUFFIX}"


def fetch(client: Client, file: str, least: int) -> bytes:
    """The content of a result file with ``least`` answers or more.

    ApiError when it was cut off on its way: the platform tells no digest to hold it against.
    """
    content = client.read(api.GET_CONTENT, file)
    if _is_cut_off(content, least):
        raise ApiError(
            f"the content of {file} was cut off on its way: {len(content)} bytes arrived",
            "Run it again: the results are fetched again, and nothing is run twice.",
        )
    return content


def _is_cut_off(content: bytes, least: int) -> bool:
    """Fewer lines than answers are counted, or half of a last line.

    More lines may be right: the page does not say which of the two files a refusal is in.
    """
    lines = [line for line in content.splitlines() if line.strip()]
    try:
        json.loads(lines[-1] if lines else b"{}")
    except (ValueError, RecursionError):
        return True
    return len(lines) < least


def write_whole(path: str, content: bytes) -> None:
    """Put these bytes there at once or not at all; the folder is made when it is missing."""
    place = Path(path)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(dir=place.parent, prefix=".reconciler-")
        try:
            with open(handle, "wb") as stream:
                stream.write(content)
            # As any new file: mkstemp makes one that only its owner may read.
            os.chmod(made, 0o644)
            os.replace(made, place)
        except BaseException:
            with suppress(OSError):
                os.unlink(made)
            raise
    except OSError as error:
        raise ReconcilerError(
            f"{path} cannot be written: {error.strerror or error}",
            "The results stay on the platform: run it again, or `reconciler download` them.",
        ) from error


def remove(path: str) -> None:
    """Take away what an earlier batch left there."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise ReconcilerError(
            f"{path} cannot be taken away: {error.strerror or error}",
            "It holds the errors of an earlier batch: delete it by hand, and run again.",
        ) from error
