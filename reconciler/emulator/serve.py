"""Serving an emulator over HTTP: quiet, threaded, with kept-alive connections."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from reconciler.emulator.app import create_app
from reconciler.emulator.options import Options
from reconciler.emulator.world import attached

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class Handler(WSGIRequestHandler):
    """One connection: no access log, and no waiting for ever."""

    # Head and body of an answer are two writes; without this the second waits for the peer.
    disable_nagle_algorithm = True
    # A client that announces a body and never sends it would hold its thread for good.
    timeout: ClassVar[float] = 30

    def run_wsgi(self) -> None:
        """Answer one request and keep the connection.

        Overridden because the server's own way closes every connection, not knowing whether the
        body was read; here the middleware has always read it, or says ``Connection: close``.
        """
        if self.headers.get("Expect", "").strip().lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        try:
            self._carry_out(self.make_environ())
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _carry_out(self, environ: WSGIEnvironment) -> None:
        head: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], *_: object) -> Any:
            head[:] = [status, headers]
            return self.wfile.write

        sent = False
        for chunk in self.server.app(environ, start):
            if not sent:
                self._send_head(*head)
                sent = True
            self.wfile.write(chunk)
        if not sent:
            self._send_head(*head)

    def _send_head(self, status: str, headers: list[tuple[str, str]]) -> None:
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing: the request log is under /__emulator__/requests."""


def serve(options: Options, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; announce the address once connections are accepted."""
    app = create_app(options)
    server = open_server(app, host, port)
    quirks = str(attached(app).quirks)
    try:
        # A caller may stop the server as soon as it reads the announcement.
        with _stopping(server):
            announce(f"listening on {address(server)}" + (f"; quirks: {quirks}" if quirks else ""))
            server.serve_forever()
    finally:
        server.server_close()
        attached(app).store.close()


@contextmanager
def running(app: flask.Flask, handler: type[Handler] = Handler) -> Iterator[str]:
    """Serve the app on loopback from a thread; gives its address, ``http://127.0.0.1:41234``."""
    server = open_server(app, "127.0.0.1", 0, handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield address(server)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def open_server(
    app: flask.Flask, host: str, port: int, handler: type[Handler] = Handler
) -> BaseWSGIServer:
    """A server that already takes connections; a port of 0 is a free one.

    Raises OSError when the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listening:
        # The server makes its own copy of the descriptor.
        return make_server(
            host, port, app, threaded=True, request_handler=handler, fd=listening.fileno()
        )


def address(server: BaseWSGIServer) -> str:
    """Where the server listens."""
    host, port = server.server_address[:2]
    name = str(host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


@contextmanager
def _stopping(server: BaseWSGIServer) -> Iterator[None]:
    """Stop the server on SIGINT and SIGTERM; handlers exist in the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        # Waits for the serving loop to end, which is what this very thread runs.
        threading.Thread(target=server.shutdown).start()

    held = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in held.items():
            signal.signal(number, handler)
