"""Two runs of one plan at the same time must not make one version twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.core.step import Call
from reconciler.errors import LiveStateError
from reconciler.providers.custom_models.client import operations as api

if TYPE_CHECKING:
    from reconciler.providers.custom_models.client.client import Client

AGAIN = "Another run or another user changes it right now; run again when that has ended."
LATEST = "latest"
"""Key of a call's recovery context: the newest version that the plan knew."""


def refuse_newer(client: Client, call: Call) -> None:
    """LiveStateError when a version came after the one on which this write was planned.

    What had no version then is mostly our own, created a moment ago: nothing is read for it.
    """
    planned = call.recovery.get(LATEST)
    if planned is None:
        return
    environment = call.path.startswith("executionEnvironments/")
    identity = call.path_params["id"]
    if environment:
        built = client.read(api.GET_ENVIRONMENT, identity).latest_version
        newest = built.id if built else None
    else:
        latest = client.read(api.GET_MODEL, identity).latest_version
        newest = latest.id if latest else None
    if newest != planned:
        raise LiveStateError(
            f"version {newest} was made since the plan was made on {planned}; nothing was sent",
            AGAIN,
        )
