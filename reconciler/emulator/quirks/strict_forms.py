"""An empty field of a form is an empty text, not null."""

from __future__ import annotations

from reconciler.emulator.quirks.quirk import Quirk


class StrictForms(Quirk):
    """A blank part where null was meant is refused with 422.

    The pages declare fields of multipart forms as "integer or null" and do not say how a form
    spells null.
    """

    name = "strict-forms"
    summary = "an empty field of a multipart form is refused where null was meant"
    blank_is_null = False
