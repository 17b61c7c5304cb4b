"""The surroundings of the custom models API: which paths they are, and who calls them."""

from __future__ import annotations

from reconciler.emulator import tokens
from reconciler.emulator.answers import refused
from reconciler.emulator.api import Api
from reconciler.emulator.surroundings.platform import platform

SURROUNDINGS = Api(
    prefixes=("/api/v2/version/", "/api/v2/status/", "/api/v2/ping", "/api/v2//ping"),
    blueprints=(platform,),
    caller=tokens.datarobot,
    refuse=refused,
)
