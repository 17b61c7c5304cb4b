"""How a handler says no; each API turns it into the error shape of its own API."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """An answer of 4xx: its status, its message, what is wrong per field, and further keys."""

    def __init__(
        self, status: int, message: str, errors: dict[str, Any] | None = None, **extra: Any
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
        self.extra = extra


def not_found(what: str) -> Refusal:
    """404 for an object that is not there or that the caller may not see."""
    return Refusal(404, f"{what} not found.")


def invalid(errors: dict[str, Any]) -> Refusal:
    """422 for input that breaks its declared types or limits, one entry per field."""
    return Refusal(422, "Invalid field data", errors)
