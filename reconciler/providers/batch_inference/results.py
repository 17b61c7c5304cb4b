"""The files that a batch leaves on disk: its output, its errors beside it, and partial results.

Results replace those of an earlier batch only when they are complete.  What an expired, cancelled
or rejected batch answered has names of its own (``smoke.partial.jsonl``).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from reconciler.core.resource import Resource
from reconciler.errors import ReconcilerError
from reconciler.providers.batch_inference.merge import merged
from reconciler.providers.batch_inference.result_files import ResultFiles
from reconciler.providers.batch_inference.result_lines import Tally, request_names, tally
from reconciler.providers.batch_inference.spec import INPUT, OUTPUT, SUFFIX
from reconciler.regular_file import open_regular


def output_path(resource: Resource | None) -> str | None:
    """Where the manifest wants the output; None when it wants none."""
    files = resource.files.get(OUTPUT) if resource else None
    return files.source if files else None


def errors_path(output: str) -> str:
    """``smoke.errors.jsonl`` beside ``smoke.jsonl``."""
    return f"{output.removesuffix(SUFFIX)}.errors{SUFFIX}"


def partial_path(output: str) -> str:
    """``smoke.partial.jsonl`` beside ``smoke.jsonl``."""
    return f"{output.removesuffix(SUFFIX)}.partial{SUFFIX}"


def written_paths(output: str) -> tuple[str, ...]:
    """Every file that an apply may write for this output."""
    partial = partial_path(output)
    return (output, errors_path(output), partial, errors_path(partial))


def count_lines(attempts: Sequence[ResultFiles], resource: Resource | None) -> Tally | None:
    """What the files hold, compared with the input; None when some are gone.

    The input is read again, line by line: a plan needs no names of its requests.
    """
    if any(files.gone for files in attempts):
        return None
    present = [files.present for files in attempts]
    source = resource.files[INPUT].source if resource else ""
    if not source:
        return tally(None, present)
    with open_regular(source) as stream:
        return tally(request_names(stream), present)


def keep_complete(path: str, attempts: Sequence[ResultFiles]) -> None:
    """Write complete results in the place of older ones, and remove partial ones.

    A batch without one good answer has no output file, which an empty output says.
    """
    partial = partial_path(path)
    with merged(attempts) as files:
        _write_or_empty(path, files.output)
        _write_or_remove(errors_path(path), files.errors)
    for stale in (partial, errors_path(partial)):
        remove(stale)


def keep_partial(path: str, attempts: Sequence[ResultFiles]) -> bool:
    """Write what there is of incomplete results beside the output, which stays as it is.

    Whether there was anything.
    """
    partial = partial_path(path)
    with merged(attempts) as files:
        if not files.present:
            return False
        _write_or_remove(partial, files.output)
        _write_or_remove(errors_path(partial), files.errors)
    return True


def _write_or_empty(path: str, stream: BinaryIO | None) -> None:
    with open(os.devnull, "rb") as nothing:
        write_whole(path, stream or nothing)


def _write_or_remove(path: str, stream: BinaryIO | None) -> None:
    if stream is None:
        remove(path)
    else:
        write_whole(path, stream)


def write_whole(path: str, stream: BinaryIO) -> None:
    """Put this content there at once or not at all; the folder is made when it is missing.

    The content is on disk before it takes the place of what was there.
    """
    place = Path(path)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(dir=place.parent, prefix=".reconciler-")
        try:
            with open(handle, "wb") as target:
                if stream.seekable():
                    stream.seek(0)
                shutil.copyfileobj(stream, target)
                target.flush()
                os.fsync(target.fileno())
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
    """Remove what an earlier batch left there."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise ReconcilerError(
            f"{path} cannot be removed: {error.strerror or error}",
            "It belongs to an earlier batch: delete it by hand, and run again.",
        ) from error
