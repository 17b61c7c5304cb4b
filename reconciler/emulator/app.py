"""The app factory of the emulator."""

from __future__ import annotations

import copy
import functools
import time
from collections.abc import Callable

import flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from reconciler.emulator.api import Api
from reconciler.emulator.apis import APIS
from reconciler.emulator.clock import EmulatorClock
from reconciler.emulator.controls import controls
from reconciler.emulator.middleware import CONTROLS, LARGEST_BODY, REFUSAL, Middleware
from reconciler.emulator.options import Options
from reconciler.emulator.quirks.quirk_set import QuirkSet
from reconciler.emulator.refusal import Refusal, not_found
from reconciler.emulator.store import Store
from reconciler.emulator.world import World, attach, current

__all__ = ["Options", "create_app"]

_APIS = "emulator.apis"


def create_app(
    options: Options = Options(),  # noqa: B008  # frozen, so one default value serves all
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
    apis: tuple[Api, ...] = APIS,
) -> flask.Flask:
    """A fresh emulator of these APIs, or the one that ``options.state`` remembers."""
    seeds = tuple(api.seed for api in apis)
    world = World(
        options,
        EmulatorClock(clock),
        sleep,
        Store(options.state),
        quirks=QuirkSet(options.quirks),
        seeds=seeds,
    )
    # Compiling the routes costs more than everything else together, and they are the same for
    # every emulator: they are made once and shared, so that tests can have an app each.
    app = copy.copy(_routes(apis))
    attach(app, world)
    world.seed()
    # Assigning this is the documented way to wrap an app.
    app.wsgi_app = Middleware(app, world)  # type: ignore[assignment, method-assign]
    return app


@functools.cache
def _routes(apis: tuple[Api, ...]) -> flask.Flask:
    app = flask.Flask(__name__, static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_BODY
    # Enough parts that a form with too many files is refused for its files, not for its parts.
    app.config["MAX_FORM_PARTS"] = 10_000
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of the default provider
    app.url_map.merge_slashes = False
    app.before_request(_admit)
    app.register_error_handler(Refusal, _refuse)
    app.register_error_handler(HTTPException, _refuse_http)
    app.register_blueprint(controls)
    app.extensions[_APIS] = apis
    for api in apis:
        for blueprint in api.blueprints:
            app.register_blueprint(blueprint)
    return app


def _api() -> Api:
    path = flask.request.path
    apis: tuple[Api, ...] = flask.current_app.extensions[_APIS]
    return next((api for api in apis if path.startswith(api.prefixes)), apis[0])


def _admit() -> None:
    """Know the caller first, as the platforms do; then refuse a path that the API does not have."""
    refusal = flask.request.environ.get(REFUSAL)
    if refusal is not None:
        raise refusal
    if not flask.request.path.startswith(CONTROLS):
        flask.g.user = _api().caller(current().options, flask.request)
        current().quirks.admit(current(), flask.request)
    # A path without its closing slash is not an operation; redirecting would hide the mistake.
    if isinstance(flask.request.routing_exception, RequestRedirect):
        raise not_found("Path")


def _refuse(refusal: Exception) -> flask.Response:
    assert isinstance(refusal, Refusal)
    return _api().refuse(refusal)


def _refuse_http(wrong: Exception) -> flask.Response:
    assert isinstance(wrong, HTTPException)
    response = _refuse(Refusal(wrong.code or 500, wrong.description or wrong.name))
    for name, value in wrong.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response
