"""Every provider there is: their kinds, and how one is opened."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from reconciler.core.kind import Kind
from reconciler.core.provider import Provider
from reconciler.providers.custom_models import environment, model
from reconciler.providers.custom_models.provider import CustomModels
from reconciler.providers.http import Endpoint, Http
from reconciler.settings import ProviderSettings

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (environment.KIND, model.KIND)}

PROVIDERS: Mapping[
    str, Callable[[Http, Callable[[float], None], Callable[[], float]], Provider]
] = {
    "custom_models": CustomModels,
}


@dataclass(frozen=True, slots=True)
class Outside:
    """What tests put in the place of the network and of time."""

    transport: httpx.BaseTransport | None = None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


def open_provider(
    name: str, settings: ProviderSettings, outside: Outside | None = None
) -> Provider:
    """A provider ready for use; nothing is sent before its first call."""
    outside = outside or Outside()
    endpoint = Endpoint(settings.endpoint, settings.token, ca_bundle=settings.ca_bundle)
    http = Http(endpoint, transport=outside.transport, sleep=outside.sleep)
    return PROVIDERS[name](http, outside.sleep, outside.clock)
