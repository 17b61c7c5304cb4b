"""File sets of live versions: what a download holds, with line diffs for the plan."""

from __future__ import annotations

import difflib
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import BinaryIO

from reconciler.core.fileset import FileSet, file_delta
from reconciler.core.resource import Live
from reconciler.desired.secret_file import likely_secret
from reconciler.providers.archive import read_archive
from reconciler.providers.upload import text_of

MOST_DIFF_LINES = 200


def with_files(
    live: Live,
    key: str,
    download: AbstractContextManager[BinaryIO],
    form: str,
    wanted: FileSet,
    path: str,
) -> Live:
    """The live object with a downloaded file set under ``key``, compared with what is wanted.

    ``form`` is tree or context.  ``path`` is the key path that line diffs are keyed by.
    """
    with download as content:
        archive = read_archive(content, form)
    diffs = {
        f"{path}/{name}": lines
        for name in file_delta(archive.files, wanted).changed
        if (lines := _line_diff(name, archive.small.get(name), text_of(wanted, name)))
    }
    files = {**live.files, key: archive.files}
    return replace(live, files=files, line_diffs={**live.line_diffs, **diffs})


def _line_diff(name: str, old: bytes | None, new: bytes | None) -> tuple[str, ...]:
    if old is None or new is None or b"\0" in old or b"\0" in new:
        return ()
    if likely_secret(name, old) or likely_secret(name, new):
        # A plan is a comment of a pull request and lies in logs.
        return ()
    try:
        before, after = old.decode().splitlines(), new.decode().splitlines()
    except UnicodeDecodeError:
        return ()
    lines = list(difflib.unified_diff(before, after, lineterm="", n=2))[2:]
    if len(lines) > MOST_DIFF_LINES:
        rest = len(lines) - MOST_DIFF_LINES
        lines = [*lines[:MOST_DIFF_LINES], f"... {rest} more lines"]
    return tuple(lines)
