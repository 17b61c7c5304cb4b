"""A made-up platform of docks and ships: kinds, manifests and live objects as plain values.

The core is tested with kinds that no vendor has, so that a vendor's word in it would show.  A
``Dock`` is one part; a ``Ship`` is three (itself, ``crew``, ``voyage``) and leans on a dock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import Field

from reconciler.core.checks import Policy
from reconciler.core.graph import Graph
from reconciler.core.identity import match
from reconciler.core.kind import FieldRule, Kind, Part, PlanContext, PlanOptions
from reconciler.core.marker import Marker
from reconciler.core.ownership import Ownership
from reconciler.core.plan import Plan
from reconciler.core.planner import PlanInput, build
from reconciler.core.resource import Address, Facts, Lifecycle, Live, Resource
from reconciler.core.spec import Spec
from reconciler.core.step import Call, KnownAfter, StepDraft, Wait
from reconciler.errors import Problem

SCOPE = "fleet"


class DockSpec(Spec):
    """A dock as an author may write it."""

    name: str = Field(default="")
    description: str | None = None
    berths: int | None = None
    tags: list[str] | None = None
    country: str | None = None


class DockRef(Spec):
    """The dock that a ship lies in."""

    ref: str


class ShipSpec(Spec):
    """A ship as an author may write it."""

    name: str = Field(default="")
    description: str | None = None
    dock: DockRef | None = None
    hull: str | None = None
    armed: bool | None = None
    flag: str | None = None
    code: str | None = None
    cargo: dict[str, int] | None = None
    engine: dict[str, Any] | None = None
    crew: list[str] | None = None
    voyage: str | None = None


def _settings(change: PlanContext) -> StepDraft | None:
    """POST for an object that is not there, else one PATCH with what differs."""
    address, live = change.resource.address, change.live
    body = {field.path: field.new for field in change.fields}
    if live is None:
        outputs = [offered["id"] for offered in change.outputs.values() if "id" in offered]
        made = {"name": change.resource.display_name, **body}
        call = Call(
            "make", "POST", f"{address.kind}/", body=made | {"near": outputs}, outputs=("id",)
        )
        return StepDraft("create", "does not exist yet", change.fields, (call,), outputs=("id",))
    if not body:
        return None
    call = Call("change", "PATCH", f"{address.kind}/{{id}}/", {"id": live.id}, body)
    return StepDraft("update", "settings differ", change.fields, (call,))


def _dock(change: PlanContext) -> StepDraft | None:
    """As any object; a new dock has to dry before its step is done."""
    draft = _settings(change)
    if draft is None or change.live:
        return draft
    drying = Wait("drying", {"id": KnownAfter(change.step(""), "id")}, timeout=90, after=1)
    return replace(draft, waits=(drying,))


def _crew(change: PlanContext) -> StepDraft | None:
    """One call that hires everybody, on a ship that may be made only a step earlier."""
    if not change.fields:
        return None
    if "mutineer" in change.fields[0].new:
        problem = Problem("mutiny", "nobody hires a mutineer", "Hire another.", blocked=True)
        return StepDraft(problems=(problem,))
    hire = Call(
        "hire", "POST", "Ship/{id}/crew/", {"id": change.own_outputs["id"]}, outputs=("crewId",)
    )
    return StepDraft("update", "crew differs", change.fields, (hire,), outputs=("crewId",))


def _voyage(change: PlanContext) -> StepDraft | None:
    """A job: one call, then a wait."""
    if not change.fields:
        return None
    sail = Call(
        "sail", "POST", "Ship/{id}/voyages/", {"id": change.own_outputs["id"]}, outputs=("job",)
    )
    wait = Wait("landfall", {"job": "soon"}, timeout=60, after=1)
    return StepDraft("run", "another voyage", change.fields, (sail,), (wait,))


def removal(live: Live, resource: Resource | None) -> StepDraft:
    """DELETE of either kind."""
    call = Call("remove", "DELETE", f"{live.kind}/{{id}}/", {"id": live.id})
    return StepDraft("delete", "is to go" if resource else "has no manifest any more", (), (call,))


def forgetting(live: Live) -> StepDraft:
    """The marker of either kind is taken off."""
    call = Call("change", "PATCH", f"{live.kind}/{{id}}/", {"id": live.id}, {"description": ""})
    return StepDraft("update", "is forgotten", (), (call,))


def outputs(live: Live | None) -> Mapping[str, Any]:
    """What a live dock or ship offers to others."""
    return {"id": live.id} if live else {}


@dataclass(frozen=True)
class ShipFacts(Facts):
    """Where a ship is, when that locks its flag."""

    at_sea: str = ""


def at_sea(live: Live) -> str:
    """What locks the flag of a ship."""
    return live.facts.at_sea if isinstance(live.facts, ShipFacts) else ""


DOCK = Kind(
    name="Dock",
    provider="custom_models",
    spec=DockSpec,
    rules={
        "description": FieldRule(unset=""),
        "tags": FieldRule(as_set=True, unset=[]),
        "country": FieldRule(create_only=True),
    },
    parts=(Part("", _dock),),
    outputs=outputs,
    delete=removal,
    forget=forgetting,
    rank=1,
)

SHIP = Kind(
    name="Ship",
    provider="custom_models",
    spec=ShipSpec,
    rules={
        "description": FieldRule(unset=""),
        "dock": FieldRule(derived=True),
        "hull": FieldRule(create_only=True),
        "armed": FieldRule(one_way=True),
        "flag": FieldRule(locked_when=at_sea),
        "code": FieldRule(write_only=True),
        "cargo": FieldRule(whole=True, unset={}),
        "engine.fuels": FieldRule(as_set=True),
    },
    references={"dock.ref": "Dock"},
    parts=(
        Part("", _settings),
        Part("crew", _crew, ("crew",)),
        Part("voyage", _voyage, ("voyage",)),
    ),
    outputs=outputs,
    delete=removal,
    forget=forgetting,
    rank=2,
)

BUOY = Kind(name="Buoy", provider="model_registry", spec=DockSpec, parts=(Part("", _settings),))
"""Of another provider, and nothing can delete it."""

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (DOCK, SHIP, BUOY)}


def address(text: str) -> Address:
    """``Ship/argo`` as an address."""
    found = Address.parse(text)
    assert found is not None
    return found


def resource(text: str, spec: Mapping[str, Any] | None = None, **more: Any) -> Resource:
    """The manifest of ``Kind/name``; ``needs`` and lifecycle keys are keywords."""
    keys = {"protect", "allow_replace", "ignore_changes", "on_delete"} & more.keys()
    lifecycle = Lifecycle(**{key: more.pop(key) for key in keys})
    needs = tuple(sorted(address(each) for each in more.pop("needs", ())))
    return Resource(address(text), spec or {}, lifecycle=lifecycle, depends_on=needs, **more)


def live(text: str, spec: Mapping[str, Any] | None = None, **more: Any) -> Live:
    """The live object of ``Kind/name``, ours unless ``owner`` says otherwise."""
    kind, name = address(text)
    given = {"id": f"{name}-id", "name": name, "owner": f"{SCOPE}/{name}", **more}
    if given["owner"] and "marker" not in given:
        protect = given.get("protected", False)
        given["marker"] = Marker(given["owner"], protect=protect, id=given["id"])
    return Live(kind, spec=spec or {}, **given)


def world(resources: Iterable[Resource], lives: Iterable[Live] = (), **more: Any) -> PlanInput:
    """Both sides, paired as a run pairs them; policy keys are keywords."""
    graph, seen = Graph.of(resources), tuple(lives)
    keys = {"prune", "max_delete_percent", "max_change_percent", "allow_mass_change"} & more.keys()
    policy = Policy(**{"max_delete_percent": 100, **{key: more.pop(key) for key in keys}})
    matches = match(tuple(graph), seen, Ownership(SCOPE))
    return PlanInput(graph, matches, KINDS, seen, PlanOptions(SCOPE), policy, **more)


def plan(resources: Iterable[Resource], lives: Iterable[Live] = (), **more: Any) -> Plan:
    """The plan for these two sides."""
    return build(world(resources, lives, **more), SCOPE, None)


def codes(problems: Iterable[Problem]) -> list[str]:
    """The codes of problems, in their order."""
    return [problem.code for problem in problems]
