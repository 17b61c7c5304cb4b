"""The middleware of an emulator: reads a request, plays faults, runs the app, writes the log."""

from __future__ import annotations

import ipaddress
import json
import socket
import threading
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import flask
from werkzeug.exceptions import (
    ClientDisconnected,
    HTTPException,
    RequestEntityTooLarge,
    RequestTimeout,
)
from werkzeug.wrappers import Request, Response

from reconciler.emulator import faults, jobs
from reconciler.emulator.refusal import Refusal
from reconciler.emulator.request_log import body_facts
from reconciler.emulator.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CONTROLS = "/__emulator__/"
# One upload is held in memory while it is answered, so it is bounded; the pages document 413.
LARGEST_BODY = 256 * 1024 * 1024


# Where the middleware leaves a refusal for the app, which knows the error shape of the API.
REFUSAL = "emulator.refusal"


class _Rejected(Exception):
    """Undoes the transaction of a request whose answer is an error: a refusal has no effect."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


class _Answer(Response):
    """An answer as the app made it: one without a content type does not get one."""

    default_mimetype = None


class Middleware:
    """The WSGI face of one emulator."""

    def __init__(self, app: flask.Flask, world: World) -> None:
        self._inner = app.wsgi_app
        self._world = world
        # Held while late requests are carried out, so that no other request overtakes them.
        self._late = threading.RLock()

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith(CONTROLS):
            self._carry_out_late()
            environ["REMOTE_ADDR"] = environ.get("REMOTE_ADDR") or "127.0.0.1"
            return self._inner(environ, start)
        environ["PATH_INFO"] = _bytewise(environ.get("PATH_INFO", ""))
        request = Request(environ)
        body = _buffer(request)
        if self._world.options.latency:
            self._world.sleep(self._world.options.latency)
        planned = self._world.faults.take(request.method, _spelled(request))
        fault = planned or self._world.quirks.fault(request)
        entry = self._entry(request, body, fault)
        if fault is not None and fault.when == faults.LATE and REFUSAL not in environ:
            entry["effect"] = None
            due = self._world.clock() + fault.late
            self._world.late_requests.add(due, environ, body, entry)
        response = self._answer(environ, fault)
        entry["status"] = response.status_code if response else None
        self._world.log.add(entry)
        if response is None:
            return self._silence(fault)(environ, start)
        cut = fault is not None and fault.action == "truncate"
        return (_cut(response) if cut else response)(environ, start)

    def _answer(self, environ: WSGIEnvironment, fault: faults.Fault | None) -> Response | None:
        """The answer, or None when a fault keeps it from the caller."""
        if fault is None or fault.action == "truncate":
            return self._run(environ)
        response = self._run(environ) if fault.when == faults.AFTER else None
        if fault.action == "delay":
            self._world.sleep(fault.seconds)
            return response or self._run(environ)
        return self._failed(environ, fault) if fault.action == "status" else None

    def _failed(self, environ: WSGIEnvironment, fault: faults.Fault) -> Response:
        """The planned answer; without a body of its own it has the error shape of the API."""
        if fault.body is None:
            environ[REFUSAL] = Refusal(fault.status, "Failure planned by a test control.")
            response = self._run(environ)
        else:
            text = fault.body if isinstance(fault.body, str) else json.dumps(fault.body)
            response = Response(text, fault.status, content_type="application/json")
        response.headers.update(fault.headers)
        return response

    def _run(self, environ: WSGIEnvironment) -> Response:
        self._carry_out_late()
        return self._transact(environ)

    def _transact(self, environ: WSGIEnvironment) -> Response:
        store = self._world.store
        try:
            with store.transaction():
                jobs.settle(self._world)
            with store.transaction():
                response = _Answer.from_app(self._inner, environ, buffered=True)
                self._world.quirks.answer(self._world, environ["PATH_INFO"], response)
                if response.status_code >= 400:
                    raise _Rejected(response)
        except _Rejected as rejected:
            response = rejected.response
        if REFUSAL in environ and environ.get("emulator.undrained"):
            # What is left of the body must not be taken for the next request.
            response.headers["Connection"] = "close"
        return response

    def _carry_out_late(self) -> None:
        """Give the stored requests that are due their effects, each at its own time."""
        with self._late:
            for request in self._world.late_requests.take(self._world.clock()):
                with self._world.clock.at(request.due):
                    request.entry["effect"] = self._transact(request.environ()).status_code

    def _entry(self, request: Request, body: bytes, fault: faults.Fault | None) -> dict[str, Any]:
        """What the log says of a request; its status is known later."""
        entry: dict[str, Any] = {
            "method": request.method,
            "path": _spelled(request),
            "status": None,
            **body_facts(request.content_type or "", body),
        }
        if fault:
            entry["fault"] = fault.action
        return entry

    def _silence(self, fault: faults.Fault | None) -> WSGIApplication:
        """A WSGI application that never answers."""
        waits = fault.seconds if fault and fault.action == "timeout" else None

        def silent(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            served = "werkzeug.socket" in environ
            if waits is not None and not served:
                raise faults.AnswerTimeout("no answer, as a test control asked")
            if waits is not None:
                self._world.sleep(waits)
            _shut(environ)
            raise faults.ConnectionDropped("connection closed, as a test control asked")

        return silent


def is_loopback(address: str) -> bool:
    """Whether the peer is this machine."""
    try:
        peer = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(peer, "ipv4_mapped", None)
    return bool((mapped or peer).is_loopback)


def _bytewise(path: str) -> str:
    """The path as WSGI wants it, a character per byte.

    An in-process transport may hand it over decoded.
    """
    return path if all(char <= "\xff" for char in path) else path.encode().decode("latin-1")


def _buffer(request: Request) -> bytes:
    """Read the whole body before any lock is taken, so that a slow caller holds up nobody.

    A body that cannot be read leaves its refusal for the app.
    """
    environ = request.environ
    try:
        body = _body(request)
    except HTTPException as unreadable:
        body = b""
        environ[REFUSAL] = Refusal(unreadable.code or 400, unreadable.description or "")
        environ["emulator.undrained"] = True
    environ["wsgi.input"] = BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    return body


def _body(request: Request) -> bytes:
    if (request.content_length or 0) > LARGEST_BODY:
        _drain(request)
        raise RequestEntityTooLarge(f"A request body may hold {LARGEST_BODY} bytes at most.")
    request.max_content_length = LARGEST_BODY
    try:
        return request.get_data(cache=False)
    except ClientDisconnected as gone:
        # A client that repeats a multipart call without rewinding sends a length and no bytes;
        # the framework reports that stall as a disconnection.
        if isinstance(gone.__context__, TimeoutError):
            raise RequestTimeout("The request body did not arrive in time.") from gone
        raise


def _drain(request: Request) -> None:
    """Let the caller finish sending, or it would see a reset instead of the refusal."""
    left = request.content_length or 0
    while left > 0 and (piece := request.environ["wsgi.input"].read(min(left, 1 << 20))):
        left -= len(piece)


def _spelled(request: Request) -> str:
    query = request.query_string.decode("latin-1")
    path = quote(request.path, safe="/:@!$&'()*+,;=~")
    return f"{path}?{query}" if query else path


def _cut(response: Response) -> WSGIApplication:
    """The answer with its full length announced and only the first half of its body sent."""

    def cut(environ: WSGIEnvironment, start: StartResponse) -> Iterator[bytes]:
        content = response.get_data()
        start(response.status, response.get_wsgi_headers(environ).to_wsgi_list())
        yield content[: len(content) // 2]
        _shut(environ)
        raise faults.ConnectionDropped("answer cut short, as a test control asked")

    return cut


def _shut(environ: WSGIEnvironment) -> None:
    connection = environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.shutdown(socket.SHUT_RDWR)
