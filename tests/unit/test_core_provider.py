"""The provider contract: what a family that implements only the required methods answers.

Cases: a capability that finds nothing, each capability that is not supported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from reconciler.core.provider import Provider
from reconciler.core.resource import Live, Prefetched, Resource
from reconciler.errors import LiveStateError
from tests.support.fleet_kinds import live, resource

MANIFEST = resource("Ship/argo", {"flag": "red"})
OBJECT = live("Ship/argo", {"flag": "red"})


class SmallestProvider(Provider):
    """The five required methods and nothing else."""

    def list(self, kind: str) -> Sequence[Live]:
        """One object."""
        return [OBJECT]

    def read_details(self, resource: Resource, live: Live) -> Live:
        """The object as it is listed."""
        return live

    def snapshot(self, live: Live) -> Any:
        """Nothing."""

    def requests(self) -> Mapping[str, int]:
        """None were sent."""
        return {}

    def close(self) -> None:
        """There are no connections."""


PROVIDER = SmallestProvider()


def test_a_capability_that_is_left_out_finds_nothing() -> None:
    assert PROVIDER.find(MANIFEST) is None
    assert PROVIDER.prefetch([MANIFEST]) == Prefetched()
    assert PROVIDER.cancel(OBJECT) == ()
    assert PROVIDER.maker(OBJECT) == ""
    assert not PROVIDER.is_shared_by_platform(OBJECT)


@pytest.mark.parametrize(
    ("ask", "what"),
    [
        (lambda: PROVIDER.logs(OBJECT, "build", 10), "a build log"),
        (lambda: PROVIDER.history(OBJECT), "a history"),
        (lambda: PROVIDER.download(OBJECT, "out"), "a download"),
        (lambda: PROVIDER.export(OBJECT, {}), "an import"),
    ],
)
def test_a_capability_that_is_left_out_is_an_error_with_its_name(ask: Any, what: str) -> None:
    with pytest.raises(LiveStateError, match=what) as caught:
        ask()
    assert "Ship" in str(caught.value)
