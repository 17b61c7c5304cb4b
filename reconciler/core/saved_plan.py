"""A plan on file: bound to its project, platforms, manifests and live objects, and used once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from reconciler.core.difference_text import differences
from reconciler.core.fingerprint import canonical
from reconciler.core.json_value import JsonObject, States
from reconciler.core.output_schema import SAVED_PLAN
from reconciler.core.plan import Plan
from reconciler.core.plan_compare import AGAIN
from reconciler.core.plan_document import SavedPlanDocument
from reconciler.core.plan_json import FORMAT_VERSION, plan_data
from reconciler.core.plan_read import plan_from
from reconciler.core.resource import Address
from reconciler.core.schema_check import schema_errors
from reconciler.core.strict_json import parse_json
from reconciler.errors import StalePlanError

CHANGED = "this plan was changed after it was made"
JOBS = "jobs"
"""The key of an observed state that holds what the platform's jobs change by themselves."""


@dataclass(frozen=True, slots=True)
class Binding:
    """What a saved plan belongs to; anything else than this and it is foreign or stale.

    ``paths`` are those that were given, seen from the project directory.  ``mode`` says what the
    plan is for: to apply the manifests, to destroy all that is ours, or to forget ``forget``.
    """

    manifests: str = ""
    prune: bool = False
    retry_failed: bool = False
    select: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    mode: str = "apply"
    forget: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan, what it is bound to, and the full state of every live object it touches.

    ``observed`` is keyed by address; ``applied`` tells when it was used, '' until then.
    """

    plan: Plan
    binding: Binding
    observed: States = field(default_factory=dict)
    applied: str = ""


def dump(saved: SavedPlan) -> str:
    """The one spelling of a saved plan: the plan's JSON, then the binding and a checksum."""
    data: JsonObject = {
        **plan_data(saved.plan),
        "binding": {
            "manifests": saved.binding.manifests,
            "prune": saved.binding.prune,
            "retryFailed": saved.binding.retry_failed,
            "select": list(saved.binding.select),
            "paths": list(saved.binding.paths),
            "mode": saved.binding.mode,
            "forget": list(saved.binding.forget),
        },
        "observed": dict(saved.observed),
    }
    if saved.applied:
        data["applied"] = saved.applied
    data["checksum"] = _checksum(data)
    text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    # UTF-8 cannot encode half of a surrogate pair; its JSON escape means the same.
    return text.encode("utf-8", "backslashreplace").decode()


def load_plan(text: str) -> SavedPlan:
    """The saved plan; StalePlanError when it is malformed, was changed, or is of another release.

    The file is valid by ``schemas/plan.schema.json`` and has one spelling only.
    """
    try:
        data = _checked(parse_json(text))
        saved = _saved_from(data)
    except ValueError as error:
        raise StalePlanError(f"malformed saved plan: {error}", AGAIN) from error
    if dump(saved) != text:
        # A reader could see another plan in another spelling than this tool does.
        raise StalePlanError(CHANGED, AGAIN)
    return saved


def _checked(data: Any) -> SavedPlanDocument:
    """A document that is sealed and valid; ValueError or StalePlanError."""
    if not isinstance(data, dict) or "formatVersion" not in data:
        raise ValueError("it is not a plan, as it has no formatVersion")
    version = data["formatVersion"]
    if type(version) is not int or version != FORMAT_VERSION:
        raise ValueError(
            f"its formatVersion is {json.dumps(version)[:40]}; this release reads {FORMAT_VERSION}"
        )
    rest = {key: value for key, value in data.items() if key != "checksum"}
    if "checksum" in data and data["checksum"] != _checksum(rest):
        raise StalePlanError(CHANGED, AGAIN)
    for error in schema_errors(data, SAVED_PLAN):
        raise ValueError(error)
    for address in data["observed"]:
        if Address.parse(address) is None:
            raise ValueError(f"observed: {json.dumps(address)[:60]} is not an address")
    return cast(SavedPlanDocument, data)  # valid by the schema of the same document


def _saved_from(data: SavedPlanDocument) -> SavedPlan:
    binding = data["binding"]
    return SavedPlan(
        plan=plan_from(data),
        binding=Binding(
            manifests=binding["manifests"],
            prune=binding["prune"],
            retry_failed=binding["retryFailed"],
            select=tuple(binding["select"]),
            paths=tuple(binding["paths"]),
            mode=binding["mode"],
            forget=tuple(binding["forget"]),
        ),
        observed=data["observed"],
        applied=data.get("applied", ""),
    )


def check_binding(saved: SavedPlan, plan: Plan, binding: Binding) -> None:
    """Refuse a plan of another project, target, platform or state of the manifests."""
    if saved.applied:
        raise StalePlanError(f"this plan was applied before, {saved.applied}", AGAIN)
    if saved.plan.obstacles:
        raise StalePlanError("this plan has errors: it can be shown, never applied", AGAIN)
    pairs = (
        ("project", saved.plan.project, plan.project),
        ("target", saved.plan.target, plan.target),
        ("endpoints", dict(saved.plan.endpoint), dict(plan.endpoint)),
        ("manifests", saved.binding.manifests, binding.manifests),
    )
    for what, reviewed, found in pairs:
        if reviewed != found:
            raise StalePlanError(
                f"the plan was made for other {what}: {reviewed!r}, now {found!r}"
                if what in ("endpoints", "manifests")
                else f"the plan was made for the {what} {reviewed!r}, not {found!r}",
                AGAIN,
            )


def check_touched(saved: SavedPlan, touched: Iterable[str]) -> None:
    """Refuse a file that keeps states of other objects than those the current plan touches."""
    kept, current = set(saved.observed), set(touched)
    if kept != current:
        listed = ", ".join(sorted(kept ^ current))
        raise StalePlanError(f"the reviewed plan touches other objects: {listed}", AGAIN)


def check_object(address: str, reviewed: Any, found: Any) -> None:
    """Refuse when a live object is not what was reviewed; names the field and both values."""
    if canonical(reviewed) == canonical(found):
        return
    if found is None:
        raise StalePlanError(f"{address} was deleted since the plan was made", AGAIN)
    changes = "; ".join(differences(reviewed, found))
    raise StalePlanError(f"{address} was changed since the plan was made: {changes}", AGAIN)


def after_wait(expected: Any, found: Any) -> Any:
    """What to expect once a job has ended: only what jobs change may have moved on its account."""
    if not isinstance(expected, Mapping) or not isinstance(found, Mapping):
        return expected
    return {**expected, **{key: found[key] for key in (JOBS,) if key in found}}


def _checksum(data: Mapping[str, object]) -> str:
    return f"sha256:{hashlib.sha256(canonical(data).encode('utf-8', 'surrogatepass')).hexdigest()}"
