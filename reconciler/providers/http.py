"""One HTTP connection to one platform: authentication, paging, retries, our errors.

Reads are tried again freely.  A write is sent again only when it is certain that it had no effect:
no connection was made, or the platform answered 429.  Everything else that is no clear answer
raises UnknownOutcome, and whoever sent it must look before sending again.
"""

from __future__ import annotations

import logging
import random
import re
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import Any

import httpx
import tenacity

from reconciler import __version__
from reconciler.errors import ApiError, UnknownOutcome
from reconciler.providers.answer import Answer, ContractBroken
from reconciler.providers.body import read_answer
from reconciler.providers.limiter import Limiter
from reconciler.providers.read_ahead import ReadAhead

LOG = logging.getLogger(__name__)

READ_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
REFUSED = 429
"""The one status that promises that a write was not looked at."""

FINISHED = 303
"""A job that has ended; its ``Location`` names the result and is never followed blindly."""

WHERE = ("scheme", "host", "port")
"""What two URLs must share for the token to go to both."""

URL_SHOWN = 128

TRIES = 8
LONGEST_PAUSE = 60.0
LONGEST_ASKED = 600.0
"""Seconds that we wait because the platform asks for it; it is told when it asks for more."""

MOST_PAGES = 100_000

HINTS = {
    400: "The platform refuses these values; its reason is above.",
    401: "The token was not accepted: check it and the endpoint it belongs to.",
    403: "The token's user may not do this: ask an owner of the object for a role.",
    404: "It is gone, or the token's user may not see it.",
    409: "Its present state forbids this; the platform's reason is above.",
    413: "The files are too large for the platform: exclude what the model does not need.",
    422: "The platform refuses these values; its reason is above.",
    429: "The platform limits the request rate: try later, or use --max-requests-per-second.",
}
ELSEWHERE = "The platform sends us elsewhere: check the endpoint (https, and the API's own path)."
NO_API = "Check that the endpoint is the API itself."
SERVER_HINT = "The platform failed: try again, and quote the request id if it goes on."
LOST_HINT = "Run it again: what took effect is found and not made twice."

Body = Callable[[], Mapping[str, Any]]
"""Makes the arguments of one sending (``json``, ``data``, ``files``), anew for every try."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a platform is and how it knows us.

    ``header`` carries ``<scheme> <token>``; ``rate`` is the user's limit in requests a second,
    ``parallel`` that of calls at once.
    """

    url: str
    token: str = field(repr=False)
    scheme: str = "Bearer"
    header: str = "Authorization"
    ca_bundle: str | None = None
    rate: float | None = None
    parallel: int = 8


@dataclass(frozen=True, slots=True)
class Outside:
    """The network and the time; tests hand in their own."""

    transport: httpx.BaseTransport | None = None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time


