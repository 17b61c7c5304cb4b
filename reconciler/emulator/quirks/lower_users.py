"""User names come back in lower case."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.quirks.quirk import Quirk


class LowerUsers(Quirk):
    """User names are lower case in answers, and requests may write them in any case.

    No page says whether the case of a user name, which is a mail address, matters.
    """

    name = "lower-users"
    summary = "user names come back in lower case, and are accepted in any case"

    def username(self, name: str, known: tuple[str, ...]) -> str:
        return next((user for user in known if user.lower() == name.lower()), name)

    def shape(self, body: Any, users: tuple[str, ...]) -> Any:
        if isinstance(body, dict):
            return {key: self.shape(value, users) for key, value in body.items()}
        if isinstance(body, list):
            return [self.shape(value, users) for value in body]
        return body.lower() if body in users else body
