"""Links to further pages name a host that the caller did not address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from reconciler.emulator.quirks.quirk import Quirk

_SCHEME, _HOST, _PREFIX = "https", "internal.invalid:8443", "/gateway"


class OtherHost(Quirk):
    """``next`` and ``previous`` with another scheme, host, port and path prefix.

    So behind a reverse proxy that rewrites no bodies: the Terraform provider for this platform
    takes path and query of ``next`` and puts them on its own endpoint.
    """

    name = "other-host"
    summary = "links to further pages name another scheme, host and path prefix"

    def shape(self, body: Any, users: tuple[str, ...]) -> Any:
        for key in ("next", "previous"):
            if isinstance(body, dict) and isinstance(body.get(key), str):
                link = urlsplit(body[key])
                body[key] = urlunsplit((_SCHEME, _HOST, _PREFIX + link.path, link.query, ""))
        return body
