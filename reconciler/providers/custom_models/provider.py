"""The custom models provider: a table of slices over one client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from reconciler.core.kind import Outputs
from reconciler.core.provider import Export, Named, Provider, Row, Watch
from reconciler.core.resource import Live, Resource
from reconciler.core.step import Call, Wait
from reconciler.errors import ApiError
from reconciler.providers.custom_models import (
    build,
    conversion,
    environment,
    environment_version,
    explanations,
    feature_impact,
    model,
    model_test,
    repository_version,
    sharing,
    training,
    version,
)
from reconciler.providers.custom_models.client import operations as api
from reconciler.providers.custom_models.client.client import Client
from reconciler.providers.custom_models.concurrency import LATEST, refuse_newer
from reconciler.providers.custom_models.day_two import DayTwo
from reconciler.providers.custom_models.export import export_environment, export_model
from reconciler.providers.custom_models.facts import (
    JobFacts,
    ModelLimits,
    maker_of,
    model_facts,
    with_users,
)
from reconciler.providers.custom_models.limits import LIMITED
from reconciler.providers.custom_models.model_copy import Copies
from reconciler.providers.custom_models.slice import Follow, Recover, Start, send_as_planned
from reconciler.providers.custom_models.snapshot import COLLECTIONS, read_snapshot
from reconciler.providers.http import Http
from reconciler.providers.polling import poll_until
from reconciler.providers.recovery import look_for

SLICES = (
    environment.SLICE,
    environment_version.SLICE,
    model.SLICE,
    version.SLICE,
    repository_version.SLICE,
    sharing.SLICE,
    training.SLICE,
    conversion.SLICE,
    build.SLICE,
    model_test.SLICE,
    feature_impact.SLICE,
    explanations.SLICE,
)
JOB_READERS = (
    build.read_build,
    model_test.read_tests,
    feature_impact.read_impact,
    explanations.read_explanations,
    conversion.read_conversion,
)
UNLISTED = frozenset({"create_version_from_repository", "update_version_from_repository"})
"""Jobs that no list shows while they run: sending them again could make the same thing twice."""


class CustomModels(Provider):
    """``core.provider.Provider`` for ``ExecutionEnvironment`` and ``CustomModel``."""

    def __init__(self, http: Http) -> None:
        self.http = http
        self.client = Client(http)
        self.day_two = DayTwo(self.client)
        self.start: dict[str, Start] = {}
        self._recoveries: dict[str, Recover] = {}
        self.follow: dict[str, Follow] = {}
        for each in (*SLICES, Copies().slice()):
            self.start |= each.start
            self._recoveries |= each.recover
            self.follow |= each.follow

    def list(self, kind: str) -> Sequence[Live]:
        """Every environment or model the token may see."""
        if kind == "ExecutionEnvironment":
            listed = self.client.every(api.LIST_ENVIRONMENTS)
            return [environment.live_environment(each) for each in listed]
        return [model.live_model(each) for each in self.client.list_models()]

    def prefetch(self, resources: Sequence[Resource]) -> ModelLimits:
        """The user's limits, where a manifest sets something that is limited."""
        versions = (resource.spec.get("version") or {} for resource in resources)
        if not any(key in version for version in versions for key in LIMITED):
            return ModelLimits()
        return ModelLimits(self.client.read(api.GET_LIMITS))

    def read_details(self, resource: Resource, live: Live) -> Live:
        """Adds users, files and jobs as far as the manifest manages them."""
        if "sharing" in resource.spec:
            entries = self.client.list_access(COLLECTIONS[live.kind], live.id)
            live = with_users(live, sharing.live_sharing(entries))
        if live.kind == "ExecutionEnvironment":
            return environment_version.read_files(self.client, resource, live)
        return self._jobs(resource, version.read_files(self.client, resource, live))

    def _jobs(self, resource: Resource, live: Live) -> Live:
        facts = model_facts(live)
        if facts.version is None:
            return live
        jobs = JobFacts()
        for read in JOB_READERS:
            jobs = read(self.client, resource, live.id, facts.version, jobs)
        return replace(live, facts=replace(facts, jobs=jobs))

    def snapshot(self, live: Live) -> Any:
        """The object, its users and its jobs, as the platform shows them."""
        return read_snapshot(self.client, live)

    def send(self, call: Call, resource: Resource | None) -> Outputs:
        """One write, unless a newer version came since the plan was made."""
        if LATEST in call.recovery:
            refuse_newer(self.client, call)
        return self.start.get(call.operation, send_as_planned)(self.client, call, resource)

    def recover(self, call: Call, resource: Resource | None) -> Outputs | None:
        """What a write made whose answer was lost; a write that only sets values is sent again."""
        find = self._recoveries.get(call.operation)
        if find is None:
            return None
        outputs = look_for(lambda: find(self.client, call, resource), self.http.outside)
        if outputs is None and call.operation in UNLISTED:
            raise ApiError(
                f"{call.method} {call.path.format_map(call.path_params)}: "
                "its answer was lost, and what it does may take long",
                "Run again in some minutes: a version that has come by then is found.",
            )
        return outputs

    def wait(self, wait: Wait, watch: Watch) -> Outputs:
        """One job, to its end."""
        poll = partial(poll_until, wait=wait, watch=watch, runtime=self.http.outside)
        return self.follow[wait.operation](self.client, wait, poll)

    def logs(self, live: Live, job: str, lines: int) -> str:
        """The end of a log."""
        return self.day_two.logs(live, job, lines)

    def history(self, live: Live) -> Sequence[Row]:
        """Versions, newest first."""
        return self.day_two.history(live)

    def cancel(self, live: Live) -> Sequence[str]:
        """Stop the running jobs."""
        return self.day_two.cancel(live)

    def maker(self, live: Live) -> str:
        """The user who made the environment or the model."""
        return maker_of(live) or ""

    def is_shared_by_platform(self, live: Live) -> bool:
        """A public environment: models name it, and no project manages it."""
        return live.kind == "ExecutionEnvironment" and bool(live.spec.get("isPublic"))

    def export(self, live: Live, refs: Mapping[str, Named]) -> Export:
        """The environment or the model as a manifest would say it."""
        if live.kind == "ExecutionEnvironment":
            return export_environment(self.client, live)
        return export_model(self.client, live, refs)

    def download(self, live: Live, target: str) -> Sequence[str]:
        """The newest version's files."""
        return self.day_two.download(live, Path(target))

    def requests(self) -> Mapping[str, int]:
        """Requests so far, by method."""
        return dict(self.http.counts)

    def close(self) -> None:
        """Close the connections."""
        self.http.close()
