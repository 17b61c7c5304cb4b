"""File names are stored in Unicode's composed form."""

from __future__ import annotations

import unicodedata

from reconciler.emulator.quirks.quirk import Quirk


class NfcNames(Quirk):
    """Paths of uploaded files are NFC in answers and in downloaded archives.

    No page promises that a path keeps its Unicode form.
    """

    name = "nfc-names"
    summary = "names of uploaded files come back in Unicode's composed form (NFC)"

    def file_name(self, path: str) -> str:
        return unicodedata.normalize("NFC", path)
