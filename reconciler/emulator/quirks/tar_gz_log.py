"""The log of a model test is an archive."""

from __future__ import annotations

import gzip
import io
import re
import tarfile
from typing import TYPE_CHECKING

from reconciler.emulator.quirks.quirk import Quirk

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

_LOG = re.compile(r"/api/v2/customModelTests/([^/]+)/log/")


class TarGzLog(Quirk):
    """GET customModelTests/{id}/log/ gives a .tar.gz with one text file.

    The page calls the answer a file and does not say of which type.
    """

    name = "tar-gz-log"
    summary = "the log of a model test is downloaded as a .tar.gz"

    def convert(self, path: str, response: Response) -> None:
        found = _LOG.fullmatch(path)
        if found:
            name = f"testing-{found[1]}"
            response.set_data(_packed(f"{name}.log", response.get_data()))
            response.headers["Content-Type"] = "application/gzip"
            response.headers["Content-Disposition"] = f"attachment;filename={name}.tar.gz"


def _packed(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), mtime=0)
