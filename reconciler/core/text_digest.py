"""A digest of a text that does not change with its line ends."""

from __future__ import annotations

import hashlib


class TextDigest:
    """SHA-256 of the content with every CRLF as LF; a content with a NUL byte is not text.

    Git tells binary files by the same byte.
    """

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._held = b""
        self._binary = False

    def update(self, chunk: bytes) -> None:
        """Take the next bytes; a CRLF may lie across two chunks."""
        self._binary = self._binary or b"\0" in chunk
        if self._binary or not chunk:
            return
        data = self._held + chunk
        self._held = b"\r" if data.endswith(b"\r") else b""
        self._digest.update(data.removesuffix(b"\r").replace(b"\r\n", b"\n"))

    def hexdigest(self) -> str:
        """The digest in hex; '' for what is not text."""
        if self._binary:
            return ""
        whole = self._digest.copy()
        whole.update(self._held)
        return whole.hexdigest()
