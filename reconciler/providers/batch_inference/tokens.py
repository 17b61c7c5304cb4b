"""How many tokens a request takes, roughly: one for four characters of its text.

A rule of thumb for English; the platform's own tokenizers are not asked.  Images and other parts
without text count for nothing.
"""

from __future__ import annotations

from typing import Any

from reconciler.core.json_value import JsonObject

CHARACTERS_PER_TOKEN = 4
PROMPTS = {"/v1/chat/completions": ("messages",), "/v1/responses": ("instructions", "input")}
LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")


def prompt_tokens(body: JsonObject, endpoint: str) -> int:
    """Tokens of what is asked."""
    characters = sum(_characters(body.get(key)) for key in PROMPTS[endpoint])
    return -(-characters // CHARACTERS_PER_TOKEN)


def most_answered(body: JsonObject) -> int | None:
    """The most tokens that the answer may have, as the request says; None when it does not."""
    found = (body[key] for key in LIMITS if type(body.get(key)) is int and body[key] > 0)
    return next(found, None)


def counted(count: int, noun: str) -> str:
    """``1 request``, ``2 requests``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _characters(value: Any) -> int:
    """Characters of all text in messages and their parts, whichever of the shapes they have."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list):
        return sum(map(_characters, value))
    if isinstance(value, dict):
        return _characters(value.get("content", value.get("text")))
    return 0
