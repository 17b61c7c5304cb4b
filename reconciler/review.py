"""What was reviewed is what is applied: plans are saved with the state that they were made from."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from reconciler.apply import Guard
from reconciler.core.json_value import States
from reconciler.core.plan_compare import check_obstacles, check_same
from reconciler.core.resource import Address, Live
from reconciler.core.saved_plan import (
    Binding,
    SavedPlan,
    check_binding,
    check_object,
    check_touched,
)
from reconciler.guard import LiveGuard
from reconciler.live import CurrentPlan
from reconciler.session import Session


def save_plan(session: Session, current: CurrentPlan) -> SavedPlan:
    """The plan with all that it is bound to; every object it touches is read once more."""
    return SavedPlan(current.plan, _binding(session), _observed(session, current))


def confirm_plan(session: Session, saved: SavedPlan, current: CurrentPlan) -> Guard:
    """The guard over the objects of the current plan, once it is known to be the reviewed one.

    StalePlanError unless the two are the same, step for step and field for field, and every object
    is as it was reviewed.
    """
    check_binding(saved, current.plan, _binding(session))
    for text, reviewed in saved.observed.items():
        address = Address(*text.split("/", 1))
        live = current.lives.get(address)
        check_object(text, reviewed, _snapshot(session, address, live) if live else None)
    check_obstacles(current.plan)
    check_same(saved.plan, current.plan)
    check_touched(saved, map(str, current.touched()))
    return _guard(session, saved.observed, current)


def guard_plan(session: Session, current: CurrentPlan) -> Guard:
    """Guards the objects of the current plan against changes from now on."""
    return _guard(session, _observed(session, current), current)


def _guard(session: Session, observed: States, current: CurrentPlan) -> Guard:
    return LiveGuard(
        observed, current.lives, lambda address, live: _snapshot(session, address, live)
    )


def _observed(session: Session, current: CurrentPlan) -> States:
    """The full state of every live object that the plan has a step for, by address."""
    touched = current.touched()
    with ThreadPoolExecutor(session.options.parallelism) as pool:
        states = pool.map(lambda each: _snapshot(session, each, current.lives[each]), touched)
        return {str(address): state for address, state in zip(touched, states, strict=True)}


def _snapshot(session: Session, address: Address, live: Live) -> Any:
    return session.provider_of(address).snapshot(live)


def _binding(session: Session) -> Binding:
    options = session.options
    return Binding(
        manifests=session.desired.digest,
        prune=options.prune,
        retry_failed=options.retry_failed,
        select=options.select,
        paths=tuple(os.path.relpath(path, options.project_dir) for path in options.paths),
        mode=options.mode,
        forget=options.forget,
    )
