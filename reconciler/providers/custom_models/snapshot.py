"""The state of one object right now, to compare with what a reviewed plan was made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.core.resource import Live
from reconciler.errors import ApiError
from reconciler.providers.custom_models.client import operations as api
from reconciler.providers.custom_models.client.responses import Environment, Model
from reconciler.providers.custom_models.sharing import live_sharing
from reconciler.providers.response import parse

if TYPE_CHECKING:
    from reconciler.providers.custom_models.client.client import Client

COLLECTIONS = {"ExecutionEnvironment": "executionEnvironments", "CustomModel": "customModels"}
BY_JOBS = (
    "latestVersion",
    "latestSuccessfulVersion",
    "trainingDataAssignmentInProgress",
    "trainingDataFileName",
    "trainingDataPartitionColumn",
    "trainingDatasetId",
    "trainingDatasetVersionId",
    "updated",
)
"""Keys of an object that builds, pulls and assignments change without any write."""


def read_snapshot(client: Client, live: Live) -> Any:
    """The object, its users and its jobs, as the platform shows them; None when it is gone."""
    collection = COLLECTIONS[live.kind]
    try:
        found = client.http.get(f"{collection}/{live.id}/")
    except ApiError as error:
        if error.status == 404:
            return None
        raise
    # Kept as it came, and read as what the contract says it is.
    parse(Model if live.kind == "CustomModel" else Environment, found)
    jobs = {key: found.pop(key) for key in BY_JOBS if key in found}
    version = (jobs.get("latestVersion") or {}).get("id")
    if live.kind == "CustomModel" and version:
        build = client.build_of(live.id, version)
        jobs["build"] = build.model_dump() if build else None
        tests = client.every(api.LIST_TESTS, customModelId=live.id)
        jobs["tests"] = {test.id: test.overall_status for test in tests}
    users = live_sharing(client.list_access(collection, live.id))
    shared = {name: {"role": u.role, "canShare": u.can_share} for name, u in users.items()}
    return {"object": found, "users": shared, "jobs": jobs}
