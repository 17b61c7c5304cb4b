"""What a model answers to one line of a batch: made from the request alone, always the same."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from reconciler.emulator.store import Doc

# How a line ends.  The last two are never answered: one holds its batch up until the window of the
# batch has passed, the other makes the window pass at once.
DONE, FAILED, STALLED, EXPIRED = ".", "x", "s", "e"
_MARKS = {"[stall]": STALLED, "[expire]": EXPIRED}
_FAIL = "[fail]"
_CHARACTERS_PER_TOKEN = 4
_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
_NAMES = {"/v1/chat/completions": "messages", "/v1/responses": "input"}


@dataclass(frozen=True)
class Line:
    """One request as the model sees it: where it goes, what it says, what it may hold."""

    url: str
    body: Doc
    context_length: int

    @property
    def prompt(self) -> str:
        return _text(self.body.get(_NAMES[self.url]))

    @property
    def most(self) -> Any:
        """The largest number of tokens to answer with, as the request has it, or None."""
        return next((self.body[n] for n in _LIMITS if self.body.get(n) is not None), None)


def ending(line: Line) -> str:
    """How the line ends."""
    prompt = line.prompt
    mark = next((ends for mark, ends in _MARKS.items() if mark in prompt), None)
    return mark or (FAILED if _FAIL in prompt or _refusal(line) else DONE)


def written(line: Line, custom_id: str, request_id: str, created: int) -> Doc:
    """The line of the output or error file."""
    wrong = _refusal(line)
    record: Doc = {"id": f"batch_req_{request_id}", "custom_id": custom_id}
    if wrong:
        return {**record, "response": _response(request_id, 400, {"error": wrong}), "error": None}
    if _FAIL in line.prompt:
        # Not an answer of the model but none at all, which has the other shape.
        error = {"code": "server_error", "message": "The model did not answer."}
        return {**record, "response": None, "error": error}
    body = _answer(line, request_id, created)
    return {**record, "response": _response(request_id, 200, body), "error": None}


def unanswered(custom_id: str, request_id: str) -> Doc:
    """The line of the error file for a request that was not reached in time."""
    message = "This request could not be executed before the completion window expired."
    error = {"code": "batch_expired", "message": message}
    return {
        "id": f"batch_req_{request_id}",
        "custom_id": custom_id,
        "response": None,
        "error": error,
    }


def usage(record: Doc) -> tuple[int, int]:
    """The tokens in and out that a written line used."""
    body = (record["response"] or {}).get("body", {})
    used = body.get("usage", {})
    into = used.get("prompt_tokens", used.get("input_tokens", 0))
    return into, used.get("completion_tokens", used.get("output_tokens", 0))


def _refusal(line: Line) -> Doc | None:
    """Why the model says no to the request, if it does."""
    name, most = _NAMES[line.url], line.most
    given = line.body.get(name)
    shapes = list if name == "messages" else list | str
    if not given or not isinstance(given, shapes):
        return _wrong(name, f"'{name}' is a required property.")
    if most is not None and (not isinstance(most, int) or isinstance(most, bool) or most < 1):
        return _wrong("max_tokens", "max_tokens must be a positive whole number.")
    asked = tokens(line.prompt) + (most or 0)
    if asked > line.context_length:
        message = (
            f"This model's maximum context length is {line.context_length} tokens; "
            f"{asked} were requested."
        )
        return {**_wrong(name, message), "code": "context_length_exceeded"}
    return None


def tokens(text: str) -> int:
    """How many tokens a text has: invented, one for four characters."""
    return -(-len(text) // _CHARACTERS_PER_TOKEN)


def _wrong(param: str, message: str) -> Doc:
    return {
        "message": message,
        "type": "invalid_request_error",
        "param": param,
        "code": "invalid_request_error",
    }


def _response(request_id: str, status: int, body: Doc) -> Doc:
    return {"status_code": status, "request_id": f"req_{request_id}", "body": body}


def _answer(line: Line, request_id: str, created: int) -> Doc:
    digest = hashlib.sha256(json.dumps(line.body, sort_keys=True).encode()).hexdigest()[:12]
    content = f"echo {digest} {line.prompt[:200]}"
    room = None if line.most is None else line.most * _CHARACTERS_PER_TOKEN
    cut = room is not None and len(content) > room
    content = content[:room]
    into, out = tokens(line.prompt), tokens(content)
    if line.url == "/v1/responses":
        return _responded(line, request_id, created, (content, into, out))
    message = {"role": "assistant", "content": content}
    return {
        "id": f"chatcmpl-{request_id}",
        "object": "chat.completion",
        "created": created,
        "model": line.body["model"],
        "choices": [
            {"index": 0, "message": message, "finish_reason": "length" if cut else "stop"},
        ],
        "usage": {"prompt_tokens": into, "completion_tokens": out, "total_tokens": into + out},
    }


def _responded(line: Line, request_id: str, created: int, said: tuple[str, int, int]) -> Doc:
    content, into, out = said
    part = {"type": "output_text", "text": content, "annotations": []}
    return {
        "id": f"resp_{request_id}",
        "object": "response",
        "created_at": created,
        "status": "completed",
        "model": line.body["model"],
        "output": [
            {
                "id": f"msg_{request_id}",
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": [part],
            }
        ],
        "usage": {"input_tokens": into, "output_tokens": out, "total_tokens": into + out},
    }


def _text(given: Any) -> str:
    """All text of messages, whichever of the shapes they have."""
    if isinstance(given, str):
        return given
    if isinstance(given, list):
        return "\n".join(filter(None, map(_text, given)))
    if isinstance(given, dict):
        return _text(given.get("content", given.get("text")))
    return ""
