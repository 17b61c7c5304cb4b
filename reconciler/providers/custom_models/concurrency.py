"""Another run of the same project at the same moment, on a machine that shares no lock with ours.

The platform keeps ``userProvidedId`` single and nothing else, so that two runs would make one
version or one environment twice: each looks once more where it makes something.
"""

from __future__ import annotations

from reconciler.core.marker import split
from reconciler.core.step import Call
from reconciler.errors import ApiError, LiveStateError
from reconciler.providers.custom_models.client.client import Client

AGAIN = "Another run or somebody is at work there; run again when that has ended."


def refuse_newer(client: Client, call: Call) -> None:
    """LiveStateError when a version came after the one on which this write was planned.

    What had no version then is mostly our own, made a moment ago: nothing is asked for it.
    """
    planned = call.params["latest"]
    if planned is None:
        return
    environment = call.path.startswith("executionEnvironments/")
    found = (client.get_environment if environment else client.get_model)(call.params["id"])
    newest = found.latest_version.id if found.latest_version else None
    if newest != planned:
        raise LiveStateError(
            f"version {newest} was made since the plan was made on {planned}; nothing was sent",
            AGAIN,
        )


def keep_one_environment(client: Client, call: Call, made: str) -> None:
    """Of two environments with one mark the older stays; LiveStateError when that is not ours.

    Ours is empty and nobody's yet: it is taken back.
    """
    mark = split(call.body["description"])[1]
    twins = [
        environment
        for environment in client.list_environments()
        if mark and (seen := split(environment.description)[1]) and seen.owner == mark.owner
    ]
    first = min(twins, key=lambda twin: (twin.created, twin.id), default=None)
    if first is None or first.id == made:
        return
    try:
        client.delete_environment(made)
    except ApiError as error:
        raise LiveStateError(
            f"execution environment {first.id} was made for {mark and mark.owner} at the same "
            f"moment, and ours, {made}, could not be taken back: {error.message}",
            f"Delete {made}, and run again.",
        ) from error
    raise LiveStateError(
        f"execution environment {first.id} was made for {mark and mark.owner} at the same moment; "
        f"ours, {made}, was taken back",
        AGAIN,
    )
