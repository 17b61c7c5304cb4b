"""The API of model runs: how it identifies its caller, and its error shape."""

from __future__ import annotations

import flask

from reconciler.emulator.answers import answer
from reconciler.emulator.api import Api
from reconciler.emulator.model_runs import rate
from reconciler.emulator.model_runs.runs import model_runs
from reconciler.emulator.options import Options
from reconciler.emulator.refusal import Refusal
from reconciler.emulator.tokens import of_token


def know(options: Options, request: flask.Request) -> str:
    """The user of the bearer token; if that is not known, the one of the ``X-API-Key``."""
    rate.count()
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    for given in (bearer, request.headers.get("X-API-Key", "").strip()):
        user = of_token(options, given) if given else None
        if user is not None:
            return user
    raise Refusal(401, "unauthorized")


def refuse(refusal: Refusal) -> flask.Response:
    """``code`` and ``message``; all wrong input is 400, the one status that the page has for it."""
    status = 400 if refusal.status in (415, 422) else refusal.status
    problems = [f"{name}: {problem}" for name, problem in (refusal.errors or {}).items()]
    message = "; ".join(problems) or refusal.message
    return rate.mark(answer({"code": status, "message": message}, status))


MODEL_RUNS = Api(
    prefixes=("/v1/model-runs",),
    blueprints=(model_runs, rate.model_runs_rate),
    caller=know,
    refuse=refuse,
)
