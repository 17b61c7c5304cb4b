"""The token leaves with the request and with nothing else.

Cases: servers that echo it in bodies, headers, links and host names, errors of the HTTP library,
a text cut in the middle of it, representations of the values that hold it, logs.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from reconciler.errors import ApiError
from reconciler.providers.answer import BODY_SHOWN
from reconciler.providers.custom_models.client.pages import pages
from reconciler.providers.http import Endpoint, Http
from tests.support.scripted_platform import TOKEN, URL, page, platform, status

TOKENS = [TOKEN, "s3cr3t-T0ken-that-may-be-a-host"]
PIECE = 8
"""So many characters of the token in a row are a leak."""

ECHOES: dict[str, Callable[[str], httpx.Response | Exception]] = {
    "message": lambda token: status(422, {"message": f"bad token {token}"}),
    "errors": lambda token: status(422, {"message": "no", "errors": [token]}),
    "object": lambda token: status(422, {"token": token}),
    "list": lambda token: status(422, [token]),
    "text": lambda token: httpx.Response(403, text=f"Authorization: Bearer {token}"),
    "request id": lambda token: status(500, {}, x_request_id=token),
    "not JSON": lambda token: httpx.Response(200, text=token),
    "cut JSON": lambda token: httpx.Response(200, text=f'{{"token": "{token}'),
    "no page": lambda token: status(200, {"token": token}),
    "other host": lambda token: page([1], f"https://{token}.example.net/"),
    "link": lambda token: page([1], f"{URL}/models/?token={token}"),
    "path": lambda token: page([1], f"{URL}/{token}/"),
    "no link": lambda token: page([1], f"http://[{token}"),
    "port": lambda token: page([1], f"http://app.example.com:{token}/"),
    "connect": lambda token: httpx.ConnectError(f"cannot send {token}"),
    "protocol": lambda token: httpx.LocalProtocolError(f"Illegal header value b'Bearer {token}'"),
    "read": lambda token: httpx.ReadError(token),
}


def leaks(text: str, token: str = TOKEN) -> list[str]:
    """Pieces of the token in this text; a host name shows it in lower case."""
    pieces = [token[i : i + PIECE].lower() for i in range(len(token) - PIECE + 1)]
    return [piece for piece in pieces if piece in text.lower()]


@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize("method", ["GET", "POST", "pages"])
@pytest.mark.parametrize("token", TOKENS)
def test_no_error_shows_the_token_whoever_wrote_it_there(
    echo: str, method: str, token: str
) -> None:
    http = platform(*[ECHOES[echo](token) for _ in range(30)]).http(token)
    asks: dict[str, Callable[[], object]] = {
        "GET": lambda: http.get("models/"),
        "POST": lambda: http.send("POST", "models/"),
        "pages": lambda: list(pages(http, "models/")),
    }
    told = []
    with suppress_and_keep(told):
        asks[method]()
    assert leaks("".join(told), token) == []


@contextmanager
def suppress_and_keep(told: list[str]) -> Iterator[None]:
    """Whatever our errors say goes into the list."""
    try:
        yield
    except ApiError as error:
        told += [str(error), error.message, error.hint, repr(error)]


@pytest.mark.parametrize("before", range(BODY_SHOWN - 2 * len(TOKEN), BODY_SHOWN + 2))
def test_a_text_cut_in_the_middle_of_the_token_shows_no_half(before: int) -> None:
    for body in (
        ("." * before + TOKEN).encode(),
        json.dumps({"message": "." * before + TOKEN}).encode(),
        json.dumps({"message": "no", "errors": ["." * before + TOKEN]}).encode(),
        json.dumps(["." * before + TOKEN]).encode(),
    ):
        there = platform(httpx.Response(422, content=body))
        with pytest.raises(ApiError) as caught:
            there.http().get("models/")
        assert leaks(caught.value.message) == []
    there = platform(status(422, {}, x_request_id="." * min(before, 100) + TOKEN))
    with pytest.raises(ApiError) as caught:
        there.http().get("models/")
    assert leaks(caught.value.message) == []


def test_no_representation_shows_the_token() -> None:
    http = platform(status(200)).http()
    assert leaks(f"{http.endpoint!r} {http!r} {vars(http)}") == []


def test_the_log_of_the_http_library_does_not_show_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        platform(status(200)).http().get("models/")
    assert leaks(caplog.text) == []


def test_without_a_token_nothing_is_blotted_out() -> None:
    http = Http(Endpoint(URL, ""))
    assert http.clean("a plain text") == "a plain text"
    http.close()
