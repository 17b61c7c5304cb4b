"""The shapes of names in manifests, and how to say them to a person."""

from __future__ import annotations

from typing import Final

RESOURCE: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"
PROJECT: Final = r"^[a-z0-9-]{1,63}$"
UID: Final = r"^[a-z0-9]{4,32}$"
VARIABLE: Final = r"^[A-Za-z_][A-Za-z0-9_]*$"
LIVE_ID: Final = r"^[^\s/]{1,100}$"
ADDRESS: Final = r"^[A-Za-z]+/[A-Za-z0-9][A-Za-z0-9._-]*$"

WORDS: Final = {
    RESOURCE: "a name has letters, digits, dots, dashes and underlines, 63 at most, "
    "and begins with a letter or a digit",
    PROJECT: "a name here has lower-case letters, digits and dashes, 63 at most",
    UID: "a uid has lower-case letters and digits, 4 to 32 of them",
    VARIABLE: "a variable's name has letters, digits and underlines and begins with no digit",
    LIVE_ID: "an id has no blanks and no slashes, and 100 characters at most",
    ADDRESS: "write it as Kind/name",
}
"""What to say of a text that does not have the shape."""
