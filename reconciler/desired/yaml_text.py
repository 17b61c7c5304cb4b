"""Bytes of a file to the text that a YAML parser may see."""

from __future__ import annotations

from typing import Final

from reconciler.desired.path_problem import InputError, PathProblem

MAX_BYTES: Final = 2**20


def decode(data: bytes) -> str:
    """The text of UTF-8 bytes without NUL, up to ``MAX_BYTES``.  Raises ``InputError``."""
    if len(data) > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES} bytes"
        raise InputError(PathProblem("file-too-large", message, "Split it into several files."))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        raise _at(before, "not-utf8", "not valid UTF-8") from error
    if "\0" in text:
        raise _at(text[: text.index("\0")], "control-character", "a NUL byte")
    return text


def _at(before: str, code: str, message: str) -> InputError:
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return InputError(PathProblem(code, message, line=line, column=column))
