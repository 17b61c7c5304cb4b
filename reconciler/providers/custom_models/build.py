"""The dependency build of a model version."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.core.kind import Outputs, PlanContext
from reconciler.core.resource import Resource
from reconciler.core.step import Call, KnownAfter, StepDraft, Wait
from reconciler.errors import JobFailed
from reconciler.providers.custom_models.client import operations as api
from reconciler.providers.custom_models.facts import JobFacts, VersionFacts, current_version
from reconciler.providers.custom_models.job import (
    ABSENT,
    DONE,
    FAILED,
    RUNNING,
    Job,
    is_new_version,
    job_draft,
    job_facts,
    version_ids,
)
from reconciler.providers.custom_models.live_version import DEPENDENCIES, has_requirements
from reconciler.providers.custom_models.slice import RETRY, Poll, Slice, log_of

if TYPE_CHECKING:
    from reconciler.providers.custom_models.client.client import Client

RUNNING_BUILD = frozenset({"submitted", "processing"})
TIMEOUT = 1800.0
SINCE = "since"
"""Key of the recovery context: when the build began that the plan knew."""


def build_draft(context: PlanContext) -> StepDraft | None:
    """Wanted where the manifest says so, or where the version has dependencies."""
    version = context.resource.spec.get("version")
    wanted = version.get("dependencyBuild") if version else False
    if wanted is False or context.own_outputs.get("versionId") is None:
        return None
    if wanted is None and not _has_dependencies(context):
        return None
    facts, ids = job_facts(context), version_ids(context)
    started = KnownAfter(context.step("build"), "building")
    call = api.START_BUILD.call(
        *ids.values(),
        outputs=("building",),
        recovery={SINCE: facts.build_start},
        only_if=_condition(context) if wanted is None else None,
    )
    return job_draft(
        context,
        Job(
            "the dependency build",
            "dependency_build",
            TIMEOUT,
            state=_state(facts.build),
            follow={**ids, "building": True},
            fresh={**ids, "building": started},
            calls=(call,),
        ),
    )


def _has_dependencies(context: PlanContext) -> bool:
    current = current_version(context)
    if not is_new_version(context) and current is not None:
        return bool(current.dependencies)
    return has_requirements(context.resource)


def _condition(context: PlanContext) -> KnownAfter | None:
    """What a requirements file comes to is known only after the platform has the version."""
    dependencies = context.own_outputs.get(DEPENDENCIES)
    return dependencies if isinstance(dependencies, KnownAfter) else None


def _state(status: str | None) -> str:
    if status is None:
        return ABSENT
    if status in RUNNING_BUILD:
        return RUNNING
    return DONE if status == "success" else FAILED


def read_build(
    client: Client, resource: Resource, model: str, version: VersionFacts, facts: JobFacts
) -> JobFacts:
    """Adds the build of the version, where the manifest manages it."""
    spec = resource.spec
    wanted = (spec.get("version") or {}).get("dependencyBuild")
    if not (wanted or (wanted is None and "version" in spec and version.dependencies)):
        return facts
    build = client.build_of(model, version.id)
    if build is None:
        return facts
    return replace(facts, build=build.build_status, build_start=build.build_start)


def _start(client: Client, call: Call, resource: Resource | None) -> Outputs:
    client.send(call, resource)
    return {"building": True}


def _recover(client: Client, call: Call, _: Resource | None) -> Outputs | None:
    build = client.build_of(call.path_params["id"], call.path_params["version"])
    if build is None or build.build_start == call.recovery[SINCE]:
        return None
    return {"building": True}


def _follow(client: Client, wait: Wait, poll: Poll) -> Outputs:
    ids = wait.params["id"], wait.params["version"]
    if not wait.params["building"]:
        return {}

    def status() -> str:
        build = client.build_of(*ids)
        return build.build_status if build else "not started"

    state = poll(status, RUNNING_BUILD)
    if state == "success":
        return {}
    raise JobFailed(
        f"the dependency build of version {ids[1]} ended as {state}",
        RETRY,
        log=log_of(lambda: client.read(api.GET_BUILD_LOG, *ids)),
    )


SLICE = Slice(
    start={"start_build": _start},
    recover={"start_build": _recover},
    follow={"dependency_build": _follow},
)
