"""Bytes of a file to the text that a YAML parser may see."""

from __future__ import annotations

from typing import Final

from reconciler.errors import Problem

MAX_BYTES: Final = 2**20


class Unreadable(Exception):
    """The file cannot be read, or not from here on; the problem says why and where."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def decode(data: bytes, file: str) -> str:
    """The text of UTF-8 bytes without NUL, up to the limit.  Raises ``Unreadable``."""
    if len(data) > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES} bytes"
        raise Unreadable(
            Problem("file-too-large", message, "Split it into several files.", file=file)
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        raise _at(before, "not-utf8", "not valid UTF-8", file) from error
    if "\0" in text:
        raise _at(text[: text.index("\0")], "control-character", "a NUL byte", file)
    return text


def _at(before: str, code: str, message: str, file: str) -> Unreadable:
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return Unreadable(Problem(code, message, file=file, line=line, column=column))
