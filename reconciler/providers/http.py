"""One HTTP connection to one platform: authentication, paging, retries of reads, our errors."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import Any

import httpx
import tenacity

from reconciler import __version__
from reconciler.errors import ApiError, UnknownOutcome

READ_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
NOT_DONE = frozenset({429, 503})
"""Statuses that promise, with ``Retry-After``, that a write had no effect."""

TRIES = 6
LONGEST_PAUSE = 60.0
BODY_SHOWN = 256
LARGEST_JSON = 64 * 2**20

HINTS = {
    401: "The token was not accepted: check it and the endpoint it belongs to.",
    403: "The token's user may not do this: ask an owner of the object for a role.",
    404: "It is gone, or the token's user may not see it.",
    409: "Its present state forbids this; the platform's reason is above.",
    413: "The files are too large for the platform: exclude what the model does not need.",
    422: "The platform refuses these values; its reason is above.",
    429: "The platform limits the request rate: try again later or lower --parallelism.",
}
SERVER_HINT = "The platform failed: try again, and quote the request id if it goes on."

Body = Callable[[], Mapping[str, Any]]
"""Makes the arguments of one sending (``json``, ``data``, ``files``), anew for every try."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a platform is and how it knows us.  ``header`` carries ``<scheme> <token>``."""

    url: str
    token: str
    scheme: str = "Bearer"
    header: str = "Authorization"
    ca_bundle: str | None = None


