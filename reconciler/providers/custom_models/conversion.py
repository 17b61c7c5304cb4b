"""The conversion of a model version to a JAR, starting at its main program."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.core.kind import Outputs, PlanContext
from reconciler.core.resource import Resource
from reconciler.core.step import Call, KnownAfter, StepDraft, Wait
from reconciler.errors import ApiError, JobFailed, Problem
from reconciler.providers.custom_models.client import operations as api
from reconciler.providers.custom_models.client.responses import Conversion
from reconciler.providers.custom_models.description import problem_at
from reconciler.providers.custom_models.facts import (
    ConversionFacts,
    JobFacts,
    VersionFacts,
    current_version,
)
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
from reconciler.providers.custom_models.live_version import ITEM
from reconciler.providers.custom_models.slice import RETRY, Poll, Slice, tail
from reconciler.providers.custom_models.version_marker import FILES
from reconciler.providers.recovery import only_one

if TYPE_CHECKING:
    from reconciler.providers.custom_models.client.client import Client

BODY_KEY = "mainProgramItemId"
PROGRAM, KNOWN = "mainProgram", "known"
"""Keys of the recovery context: the program's path, and the conversions that the plan knew."""


# -- what is wanted --------------------------------------------------------------------------


def conversion_draft(context: PlanContext) -> StepDraft | None:
    """The newest version's files must have been converted, starting at the main program."""
    wanted = context.resource.spec.get("conversion")
    if wanted is None:
        return None
    program = wanted["mainProgram"]
    if not _may_have(context, program):
        return StepDraft(problems=(_no_such_program(context, program),))
    facts, ids = job_facts(context).conversion, version_ids(context)
    current = facts if facts and facts.main_program == program else None
    call = api.START_CONVERSION.call(
        *ids.values(),
        body={BODY_KEY: _item(context, program)},
        outputs=("conversionId",),
        recovery={PROGRAM: program, KNOWN: list(facts.known) if facts else []},
    )
    started = KnownAfter(context.step("conversion"), "conversionId")
    return job_draft(
        context,
        Job(
            f"the conversion of {program}",
            "conversion",
            wanted.get("timeout", 1800),
            state=current.state if current else ABSENT,
            follow={**ids, "conversion": facts.id} if facts else {},
            fresh={**ids, "conversion": started},
            calls=(call,),
        ),
    )


def _may_have(context: PlanContext, program: str) -> bool:
    files, current = context.resource.files.get(FILES), current_version(context)
    if files is not None:
        return program in files.by_path
    return is_new_version(context) or current is None or program in current.items


def _item(context: PlanContext, program: str) -> Any:
    """The item id of the main program, which a version that does not exist yet has later."""
    current = current_version(context)
    if is_new_version(context) or current is None:
        return context.own_outputs.get(f"{ITEM}{program}")
    return current.items.get(program)


def _no_such_program(context: PlanContext, program: str) -> Problem:
    return problem_at(
        context.resource, "spec.conversion.mainProgram", "no-such-file",
        f"the version has no file {program}",
        "Name a file of the version, relative to its root.",
    )  # fmt: skip


# -- live state ------------------------------------------------------------------------------


def read_conversion(
    client: Client, resource: Resource, model: str, version: VersionFacts, facts: JobFacts
) -> JobFacts:
    """Adds the newest conversion of the version, where the manifest wants one."""
    if "conversion" not in resource.spec:
        return facts
    latest = latest_conversion(client, model, version.id)
    if latest is None:
        return facts
    paths = {item: path for path, item in version.items.items()}
    state = DONE if latest.conversion_succeeded else FAILED
    every = client.every(api.LIST_CONVERSIONS, model, version.id)
    found = ConversionFacts(
        id=latest.id,
        known=tuple(sorted({each.id for each in (latest, *every)})),
        state=RUNNING if latest.conversion_in_progress else state,
        main_program=paths.get(latest.main_program_item_id or ""),
    )
    return replace(facts, conversion=found)


def latest_conversion(client: Client, model: str, version: str) -> Conversion | None:
    """The newest conversion of a version, if there is one."""
    return next(client.every(api.LIST_CONVERSIONS, model, version, isLatest="true"), None)


# -- writes, recovery and waits --------------------------------------------------------------


def _start(client: Client, call: Call, resource: Resource | None) -> Outputs:
    if call.body[BODY_KEY] is None:
        raise ApiError(
            f"version {call.path_params['version']} has no file {call.recovery[PROGRAM]}",
            "conversion.mainProgram names a file of the version, relative to its root.",
        )
    return {"conversionId": client.send(call, resource).conversion_id}


def _recover(client: Client, call: Call, _: Resource | None) -> Outputs | None:
    model, version = call.path_params["id"], call.path_params["version"]
    every = client.every(api.LIST_CONVERSIONS, model, version)
    new = [conversion.id for conversion in every if conversion.id not in call.recovery[KNOWN]]
    return only_one(new, "conversionId", f"conversions of version {version}")


def _follow(client: Client, wait: Wait, poll: Poll) -> Outputs:
    ids = wait.params["id"], wait.params["version"], wait.params["conversion"]
    log = [""]

    def status() -> str:
        conversion = client.read(api.GET_CONVERSION, *ids)
        log[0] = conversion.log_message or ""
        if conversion.conversion_in_progress:
            return "converting"
        return "converted" if conversion.conversion_succeeded else "failed"

    if poll(status, frozenset({"converting"})) == "converted":
        return {}
    raise JobFailed(f"the conversion of version {ids[1]} failed", RETRY, log=tail(log[0]))


SLICE = Slice(
    start={"start_conversion": _start},
    recover={"start_conversion": _recover},
    follow={"conversion": _follow},
)
