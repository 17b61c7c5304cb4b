"""Every documented refusal becomes an error of ours: what, which object, what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.errors import ApiError
from tests.contract.operations import rows
from tests.contract.refusals import BY_FAULT, BY_INPUT, MEANT
from tests.support.contract import operations
from tests.support.custom_models_api import Ground
from tests.support.perform import perform

DOCUMENTED = [(o.name, status) for o in operations().values() for status in o.refusals]
PLANNED = "Failure planned by a test control."


def test_every_documented_refusal_has_one_case() -> None:
    assert len(DOCUMENTED) == 73
    assert {*BY_INPUT, *BY_FAULT, MEANT} == set(DOCUMENTED)
    assert not BY_INPUT.keys() & BY_FAULT.keys()


def refused(name: str, status: int) -> tuple[Ground, Callable[[], Any]]:
    """The ground, and the call that is to be refused."""
    ground, row = Ground(), rows()[name]
    if (name, status) in BY_INPUT:
        client, arguments = BY_INPUT[name, status](ground)
    else:
        client, arguments = ground.client, row.arguments(ground)
        operation = operations()[name]
        path = re.sub(r"\{\w+\}", "[^/]+", operation.path)
        ground.refuse(operation.method, f"^{path}$", status)
    ground.sent()
    return ground, lambda: perform(client, row.client, *arguments)


@pytest.mark.parametrize(
    ("name", "status"), [case for case in DOCUMENTED if case != MEANT], ids=str
)
def test_a_refusal_is_a_clear_error(name: str, status: int) -> None:
    ground, call = refused(name, status)
    with pytest.raises(ApiError) as caught:
        call()
    error, ((method, path),) = caught.value, ground.sent()
    assert error.status == status
    assert name.startswith(f"{method} ")
    # What was refused and which object: the request, whose path holds the ids.
    assert error.message.startswith(f"{method} {path.removeprefix('/api/v2/')} answered {status}")
    reason = error.message.partition(": ")[2]
    assert reason
    assert (reason == PLANNED) is ((name, status) in BY_FAULT)
    assert len(error.hint) > 20
    ground.wire.check()


def test_a_build_that_was_not_started_is_none() -> None:
    ground = Ground()
    assert ground.client.build_of(*ground.ids) is None
    assert ground.wire.seen[MEANT[0]] == {MEANT[1]}
    ground.wire.check()
