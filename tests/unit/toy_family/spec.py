"""The manifests of the toy family."""

from __future__ import annotations

from reconciler.core.spec import Spec, absent


class NoteSpec(Spec):
    """One note."""

    text: str = absent()
