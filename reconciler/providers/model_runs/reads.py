"""Live state of a ``ModelRun``: the newest run of its selection, and what it showed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from reconciler.core.resource import Live, Prefetched, Resource, SpecPart
from reconciler.providers.model_runs.client import Client
from reconciler.providers.model_runs.facts import RunFacts, RunsPrefetched
from reconciler.providers.model_runs.gate import Gate
from reconciler.providers.model_runs.matching import KEYS, Selection
from reconciler.providers.model_runs.outcome import failed_tests, steps_failure
from reconciler.providers.model_runs.responses import SUCCESS, Run, RunStep, TestResult, iso
from reconciler.providers.model_runs.run_list import RunList

KIND = "ModelRun"
PARALLEL = 8
"""Steps whose test results are read at once: there is one request for each."""


class Reads:
    """GETs only; every method returns plain values of the core."""

    def __init__(self, client: Client, now: Callable[[], float]) -> None:
        self.client = client
        self.now = now

    def prefetch(self, resources: Sequence[Resource]) -> RunsPrefetched:
        """The list of runs, read as far as it is needed, and the manifests that clash."""
        wanted = {str(each.address): Selection.of(each.spec) for each in resources}
        clashes = {
            name: sorted(other for other in wanted if other != name and mine.clashes(wanted[other]))
            for name, mine in wanted.items()
        }
        clashes = {name: others for name, others in clashes.items() if others}
        return RunsPrefetched(RunList(self.client.list_runs()), clashes)

    def find(self, resource: Resource, prefetched: Prefetched | None) -> Live | None:
        """The newest run of the manifest's selection, with what the manifest requires of it."""
        spec = {key: resource.spec[key] for key in KEYS if key in resource.spec}
        runs: Iterable[Run] = (
            prefetched.runs if isinstance(prefetched, RunsPrefetched) else self.client.list_runs()
        )
        run = next(self.matching(Selection.of(spec), runs), None)
        if run is None:
            return None
        return Live(
            kind=KIND,
            id=run.id,
            name=resource.address.name,
            # What it ran is what the manifest says: that is how it was found.
            spec=spec,
            facts=self._facts(run, resource.spec),
        )

    def _facts(self, run: Run, spec: SpecPart) -> RunFacts:
        facts = RunFacts(
            status=run.status,
            created=iso(run.created_at),
            began=iso(run.began),
            finished=iso(run.finished_at),
            error=_first_line(run.error_message),
            too_old=self._too_old(run, spec.get("maxAge")),
        )
        return self._with_steps(facts, run, Gate.of(spec)) if run.status == SUCCESS else facts

    def _with_steps(self, facts: RunFacts, run: Run, gate: Gate) -> RunFacts:
        steps = self.client.list_steps(run.id)
        failure = steps_failure(run, steps)
        if failure or not gate.tests:
            return replace(facts, steps_failure=failure)
        tests = self.tests(run.id, steps)
        failed = failed_tests(steps, tests)
        return replace(
            facts,
            failed_tests=tuple(f"{test.test_name} on {step.model_name}" for step, test in failed),
            no_tests=not gate.allow_no_tests and not any(tests.values()),
        )

    def matching(self, selection: Selection, runs: Iterable[Run]) -> Iterator[Run]:
        """The runs of a selection, newest first."""
        for run in runs:
            if selection.fits(run) and self.allowed(selection, run):
                yield run

    def allowed(self, selection: Selection, run: Run) -> bool:
        """Whether the steps of a run that fits do not contradict the selectors."""
        if selection.echoed or not selection.names:
            return True
        steps = self.client.list_steps(run.id)
        # A run that built nothing shows no model: it may be the run of any other selection.
        if not steps and run.status == SUCCESS:
            return False
        return selection.allows([step.model_name for step in steps])

    def newest(self, live: Live, count: int) -> list[Run]:
        """The newest runs of the selection of a live object, read right now."""
        selection = Selection.of(live.spec)
        return list(islice(self.matching(selection, self.client.list_runs()), count))

    def snapshot(self, live: Live) -> Any:
        """The newest run of the selection; None when it is gone."""
        found = self.newest(live, 1)
        return {"jobs": {"run": found[0].id, "status": found[0].status}} if found else None

    def tests(self, run: str, steps: Sequence[RunStep]) -> dict[str, list[TestResult]]:
        """The test results by step; only a model that was built has any."""
        built = [step.id for step in steps if step.status == SUCCESS]
        with ThreadPoolExecutor(PARALLEL, thread_name_prefix="tests") as pool:
            found = pool.map(lambda step: self.client.list_tests(run, step), built)
            return dict(zip(built, found, strict=True))

    def _too_old(self, run: Run, most: int | None) -> bool:
        # Its age is that of what it read, so it counts from its start.
        if most is None or run.began is None:
            return False
        return (datetime.fromtimestamp(self.now(), UTC) - run.began).total_seconds() > most


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]
