"""The commit that a run is made from, in the words of git."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Commit:
    """The commit that is checked out.

    ``ref`` is the branch, '' when none is.  ``url`` shows the commit on its host, or is a URL on a
    reserved name that leads to no page; it never holds credentials.  ``dirty``: the project
    directory differs from the commit.
    """

    sha: str
    ref: str
    url: str
    dirty: bool = False
