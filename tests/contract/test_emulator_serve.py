"""The emulator over a real connection: keep-alive, lost answers, uploads that stall, stopping."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from reconciler.emulator import serve
from reconciler.emulator.app import Options, create_app
from reconciler.emulator.middleware import LARGEST_BODY
from reconciler.emulator.serve import Handler, open_server, running
from tests.support.emulator import V2, Clock

BODY = {"name": "m", "customModelType": "inference", "targetType": "Unstructured"}
ROOT = Path(__file__).parents[2]


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    """A client of a served emulator, whose waits take no time."""
    clock = Clock()
    app = create_app(Options(), clock, clock.sleep)
    with (
        running(app) as url,
        httpx.Client(base_url=url, headers={"Authorization": "Bearer x"}) as client,
    ):
        yield client


def created(client: httpx.Client) -> int:
    return int(client.get(f"{V2}/customModels/").json()["totalCount"])


def test_one_connection_serves_many_requests(client: httpx.Client) -> None:
    connection = http.client.HTTPConnection(client.base_url.host, client.base_url.port or 0)
    connection.connect()
    before = connection.sock
    for method, path in (("GET", "version/"), ("GET", "nowhere/"), ("POST", "customModels/")):
        connection.request(method, f"{V2}/{path}", headers={"Authorization": "Token x"})
        answer = connection.getresponse()
        assert answer.version == 11
        answer.read()
        assert connection.sock is before
    connection.close()


def test_urls_are_those_of_the_address_that_was_asked(client: httpx.Client) -> None:
    client.post(f"{V2}/customModels/", json=BODY)
    client.post(f"{V2}/customModels/", json=BODY)
    page = client.get(f"{V2}/customModels/?limit=1").json()
    assert client.get(page["next"]).json()["count"] == 1


@pytest.mark.parametrize(("when", "left"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize("action", ["drop", "timeout"])
def test_the_connection_closes_without_an_answer(
    client: httpx.Client, when: str, left: int, action: str
) -> None:
    fault = {"action": action, "when": when, "method": "POST", "path": "customModels"}
    client.post("/__emulator__/faults", json=fault)
    with pytest.raises(httpx.RemoteProtocolError):
        client.post(f"{V2}/customModels/", json=BODY)
    assert created(client) == left


def test_an_answer_cut_short(client: httpx.Client) -> None:
    client.post("/__emulator__/faults", json={"action": "truncate", "path": "version"})
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        client.get(f"{V2}/version/")
    assert client.get(f"{V2}/version/").status_code == 200


class Impatient(Handler):
    """A handler that waits a twentieth of a second for a body."""

    timeout = 0.05


@pytest.mark.parametrize("closes", [False, True])
def test_an_upload_that_never_comes_is_refused_and_holds_up_nobody(closes: bool) -> None:
    with running(create_app(), handler=Impatient) as url:
        address = httpx.URL(url)
        with socket.create_connection((address.host, address.port or 0)) as stalled:
            head = f"POST {V2}/customModels/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
            stalled.sendall(head.encode())
            if closes:
                stalled.shutdown(socket.SHUT_WR)
            headers = {"Authorization": "Token x"}
            assert httpx.get(f"{url}{V2}/version/", headers=headers).status_code == 200
            answer = stalled.recv(4096)
    assert answer.startswith(b"HTTP/1.1 400" if closes else b"HTTP/1.1 408")


def test_a_body_above_the_limit_is_413(client: httpx.Client) -> None:
    address = client.base_url
    with socket.create_connection((address.host, address.port or 0)) as peer:
        head = f"POST {V2}/x HTTP/1.1\r\nHost: x\r\nContent-Length: {LARGEST_BODY + 1}\r\n\r\n"
        peer.sendall(head.encode())
        peer.shutdown(socket.SHUT_WR)
        answer = peer.recv(4096)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"Connection: close" in answer


def test_what_is_not_http_does_not_stop_the_server(client: httpx.Client) -> None:
    address = client.base_url
    for noise in (b"\x00\xff\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9\r\n\r\n"):
        with socket.create_connection((address.host, address.port or 0)) as peer:
            peer.sendall(noise)
            peer.shutdown(socket.SHUT_WR)
            peer.recv(4096)
    assert client.get(f"{V2}/version/").status_code == 200


def test_continue_is_answered(client: httpx.Client) -> None:
    headers = {"Expect": "100-continue"}
    assert client.post(f"{V2}/customModels/", json=BODY, headers=headers).status_code == 201


def test_many_clients_at_once(client: httpx.Client) -> None:
    with ThreadPoolExecutor(8) as pool:
        posts = [pool.submit(client.post, f"{V2}/customModels/", json=BODY) for _ in range(40)]
    assert {post.result().status_code for post in posts} == {201}
    assert created(client) == 40


def test_a_taken_port_is_an_error_of_the_caller() -> None:
    app = create_app()
    with running(app) as url, pytest.raises(OSError, match="in use"):
        open_server(app, "127.0.0.1", httpx.URL(url).port or 0)


def test_the_handler_is_quiet_and_not_patient_for_ever(capfd: pytest.CaptureFixture[str]) -> None:
    with running(create_app()) as url:
        httpx.get(f"{url}/nowhere")
    assert capfd.readouterr() == ("", "")
    assert Handler.timeout == 30


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_process_announces_itself_and_stops_on_a_signal(number: int, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from reconciler.emulator.options import Options\n"
        "from reconciler.emulator.serve import serve\n"
        "def announce(text): print(text, flush=True)\n"
        "serve(Options(state=Path(sys.argv[1])), '127.0.0.1', 0, announce)\n"
        "print('stopped', flush=True)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "state.db")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("listening on ").strip()
        headers = {"Authorization": "Token x"}
        answer = httpx.post(f"{url}{V2}/customModels/", json=BODY, headers=headers)
        assert answer.status_code == 201
        process.send_signal(number)
        assert process.stdout.read() == "stopped\n"
        assert process.wait() == 0


def test_serve_also_works_from_a_thread_that_takes_no_signals() -> None:
    announced: list[str] = []
    with ThreadPoolExecutor(1) as pool:
        # A port that cannot be had ends it at once, in the thread.
        ended = pool.submit(serve.serve, Options(), "256.0.0.1", 0, announced.append)
        assert isinstance(ended.exception(), OSError)
    assert announced == []
