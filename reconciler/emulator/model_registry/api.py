"""The API of the model registry: how it identifies its caller, and its error shape."""

from __future__ import annotations

from typing import Any

import flask

from reconciler.emulator.answers import answer
from reconciler.emulator.api import Api
from reconciler.emulator.model_registry.controls import registry_controls
from reconciler.emulator.model_registry.models import registry_models
from reconciler.emulator.model_registry.versions import registry_versions
from reconciler.emulator.model_registry.wire import ROOTS
from reconciler.emulator.options import Options
from reconciler.emulator.refusal import Refusal
from reconciler.emulator.tokens import of_token


def know(options: Options, request: flask.Request) -> str:
    """The user of the bearer token."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    user = of_token(options, token.strip()) if token.strip() else None
    if scheme.lower() != "bearer" or user is None:
        raise Refusal(401, "Unauthorized")
    return user


def refuse(refusal: Refusal) -> flask.Response:
    """``statusCode`` and ``message``; all wrong input is 422, the one status there is for it."""
    status = 422 if refusal.status in (400, 415) else refusal.status
    message = "; ".join(_told(refusal.errors)) if refusal.errors else refusal.message
    return answer({"statusCode": status, "message": message}, status)


def _told(errors: dict[str, Any], where: str = "") -> list[str]:
    messages: list[str] = []
    for name, problem in errors.items():
        place = f"{where}.{name}" if where else name
        messages += _told(problem, place) if isinstance(problem, dict) else [f"{place}: {problem}"]
    return messages


REGISTRY = Api(
    prefixes=tuple(f"{root}/" for root in ROOTS),
    blueprints=(registry_models, registry_versions, registry_controls),
    caller=know,
    refuse=refuse,
)
