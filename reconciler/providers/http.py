"""One HTTP connection to one platform: authentication, paging, retries, our errors.

Reads are tried again freely.  A write is sent again only when it is certain that it had no effect:
no connection was made, or the platform answered 429.  Everything else that is not a clear answer
raises UnknownOutcome, and whoever sent it must look before sending again.
"""

from __future__ import annotations

import logging
import re
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from tempfile import SpooledTemporaryFile
from threading import Lock
from typing import Any, BinaryIO

import httpx
import tenacity

from reconciler import __version__
from reconciler.errors import ApiError, UnknownOutcome
from reconciler.providers.answer import (
    FINISHED,
    LOST_HINT,
    SERVER_HINT,
    Answer,
    ContractBroken,
)
from reconciler.providers.body import read_answer
from reconciler.providers.limiter import Limiter
from reconciler.providers.retry import (
    LONGEST_ASKED,
    REFUSED,
    TRIES,
    Refused,
    Status,
    passing,
    pause,
    without_effect,
)

LOG = logging.getLogger(__name__)

WHERE = ("scheme", "host", "port")
"""What two URLs must share for the token to go to both."""

URL_SHOWN = 128

SPOOLED = 8 * 2**20
"""Bytes of a download that are held in memory; more goes to a temporary file."""


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
REDIRECTED = "The platform redirected the request: check the endpoint (https, and the API path)."

Arguments = Mapping[str, Any]
"""Keyword arguments of an httpx request: query, JSON or form."""
Body = Callable[[], Arguments]
"""Makes the arguments of one sending (``json``, ``data``, ``files``), again for every try."""


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
class Runtime:
    """The network and the time; tests hand in their own."""

    transport: httpx.BaseTransport | None = None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time


class Http:
    """Sends requests for one provider; safe to share between threads.

    The token appears in no text that leaves this class.
    """

    def __init__(self, endpoint: Endpoint, outside: Runtime | None = None) -> None:
        self.endpoint = endpoint
        self.outside = outside or Runtime()
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

    def read(self, path: str, params: Arguments | None = None) -> Answer:
        """The answer of a GET, tried again with growing pauses while the platform is unwell."""
        return self._reading(lambda: self._once("GET", path, {"params": params}))

    @contextmanager
    def download(self, path: str) -> Iterator[BinaryIO]:
        """The body of a GET as a file, at its start; large ones lie on disk while it is open."""
        with SpooledTemporaryFile(max_size=SPOOLED) as into:
            file: BinaryIO = into  # type: ignore[assignment]
            self._reading(lambda: self._once("GET", path, {}, file))
            file.seek(0)
            yield file

    def write(self, method: str, path: str, body: Body = dict) -> Answer:
        """The answer of a write; sent again only when it is certain that it had no effect."""
        try:
            return self._retrying(without_effect, lambda: self._once(method, path, body()))
        except Status as error:
            if error.status < 500 and error.status != 408:
                raise
            if error.retry_after and not error.too_long:
                # Whoever looks, and then maybe sends again, comes back when it was asked to.
                self.outside.sleep(error.retry_after)
            raise UnknownOutcome(error.message, LOST_HINT, status=error.status) from error

    def send(self, method: str, path: str, body: Body = dict) -> Any:
        """The JSON of a write's answer, {} without a body.

        An answer that cannot be read leaves the outcome as unknown as one that was lost.
        """
        answer = self.write(method, path, body)
        try:
            return answer.json() if answer.content else {}
        except ContractBroken as error:
            raise UnknownOutcome(error.message, LOST_HINT) from error

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
        # Host names are shown in lower case, so the token may be as well.
        return re.sub(re.escape(token), "***", text, flags=re.IGNORECASE) if token else text

    def _reading(self, call: Callable[[], Answer]) -> Answer:
        try:
            return self._retrying(passing, call)
        except UnknownOutcome as error:
            raise ApiError(error.message, "Check the network and the endpoint.") from error

    def _retrying(
        self, again: Callable[[BaseException], bool], call: Callable[[], Answer]
    ) -> Answer:
        retry = tenacity.Retrying(
            retry=tenacity.retry_if_exception(again),
            wait=pause,
            stop=tenacity.stop_after_attempt(TRIES),
            sleep=self.outside.sleep,
            reraise=True,
        )
        answer: Answer = retry(call)
        return answer

    def _once(
        self, method: str, path: str, arguments: Arguments, into: BinaryIO | None = None
    ) -> Answer:
        given = {key: value for key, value in arguments.items() if value}
        try:
            with self.limiter.turn() as sent:
                with self._lock:
                    self.counts[method] += 1
                with self._client.stream(method, path, **given) as response:
                    answer = read_answer(response, path, self.outside.clock, into)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Refused(self.clean(f"{method} {path}: no connection ({error})")) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            text = self.clean(f"{method} {path}: no answer ({type(error).__name__} {error})")
            raise UnknownOutcome(text, LOST_HINT) from error
        except UnicodeEncodeError as error:
            # Half of a surrogate pair in an id or a text of the platform.
            raise ContractBroken(self.clean(f"{method} {path!r}: {error}"), SERVER_HINT) from error
        LOG.debug("%s %s -> %s, %s bytes", method, path, answer.status, len(answer.content))
        if 200 <= answer.status < 300 or (answer.status == FINISHED and method == "GET"):
            self.limiter.accepted()
            return answer
        raise self._refusal(method, answer, sent)

    def _refusal(self, method: str, answer: Answer, sent: int) -> Status:
        request_id = self.clean(answer.headers.get("x-request-id", ""))[:64]
        request = f" (request {request_id})" if request_id else ""
        text = (
            f"{method} {answer.path} answered {answer.status}{request}: {answer.reason(self.clean)}"
        )
        asked = self._retry_after(answer)
        if answer.status == REFUSED:
            self.limiter.refused(asked or 0.0, sent)
        hint = HINTS.get(answer.status, SERVER_HINT)
        if 300 <= answer.status < 400:
            hint = REDIRECTED
        if asked and asked > LONGEST_ASKED:
            hint = (
                f"The platform asks to be left alone for {asked / 60:.0f} minutes: run again then."
            )
        return Status(self.clean(text), hint, status=answer.status, retry_after=asked)

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


def _tls(endpoint: Endpoint) -> ssl.SSLContext | bool:
    return ssl.create_default_context(cafile=endpoint.ca_bundle) if endpoint.ca_bundle else True