class Http:
    """Sends requests for one provider; safe to share between threads.

    ``transport``, ``clock`` and ``sleep`` are handed in by tests; the token appears in no text
    that leaves this class.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.endpoint = endpoint
        self.sleep = sleep
        self.clock = clock
        self.counts: Counter[str] = Counter()
        self._lock = Lock()
        value = f"{endpoint.scheme} {endpoint.token}".strip()
        self._client = httpx.Client(
            base_url=endpoint.url.rstrip("/") + "/",
            headers={endpoint.header: value, "User-Agent": f"reconciler/{__version__}"},
            timeout=httpx.Timeout(60.0, connect=10.0),
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=64),
            follow_redirects=False,
            transport=transport,
            verify=_tls(endpoint) if transport is None else True,
        )

    def close(self) -> None:
        """Close the pooled connections."""
        self._client.close()

    def get(self, path: str, **params: Any) -> Any:
        """The JSON of a GET, tried again with growing pauses while the platform is unwell."""
        return self._json(self.read(path, params))

    def read(self, path: str, params: Mapping[str, Any] | None = None) -> httpx.Response:
        """The response of a GET that succeeded or answered 303 (a finished job)."""
        retry = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_passing),
            wait=self._pause,
            stop=tenacity.stop_after_attempt(TRIES),
            sleep=self.sleep,
            reraise=True,
        )
        response: httpx.Response = retry(self._once, "GET", path, {"params": dict(params or {})})
        return response

    def write(self, method: str, path: str, body: Body = dict) -> httpx.Response:
        """The response of a write; sent again only when it is certain that it had no effect."""
        retry = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_without_effect),
            wait=self._pause,
            stop=tenacity.stop_after_attempt(TRIES),
            sleep=self.sleep,
            reraise=True,
        )
        response: httpx.Response = retry(lambda: self._once(method, path, body()))
        return response

    def pages(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Every item of a paged list; follows the absolute ``next`` on our own host only."""
        page = self.get(path, **params)
        seen = {path}
        while True:
            items = page.get("data") if isinstance(page, dict) else None
            if not isinstance(items, list):
                raise ApiError(f"GET {path} answered no page", SERVER_HINT)
            yield from items
            following = page.get("next")
            if not following:
                return
            if following in seen:
                raise ApiError(f"GET {path} pages in a circle", SERVER_HINT)
            seen.add(following)
            page = self.get(self.local(following))

    def local(self, url: str) -> str:
        """A URL of the platform as we may follow it; the token must not leave its host."""
        target, home = httpx.URL(url), self._client.base_url
        if target.is_absolute_url and (target.scheme, target.host, target.port) != (
            home.scheme,
            home.host,
            home.port,
        ):
            raise ApiError(
                f"the platform points to another host: {target.host}",
                "Its answer is not followed, because the token must not go there; "
                "check the endpoint setting and the platform's public address.",
            )
        return str(target)

    def json_of(self, response: httpx.Response) -> Any:
        """The JSON body of a response, or {} where there is none."""
        return self._json(response) if response.content else {}

    def _once(self, method: str, path: str, arguments: Mapping[str, Any]) -> httpx.Response:
        with self._lock:
            self.counts[method] += 1
        try:
            response = self._client.request(method, path, **arguments)
        except httpx.ConnectError as error:
            raise _Refused(self.clean(f"{method} {path}: no connection ({error})")) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            text = self.clean(f"{method} {path}: no answer ({type(error).__name__} {error})")
            raise _Lost(text, method) from error
        if response.is_success or response.status_code == 303:
            return response
        raise self._refusal(method, path, response)

    def _refusal(self, method: str, path: str, response: httpx.Response) -> ApiError:
        status = response.status_code
        request_id = response.headers.get("x-request-id", "")
        told = f" (request {request_id})" if request_id else ""
        text = self.clean(f"{method} {path} answered {status}{told}: {_reason(response)}")
        error = _Status(text, HINTS.get(status, SERVER_HINT), status=status)
        error.retry_after = self._retry_after(response)
        error.method = method
        return error

    def _pause(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = getattr(error, "retry_after", None)
        if asked is not None:
            return min(float(asked), LONGEST_PAUSE)
        # Full jitter, so that parallel readers do not come back together.
        return random.uniform(0, min(LONGEST_PAUSE, 0.2 * 2**state.attempt_number))

    def _retry_after(self, response: httpx.Response) -> float | None:
        text = response.headers.get("retry-after", "").strip()
        if not text:
            return None
        if text.isdigit():
            return float(text)
        try:
            return max(0.0, parsedate_to_datetime(text).timestamp() - self.clock())
        except (TypeError, ValueError):
            return None

    def _json(self, response: httpx.Response) -> Any:
        if len(response.content) > LARGEST_JSON:
            raise ApiError(
                f"{response.url.path} answered {len(response.content)} bytes", SERVER_HINT
            )
        try:
            return response.json()
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ApiError(
                f"{response.url.path} answered no JSON ({error})", SERVER_HINT
            ) from error

    def clean(self, text: str) -> str:
        """The text without the token, whoever put it there."""
        token = self.endpoint.token
        return text.replace(token, "***") if token else text


class _Refused(ApiError):
    """Nothing was sent: no connection could be made."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "Check the endpoint and the network; nothing was changed.")


class _Lost(UnknownOutcome):
    """The request may have arrived, its answer did not."""

    def __init__(self, message: str, method: str) -> None:
        super().__init__(message, "Run it again: what took effect is found and not made twice.")
        self.method = method


class _Status(ApiError):
    retry_after: float | None = None
    method: str = ""


def _passing(error: BaseException) -> bool:
    return isinstance(error, _Refused | _Lost) or (
        isinstance(error, _Status) and error.status in READ_AGAIN
    )


def _without_effect(error: BaseException) -> bool:
    if isinstance(error, _Status):
        return error.status == 429 or (error.status in NOT_DONE and error.retry_after is not None)
    return isinstance(error, _Refused)


def _reason(response: httpx.Response) -> str:
    try:
        body = response.json()
    except ValueError:
        return response.text[:BODY_SHOWN].strip()
    if not isinstance(body, dict):
        return str(body)[:BODY_SHOWN]
    text = str(body.get("message") or body.get("error") or body)
    errors = body.get("errors")
    return (f"{text} {json.dumps(errors)}" if errors else text)[:BODY_SHOWN]


def _tls(endpoint: Endpoint) -> Any:
    if endpoint.ca_bundle is None:
        return True
    import ssl

    return ssl.create_default_context(cafile=endpoint.ca_bundle)
