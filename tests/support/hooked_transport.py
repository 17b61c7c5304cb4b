"""A network on which something happens right before the k-th write, once."""

from __future__ import annotations

from collections.abc import Callable

import httpx

READS = ("GET", "HEAD")


class HookedWire(httpx.BaseTransport):
    """Passes requests on; ``hook`` runs before the ``at``-th write that ``fits``."""

    def __init__(
        self,
        inner: httpx.BaseTransport,
        at: int,
        hook: Callable[[], None],
        fits: Callable[[httpx.Request], bool] = lambda request: request.method not in READS,
    ) -> None:
        self.inner = inner
        self.at = at
        self.hook = hook
        self.fits = fits
        self.count = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.fits(request):
            self.count += 1
            if self.count == self.at:
                self.hook()
        return self.inner.handle_request(request)
