"""The API of batch inference: how it identifies its caller, and its error shape."""

from __future__ import annotations

from typing import Any

import flask

from reconciler.emulator.answers import answer
from reconciler.emulator.api import Api
from reconciler.emulator.batch_inference.batches import batch_jobs
from reconciler.emulator.batch_inference.files import batch_files
from reconciler.emulator.batch_inference.limits import batch_limits
from reconciler.emulator.batch_inference.models import batch_model_controls, batch_models
from reconciler.emulator.options import OWNER, Options
from reconciler.emulator.refusal import Refusal
from reconciler.emulator.tokens import of_token

# The page has no authorization header for these two.
_OPEN = ("/v1/active-models", "/v1/model-config")
_TYPES = {429: "rate_limit_error", 404: "not_found_error"}
_CODES = {401: "invalid_api_key", 429: "rate_limit_exceeded"}


def know(options: Options, request: flask.Request) -> str:
    """The user of the bearer token; the lists of models are everybody's."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    user = of_token(options, bearer) if bearer else None
    if user is None and request.path in _OPEN:
        return OWNER
    if user is None:
        raise Refusal(401, "Incorrect API key provided.")
    return user


def refuse(refusal: Refusal) -> flask.Response:
    """``error`` with a message, a type and a code; wrong input is 422 with ``detail`` instead."""
    if refusal.status in (400, 415, 422):
        return answer({"detail": _detail(refusal)}, 422)
    kind = "server_error" if refusal.status >= 500 else "invalid_request_error"
    error = {
        "message": refusal.message,
        "type": _TYPES.get(refusal.status, kind),
        "param": refusal.extra.get("param"),
        "code": _CODES.get(refusal.status),
    }
    return answer({"error": error}, refusal.status)


def _detail(refusal: Refusal) -> list[dict[str, Any]]:
    """One entry for each wrong field: where it is, and what is wrong with it."""
    place = "body" if flask.request.method in ("POST", "PUT") else "query"
    problems = refusal.errors or {"": refusal.message}
    return [
        {"loc": [place, name] if name else [place], "msg": str(problem), "type": "value_error"}
        for name, problem in problems.items()
    ]


BATCHES = Api(
    # Model runs have the rest of this prefix, and come first.
    prefixes=("/v1/",),
    blueprints=(batch_models, batch_files, batch_jobs, batch_model_controls, batch_limits),
    caller=know,
    refuse=refuse,
)
