"""The door of an emulator: reads a request, plays planned faults, runs the app, writes the log."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import flask
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, RequestTimeout
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


class _Rejected(Exception):
    """Undoes the transaction of a request whose answer is an error: a refusal has no effect."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


class Gate:
    """The WSGI face of one emulator."""

    def __init__(self, app: flask.Flask, world: World) -> None:
        self._app = app
        self._inner = app.wsgi_app
        self._world = world

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith(CONTROLS):
            environ["REMOTE_ADDR"] = environ.get("REMOTE_ADDR") or "127.0.0.1"
            return self._inner(environ, start)
        request = Request(environ)
        try:
            body = _body(request)
        except HTTPException as unreadable:
            return self._finish(request, b"", self._refuse(unreadable), None)(environ, start)
        environ["wsgi.input"] = BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        if self._world.options.latency:
            self._world.sleep(self._world.options.latency)
        fault = self._world.faults.take(request.method, request.path)
        response = self._answer(environ, fault)
        return self._finish(request, body, response, fault)(environ, start)

    def _answer(self, environ: WSGIEnvironment, fault: faults.Fault | None) -> Response | None:
        """The answer, or None when a fault keeps it from the caller."""
        if fault and fault.action == "delay":
            self._world.sleep(fault.seconds)
            return self._run(environ)
        if fault and fault.when == faults.BEFORE and fault.action != "truncate":
            return _failure(fault)
        response = self._run(environ)
        return response if not fault or fault.action == "truncate" else _failure(fault)

    def _run(self, environ: WSGIEnvironment) -> Response:
        store = self._world.store
        try:
            with store.transaction():
                jobs.settle(self._world)
            with store.transaction():
                response = Response.from_app(self._inner, environ, buffered=True)
                if response.status_code >= 400:
                    raise _Rejected(response)
        except _Rejected as rejected:
            return rejected.response
        return response

    def _refuse(self, unreadable: HTTPException) -> Response:
        refusal = Refusal(unreadable.code or 400, unreadable.description or unreadable.name)
        return json_response(refusal.status, {"message": refusal.message})

    def _finish(
        self, request: Request, body: bytes, response: Response | None, fault: faults.Fault | None
    ) -> WSGIApplication:
        """Write the log and give the WSGI application that carries the answer out."""
        entry: dict[str, Any] = {
            "method": request.method,
            "path": _spelled(request),
            "status": response.status_code if response else None,
            **body_facts(request.content_type or "", body),
        }
        if fault:
            entry["fault"] = fault.action
        self._world.log.add(entry)
        if response is None:
            return self._silence(fault)
        return _cut(response) if fault and fault.action == "truncate" else response

    def _silence(self, fault: faults.Fault | None) -> WSGIApplication:
        """A WSGI application that never answers."""

        def silent(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            served = "werkzeug.socket" in environ
            late = fault is not None and fault.action == "timeout"
            if late and fault and served:
                self._world.sleep(fault.seconds)
            _shut(environ)
            if late and not served:
                raise faults.AnswerTimeout("no answer, as a test control asked")
            raise faults.ConnectionDropped("connection closed, as a test control asked")

        return silent


def json_response(status: int, body: object) -> Response:
    """A JSON answer outside the app, with the exact content type that the clients look for."""
    return Response(flask.json.dumps(body), status, content_type="application/json")


def is_loopback(address: str) -> bool:
    """Whether the peer is this machine."""
    try:
        peer = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(peer, "ipv4_mapped", None)
    return bool((mapped or peer).is_loopback)


def _body(request: Request) -> bytes:
    """The whole body, read before any lock is taken so that a slow caller holds up nobody."""
    if (request.content_length or 0) > LARGEST_BODY:
        raise RequestEntityTooLarge(f"A request body may hold {LARGEST_BODY} bytes at most.")
    request.max_content_length = LARGEST_BODY
    try:
        return request.get_data(cache=False)
    except TimeoutError as stalled:
        # A client that repeats a multipart call without rewinding sends a length and no bytes.
        raise RequestTimeout("The request body did not arrive in time.") from stalled


def _spelled(request: Request) -> str:
    query = request.query_string.decode("latin-1")
    path = quote(request.path, safe="/:@!$&'()*+,;=~")
    return f"{path}?{query}" if query else path


def _failure(fault: faults.Fault) -> Response | None:
    if fault.action != "status":
        return None
    body = fault.body
    if body is None:
        body = {"message": "Failure planned by a test control."}
    text = body if isinstance(body, str) else flask.json.dumps(body)
    response = Response(text, fault.status, content_type="application/json")
    response.headers.update(fault.headers)
    return response


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
