"""Endpoints: which URLs may receive a token."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, urlsplit

from reconciler.errors import EndpointRefused

ALLOWED: Final = "RECONCILER_ALLOWED_ENDPOINTS"
"""Endpoints that a token may be sent to, separated by blanks or commas.

A pull request can change every file of the checkout, but not this variable.
"""

_NO_BLANKS: Final = re.compile(r"[!-~]+")
_PORTS: Final = {"https": 443, "http": 80}


def is_usable(endpoint: str) -> bool:
    """Whether it is a plain http(s) URL without user, query and fragment."""
    try:
        url = urlsplit(endpoint)
        port_is_sound = url.port != 0
    except ValueError:
        return False
    plain = _NO_BLANKS.fullmatch(endpoint) and not set("@?#\\") & set(endpoint)
    return bool(plain and url.scheme in _PORTS and url.hostname and port_is_sound)


def check_allowed(name: str, endpoint: str, env: Mapping[str, str]) -> None:
    """Raise EndpointRefused where the token of this provider must not be sent.

    ``endpoint`` is usable.  http is for loopback only; where ``RECONCILER_ALLOWED_ENDPOINTS`` is
    set, the endpoint must be in it.  Neither text is shown: both may hold a token by mistake.
    """
    url = urlsplit(endpoint)
    if url.scheme == "http" and not _is_loopback(url.hostname or ""):
        raise EndpointRefused(
            f"the endpoint of {name} does not use https",
            "Use https: a token is sent over http to this machine (loopback) only.",
        )
    if ALLOWED in env and _normal(url) not in _allowed(env[ALLOWED]):
        raise EndpointRefused(
            f"the endpoint of {name} is not in {ALLOWED}",
            f"Check what the project file and the environment name as endpoint of {name}. If it "
            f"is right, whoever runs the workflow adds it to {ALLOWED}.",
        )


def _allowed(text: str) -> set[tuple[str, ...]]:
    entries = text.replace(",", " ").split()
    # Set and empty is a variable that the CI system does not have: nothing is allowed then.
    if not entries or not all(map(is_usable, entries)):
        raise EndpointRefused(
            f"{ALLOWED} is set, but is not a list of URLs",
            "Separate whole endpoints by blanks, like https://app.example.com/api/v2; "
            "unset the variable to allow every endpoint.",
        )
    return {_normal(urlsplit(entry)) for entry in entries}


def _normal(url: SplitResult) -> tuple[str, ...]:
    """Equal for two spellings of one endpoint."""
    port = url.port or _PORTS[url.scheme]
    return url.scheme, (url.hostname or "").removesuffix("."), str(port), url.path.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
