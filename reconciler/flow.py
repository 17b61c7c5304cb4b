"""The tool on one screen: read live state and plan; apply what was planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from threading import Event

from reconciler.apply import Guard, Listen, Run
from reconciler.core.checks import Policy
from reconciler.core.kind import PlanOptions
from reconciler.core.planner import PlanInput, build
from reconciler.core.report import Report
from reconciler.core.resource import Address, Resource
from reconciler.core.untouched import without
from reconciler.git.commit import CommitFacts, CommitOrder, commit_facts, unreadable
from reconciler.live import CurrentPlan, Manifests, Snapshot, read
from reconciler.session import Session


def make_plan(session: Session) -> CurrentPlan:
    """What an apply would do now, and the live objects it was made from.  Reads only."""
    project, named = session.desired.project, () if session.partial else session.configured()
    kinds, parallelism = session.registry.kinds, session.options.parallelism
    manifests = Manifests(session.graph, session.unselected(), session.desired.whole)
    snapshot = read(manifests, kinds, session.provider, project.ownership, parallelism, named)
    commits = _commits(session, snapshot)
    plan = build(_plan_input(session, snapshot, commits), project.name, project.target)
    problems = [*map(session.desired.locate, plan.problems), *session.warnings()]
    if commits.error:
        recorded = bool(commits.order.unknown) and not session.options.allow_rollback
        problems.append(unreadable(commits.error, recorded))
    plan = replace(
        plan,
        problems=tuple(problems),
        requests=session.requests(),
        endpoint=session.endpoints(),
        commit=commits.commit.sha if commits.commit else "",
    )
    return CurrentPlan(plan, snapshot.by_address())


def apply_plan(
    session: Session,
    current: CurrentPlan,
    listen: Listen,
    stop: Event | None = None,
    guard: Guard | None = None,
) -> Report:
    """Do exactly what the plan says."""
    resources = _planned(session, current)
    run = Run(current.plan, session.provider_of, resources, listen, stop, guard)
    return replace(run.execute(session.options.parallelism), requests=session.requests())


def _commits(session: Session, snapshot: Snapshot) -> CommitFacts:
    """The commit to record, and the order of those that the project's live objects record."""
    options, matches = session.options, snapshot.matches
    recorded = {sha for live in (*matches.pairs.values(), *matches.orphans) for sha in live.commits}
    return commit_facts(options.project_dir, options.env, options.own_files, recorded)


def _plan_input(session: Session, snapshot: Snapshot, commits: CommitFacts) -> PlanInput:
    options, project = session.options, session.desired.project
    order = CommitOrder() if options.allow_rollback else commits.order
    return PlanInput(
        graph=session.graph,
        matches=snapshot.matches,
        kinds=session.registry.kinds,
        lives=snapshot.lives,
        options=PlanOptions(
            scope=project.scope,
            uid=project.uid,
            retry_failed=options.retry_failed,
            commit=commits.commit,
            newer=order.newer,
            unknown=order.unknown,
        ),
        policy=Policy(
            prune=project.policy.prune or options.prune or options.mode == "destroy",
            max_delete_percent=project.policy.max_delete_percent,
            max_change_percent=project.policy.max_change_percent,
            allow_mass_change=options.allow_mass_change,
        ),
        platform=snapshot.platform,
        partial=session.partial,
        forget=session.forgotten(snapshot.matches),
    )


def _planned(session: Session, current: CurrentPlan) -> Mapping[Address, Resource]:
    """The manifests as their steps were planned: live objects keep the ignored fields."""
    own = [step for step in current.plan.steps if step.id == str(step.address)]
    made = {step.address for step in own if step.action in ("create", "replace")}
    return {
        address: resource
        if address in made or address not in current.lives
        else without(resource, resource.lifecycle.ignore_changes)
        for address, resource in session.graph.resources.items()
    }