class Http:
    """Sends requests for one provider; safe to share between threads.

    The token appears in no text that leaves this class.
    """

    def __init__(self, endpoint: Endpoint, outside: Outside | None = None) -> None:
        self.endpoint = endpoint
        self.outside = outside or Outside()
        self.counts: Counter[str] = Counter()
        self.limiter = Limiter(
            self.outside.clock, self.outside.sleep, endpoint.rate, endpoint.parallel
        )
        self._lock = Lock()
        value = f"{endpoint.scheme} {endpoint.token}".strip()
        self._client = httpx.Client(
            base_url=endpoint.url.rstrip("/") + "/",
            headers={endpoint.header: value, "User-Agent": f"reconciler/{__version__}"},
            timeout=httpx.Timeout(60.0, connect=10.0),
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=64),
            follow_redirects=False,
            transport=self.outside.transport,
            verify=_tls(endpoint) if self.outside.transport is None else True,
        )

    def close(self) -> None:
        """Close the pooled connections."""
        self._client.close()

    def get(self, path: str, **params: Any) -> Any:
        """The JSON of a GET."""
        return self.read(path, params).json()

    def read(self, path: str, params: Mapping[str, Any] | None = None) -> Answer:
        """The answer of a GET, tried again with growing pauses while the platform is unwell."""
        try:
            return self._retrying(_passing, lambda: self._once("GET", path, {"params": params}))
        except UnknownOutcome as error:
            raise ApiError(error.message, "Check the network and the endpoint.") from error

    def write(self, method: str, path: str, body: Body = dict) -> Answer:
        """The answer of a write; sent again only when it is certain that it had no effect."""
        try:
            return self._retrying(_without_effect, lambda: self._once(method, path, body()))
        except _Status as error:
            if error.status < 500 and error.status != 408:
                raise
            raise UnknownOutcome(error.message, LOST_HINT, status=error.status) from error

    def send(self, method: str, path: str, body: Body = dict) -> Any:
        """The JSON of a write's answer, {} where there is none.

        An answer that cannot be read leaves the outcome as unknown as one that was lost.
        """
        answer = self.write(method, path, body)
        try:
            return answer.json() if answer.content else {}
        except ContractBroken as error:
            raise UnknownOutcome(error.message, LOST_HINT) from error

    def pages(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Every item of a paged list; follows the absolute ``next`` on our own host only."""
        page = self.get(path, **params)
        seen: set[str] = set()
        with ReadAhead(lambda link: self.get(self.local(link)), self.endpoint.parallel) as ahead:
            while True:
                items = page.get("data") if isinstance(page, dict) else None
                if not isinstance(items, list):
                    raise ContractBroken(f"GET {path} answered no page", NO_API)
                yield from items
                following = page.get("next")
                if not following:
                    return
                if not isinstance(following, str):
                    raise ContractBroken(f"GET {path} names no next page", SERVER_HINT)
                if following in seen or not items or len(seen) >= MOST_PAGES:
                    raise ContractBroken(f"GET {path} pages without an end", SERVER_HINT)
                seen.add(following)
                page = ahead.follow(page, following)

    def local(self, url: str) -> str:
        """A URL of the platform as we may follow it; the token must not leave its host."""
        # Cleaned as a whole: a host or a port taken out of it could be a piece of the token.
        shown = self.clean(url)[:URL_SHOWN]
        try:
            home = self._client.base_url
            # Joined even when relative: ``//other.example/`` is relative and names another host.
            joined = home.join(url)
        except httpx.InvalidURL as error:
            raise ContractBroken(f"the platform points to no URL: {shown}", SERVER_HINT) from error
        # A name before the host would be sent in the token's place.
        same = all(getattr(joined, key) == getattr(home, key) for key in WHERE)
        if joined.userinfo or not same:
            raise ApiError(
                f"the platform points to another host: {shown}",
                "Its answer is not followed, because the token must not go there; "
                "check the endpoint setting and the platform's public address.",
            )
        return str(joined)

    def clean(self, text: str) -> str:
        """The text without the token, whoever put it there."""
        token = self.endpoint.token
        # Names of hosts are told in lower case, so the token may be as well.
        return re.sub(re.escape(token), "***", text, flags=re.IGNORECASE) if token else text

    def _retrying(
        self, again: Callable[[BaseException], bool], call: Callable[[], Answer]
    ) -> Answer:
        retry = tenacity.Retrying(
            retry=tenacity.retry_if_exception(again),
            wait=_pause,
            stop=tenacity.stop_after_attempt(TRIES),
            sleep=self.outside.sleep,
            reraise=True,
        )
        answer: Answer = retry(call)
        return answer

    def _once(self, method: str, path: str, arguments: Mapping[str, Any]) -> Answer:
        given = {key: value for key, value in arguments.items() if value}
        try:
            with self.limiter.turn() as sent:
                with self._lock:
                    self.counts[method] += 1
                with self._client.stream(method, path, **given) as response:
                    answer = read_answer(response, path, self.outside.clock)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise _Refused(self.clean(f"{method} {path}: no connection ({error})")) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            text = self.clean(f"{method} {path}: no answer ({type(error).__name__} {error})")
            raise UnknownOutcome(text, LOST_HINT) from error
        except UnicodeEncodeError as error:
            # Half of a surrogate pair in an id or a text that the platform told.
            raise ContractBroken(self.clean(f"{method} {path!r}: {error}"), SERVER_HINT) from error
        LOG.debug("%s %s -> %s, %s bytes", method, path, answer.status, len(answer.content))
        if 200 <= answer.status < 300 or (answer.status == FINISHED and method == "GET"):
            self.limiter.accepted()
            return answer
        raise self._refusal(method, answer, sent)

    def _refusal(self, method: str, answer: Answer, sent: int) -> _Status:
        request_id = self.clean(answer.headers.get("x-request-id", ""))[:64]
        told = f" (request {request_id})" if request_id else ""
        text = f"{method} {answer.path} answered {answer.status}{told}: {answer.reason(self.clean)}"
        asked = self._retry_after(answer)
        if answer.status == REFUSED:
            self.limiter.refused(asked or 0.0, sent)
        hint = HINTS.get(answer.status, SERVER_HINT)
        if 300 <= answer.status < 400:
            hint = ELSEWHERE
        if asked and asked > LONGEST_ASKED:
            hint = (
                f"The platform asks to be left alone for {asked / 60:.0f} minutes: run again then."
            )
        return _Status(self.clean(text), hint, status=answer.status, retry_after=asked)

    def _retry_after(self, answer: Answer) -> float | None:
        text = answer.headers.get("retry-after", "").strip()
        if not text:
            return None
        if text.isascii() and text.isdigit():
            return float(text[:9])
        try:
            return max(0.0, parsedate_to_datetime(text).timestamp() - self.outside.now())
        except (TypeError, ValueError, OverflowError):
            return None


class _Refused(ApiError):
    """Nothing was sent: no connection could be made."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "Check the endpoint and the network; nothing was changed.")


class _Status(ApiError):
    """The platform answered with a status that is no success."""

    def __init__(self, message: str, hint: str, *, status: int, retry_after: float | None) -> None:
        super().__init__(message, hint, status=status)
        self.retry_after = retry_after

    @property
    def too_long(self) -> bool:
        """Whether the platform wants to be left alone for longer than a run can wait."""
        return (self.retry_after or 0.0) > LONGEST_ASKED


def _passing(error: BaseException) -> bool:
    if isinstance(error, _Status):
        return error.status in READ_AGAIN and not error.too_long
    return isinstance(error, _Refused | UnknownOutcome)


def _without_effect(error: BaseException) -> bool:
    if isinstance(error, _Status):
        return error.status == REFUSED and not error.too_long
    return isinstance(error, _Refused)


def _pause(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = getattr(error, "retry_after", None)
    if asked is not None:
        return float(asked)
    # Full jitter, so that parallel readers do not come back together.
    return random.uniform(0, min(LONGEST_PAUSE, 0.2 * 2**state.attempt_number))


def _tls(endpoint: Endpoint) -> ssl.SSLContext | bool:
    return ssl.create_default_context(cafile=endpoint.ca_bundle) if endpoint.ca_bundle else True
