"""The model runs provider: reads, one write, waits and day-two reads over one client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from reconciler.core.kind import Outputs
from reconciler.core.provider import Provider, Row, Watch
from reconciler.core.resource import Live, Prefetched, Resource
from reconciler.core.step import Call, Wait
from reconciler.errors import LiveStateError, SettingsError
from reconciler.providers.http import Http
from reconciler.providers.model_runs import tree
from reconciler.providers.model_runs.client import PAGE, Client
from reconciler.providers.model_runs.facts import RunsPrefetched
from reconciler.providers.model_runs.matching import Selection
from reconciler.providers.model_runs.operations import GET_RUN
from reconciler.providers.model_runs.reads import Reads
from reconciler.providers.model_runs.responses import MANUAL, PENDING, RUNNING, Run, iso
from reconciler.providers.model_runs.waits import Waits, stop_run
from reconciler.providers.recovery import look_for
from reconciler.providers.rerun import moment

SHOWN = 50
"""Runs in a history: a project's list may go back for years."""


class ModelRuns(Provider):
    """``core.provider.Provider`` for ``ModelRun``."""

    def __init__(self, http: Http) -> None:
        self.http = http
        self.client = Client(http)
        self.reads = Reads(self.client, http.outside.now)
        self.waits = Waits(self.client, self.reads, http.outside)

    def list(self, kind: str) -> Sequence[Live]:
        """Nothing: a run carries no mark, so each is found by its manifest."""
        return ()

    def find(self, resource: Resource, prefetched: Prefetched | None = None) -> Live | None:
        """The newest run of the manifest's selection."""
        return self.reads.find(resource, prefetched)

    def prefetch(self, resources: Sequence[Resource]) -> RunsPrefetched:
        """The manifests whose runs cannot be distinguished."""
        return self.reads.prefetch(resources)

    def read_details(self, resource: Resource, live: Live) -> Live:
        """The same: ``find`` tells all."""
        return live

    def snapshot(self, live: Live) -> Any:
        """The newest run of the selection, right now."""
        return self.reads.snapshot(live)

    def send(self, call: Call, resource: Resource | None) -> Outputs:
        """Trigger the run; one that another apply has triggered since the plan is taken."""
        shared = resource if not call.recovery.get("alone") else None
        for run in self._made_since(call, shared) if shared else ():
            return {"runId": run.id}
        triggered = self.client.send(call, resource).id
        self.waits.started.add(triggered)
        return {"runId": triggered}

    def recover(self, call: Call, resource: Resource | None) -> Outputs | None:
        """The run that a lost trigger made: newer than what the plan knew, equal to what was sent.

        Raises LiveStateError when there are two of them.
        """
        if resource is None:
            return None
        return look_for(lambda: self._only_made(call, resource), self.http.outside)

    def _only_made(self, call: Call, resource: Resource) -> Outputs | None:
        found = [run.id for run in self._made_since(call, resource)]
        if len(found) > 1:
            raise LiveStateError(
                f"after an answer that was lost there are {len(found)} runs equal to what was "
                f"sent: {', '.join(sorted(found))}",
                "Look at them and apply again: the newest one counts, and none is started.",
            )
        return {"runId": found[0]} if found else None

    def _made_since(self, call: Call, resource: Resource) -> Iterator[Run]:
        selection, since = Selection.of(resource.spec), moment(call.recovery.get("since"))
        for run in self.client.list_runs():
            made = run.created_at
            # The run that the plan knew may be gone from the list; nothing older is ours either.
            if run.id == call.recovery.get("known") or (since and made and made < since):
                return
            # What is asked for through the API is manual; a schedule may run the same models.
            manual = run.trigger_type in (None, MANUAL)
            if manual and selection.fits(run) and self.reads.allowed(selection, run):
                yield run

    def wait(self, wait: Wait, watch: Watch) -> Outputs:
        """The run, to its end."""
        return self.waits.wait(wait, watch)

    def logs(self, live: Live, job: str, lines: int) -> str:
        """The tree of the newest run's steps, or with ``test`` the results of their tests."""
        if job == "conversion":
            raise SettingsError("a model run has no conversion", "Ask for --build or --test.")
        steps = self.client.list_steps(live.id)
        if job == "test":
            tests = self.reads.tests(live.id, steps)
            found = (
                tree.test_line(step, test) for step in steps for test in tests.get(step.id, ())
            )
            text = "\n".join(found) or "no data test has run"
        else:
            run = self.client.read(GET_RUN, live.id)
            ended = f": {run.error_message}" if run.error_message else ""
            text = "\n".join([tree.run_log(run, steps), f"run {run.id}: {run.status}{ended}"])
        return "\n".join(text.strip("\n").splitlines()[-lines:])

    def history(self, live: Live) -> Sequence[Row]:
        """The newest runs of the selection."""
        return [_row(run) for run in self.reads.newest(live, SHOWN)]

    def cancel(self, live: Live) -> Sequence[str]:
        """Stop the runs of the selection that wait or run."""
        selection = Selection.of(live.spec)
        # The filter takes no status that the contract does not name (400), so the newest runs of
        # every status are looked at as well.
        newest = list(islice(self.client.list_runs(), PAGE))
        filtered = (run for status in (PENDING, RUNNING) for run in self.client.list_runs(status))
        found = {run.id: run for run in (*newest, *filtered) if run.under_way}
        return [
            f"run {run.id} ({stop_run(self.client, run.id).status})"
            for run in self.reads.matching(selection, iter(found.values()))
        ]

    def download(self, live: Live, target: str) -> Sequence[str]:
        """LiveStateError: a run leaves tables, not files."""
        schema = Selection.of(live.spec).schema
        raise LiveStateError(
            f"the runs of {live.name} leave no files: what they build are tables in {schema}",
            "`reconciler logs` shows what was built, `reconciler history` when.",
        )

    def requests(self) -> Mapping[str, int]:
        """Requests so far, by method."""
        return dict(self.http.counts)

    def close(self) -> None:
        """Close the connections."""
        self.http.close()


def _row(run: Run) -> dict[str, str]:
    return {
        "run": run.id,
        "status": run.status,
        "trigger": run.trigger_type or "",
        "by": run.triggered_by or "",
        "created": iso(run.created_at) or "",
        "took": tree.duration(run.started_at, run.finished_at),
        "error": run.error_message or "",
    }
