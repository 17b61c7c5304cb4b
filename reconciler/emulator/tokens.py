"""Who a token stands for."""

from __future__ import annotations

import flask

from reconciler.emulator.options import OWNER, Options
from reconciler.emulator.refusal import Refusal


def datarobot(options: Options, request: flask.Request) -> str:
    """The user of ``Authorization: Token x`` or ``Bearer x``: clients send either."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() not in ("token", "bearer") or not token.strip():
        raise Refusal(401, "Invalid authorization. No authorization provided.")
    user = of_token(options, token.strip())
    if user is None:
        raise Refusal(401, "Invalid authorization. The token is not valid.")
    return user


def of_token(options: Options, token: str) -> str | None:
    """A user's name is that user's token, so that real requests can come from several users.

    Any other token is the owner's, unless the emulator was started with a token of its own.
    """
    # `token-of-NAME` is a secret that a client can remove from its output without hiding the name.
    name = token.removeprefix("token-of-")
    if name in options.usernames:
        return name
    return OWNER if options.token in (None, token) else None
