"""A platform that answers 429 above fifty requests a second: an apply of many models ends well,
and from one second after the first refusal no second holds more than fifty requests.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from reconciler.providers.http import Runtime
from tests.support.sandbox import Stage, declare
from tests.unit.test_limiter import QUOTA, most_in_a_second

MODELS = 60
LATENCY = 0.004
MANIFEST = """\
apiVersion: reconciler/v1
kind: CustomModel
metadata: {name: NAME}
spec:
  targetType: Unstructured
  sharing: {mode: additive, users: [{username: ann@example.com, role: CONSUMER}]}
---
"""


class Quota(httpx.BaseTransport):
    """Answers after a moment, and 429 to what is too much; remembers when it was asked."""

    def __init__(
        self, inner: httpx.BaseTransport, clock: Callable[[], float], headers: dict[str, str]
    ) -> None:
        self.inner, self.clock, self.headers = inner, clock, headers
        self.asked: list[float] = []
        self.accepted: list[float] = []
        self.refused: list[float] = []
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.clock.sleep(LATENCY)  # type: ignore[attr-defined]
            now = self.clock()
            self.asked.append(now)
            if sum(moment > now - 1.0 for moment in self.accepted[-QUOTA:]) >= QUOTA:
                self.refused.append(now)
                return httpx.Response(429, headers=self.headers, json={"message": "too many"})
            self.accepted.append(now)
        return self.inner.handle_request(request)


class Timed(Stage):
    """A stage whose time is that of the platform, for the limiter too."""

    def _outside(self) -> Runtime:
        return Runtime(self.wire, self.clock.sleep, self.clock, self.clock)


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "1"}], ids=["silent", "retry-after"])
@pytest.mark.parametrize("parallel", ["1", "8"])
def test_an_apply_ends_well_below_the_quota(
    tmp_path: Path, headers: dict[str, str], parallel: str
) -> None:
    names = (f"m{number}" for number in range(MODELS))
    (tmp_path / "all.yaml").write_text("".join(MANIFEST.replace("NAME", name) for name in names))
    stage = Timed(declare(tmp_path))
    inner = stage.wire
    quota = Quota(inner, stage.clock, headers)
    stage.wire = quota  # type: ignore[assignment]
    done = stage.run("-q", "apply", "--auto-approve", "--parallelism", parallel)
    stage.wire = inner
    assert done.code == 0, done.out
    assert quota.refused, "the quota was never reached"
    most = most_in_a_second(quota.asked, quota.refused[0] + 1.0)
    assert most <= QUOTA
    assert len(stage.control("GET", "state")["models"]) == MODELS


def test_the_users_limit_holds_for_a_whole_apply(tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text("".join(MANIFEST.replace("NAME", f"m{n}") for n in range(9)))
    stage = Timed(declare(tmp_path))
    inner = stage.wire
    quota = Quota(inner, stage.clock, {})
    stage.wire = quota  # type: ignore[assignment]
    wishes = ("--auto-approve", "--parallelism", "1", "--max-requests-per-second", "3")
    assert stage.run("-q", "apply", *wishes).code == 0
    assert most_in_a_second(quota.asked) == 3
