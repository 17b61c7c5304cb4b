"""Live state: the files and batches of a manifest, and what the platform tells of its models."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from reconciler.core.resource import Live, Prefetched, Resource
from reconciler.providers.batch_inference import matching
from reconciler.providers.batch_inference import operations as api
from reconciler.providers.batch_inference.client import Client
from reconciler.providers.batch_inference.facts import BatchFacts, BatchPrefetched
from reconciler.providers.batch_inference.generation import Generation, generations
from reconciler.providers.batch_inference.input import read_input
from reconciler.providers.batch_inference.listing import Listing, Own, read_listing
from reconciler.providers.batch_inference.listing import own as own_of
from reconciler.providers.batch_inference.record import Memory, read_record, record_path
from reconciler.providers.batch_inference.responses import Batch
from reconciler.providers.batch_inference.result_files import all_downloaded
from reconciler.providers.batch_inference.result_lines import Tally
from reconciler.providers.batch_inference.results import (
    count_lines,
    output_path,
    partial_path,
)
from reconciler.providers.batch_inference.spec import DEFAULT_ENDPOINT, INPUT, KIND
from reconciler.providers.batch_inference.verdict import (
    COMPLETED,
    DONE,
    FAILED,
    MAX_REASONS,
    RUNNING,
    can_retry,
    complaint,
    is_running,
)


class Reads:
    """Reads only."""

    def __init__(self, client: Client, now: Callable[[], float]) -> None:
        self.client = client
        self.now = now
        self._tallies: dict[tuple[str, tuple[str, ...]], Tally | None] = {}

    def prefetch(self, resources: Sequence[Resource]) -> BatchPrefetched:
        """Models that can be asked, the inputs as read from disk, and all output paths."""
        return BatchPrefetched(
            listing=read_listing(self.client),
            active=self.client.read(api.LIST_ACTIVE_MODELS).active_models,
            configs=self.client.read(api.LIST_MODEL_CONFIG).active_models,
            inputs={
                str(each.address): read_input(
                    each.files[INPUT], each.spec.get("endpoint", DEFAULT_ENDPOINT)
                )
                for each in resources
            },
            sources={str(each.address): each.files[INPUT].source for each in resources},
            outputs={str(each.address): path for each in resources if (path := output_path(each))},
        )

    def find(self, resource: Resource, prefetched: Prefetched | None) -> Live | None:
        """What is there of this manifest: files and batches of its input, and of earlier ones."""
        owned_by, memory = matching.owner(resource), remembered(resource)
        listing = (
            prefetched.listing
            if isinstance(prefetched, BatchPrefetched)
            else read_listing(self.client)
        )
        own = own_of(listing, owned_by, {name: _digits(resource) for name in memory.ids})
        if not own.files and not own.batches and not memory.records:
            return None
        return Live(
            kind=KIND,
            id=matching.file_name(owned_by, resource.files[INPUT].entries[0]),
            name=resource.address.name,
            owner=owned_by,
            facts=self._facts(resource, own, memory, listing),
        )

    def snapshot(self, live: Live) -> Any:
        """Ids of its files and batches; how far a batch is may change while it is waited for."""
        own = self.own(live)
        if not own.files and not own.batches:
            return None
        files = sorted(file.id for file, _ in own.files)
        return {"jobs": {"files": files, "batches": sorted(batch.id for batch, _ in own.batches)}}

    def own(self, live: Live) -> Own:
        """The files and batches of a live object's owner, read right now."""
        return own_of(read_listing(self.client), live.owner or "")

    def _facts(self, resource: Resource, own: Own, memory: Memory, listing: Listing) -> BatchFacts:
        entry, digits = resource.files[INPUT].entries[0], _digits(resource)
        retries = {file.id for file, _ in own.files if matching.is_retry_file(file)}
        files = [
            file.id
            for file, found in own.files
            if found == digits and file.bytes == entry.size and file.id not in retries
        ]
        batches = [batch for batch, found in own.batches if found == digits]
        facts = BatchFacts(
            files=tuple(sorted(files)),
            batches=tuple(batch.id for batch in batches),
            running=tuple(sorted(batch.id for batch in batches if is_running(batch))),
            before=next((found for _, found in own.batches if found != digits), ""),
        )
        groups = memory.with_forgotten(generations(batches, retries))
        if not groups:
            return facts
        facts = self._with_state(facts, resource, groups, memory)
        return _with_output(facts, resource, groups, memory, listing)

    def _with_state(
        self,
        facts: BatchFacts,
        resource: Resource,
        groups: Sequence[Generation],
        memory: Memory,
    ) -> BatchFacts:
        """How the generation stands that counts: one that runs, else a good one, else the newest.

        There are several of one content after a retry; a good result stays one.
        """
        running = next((group for group in groups if any(map(is_running, group))), None)
        if running:
            return replace(facts, state=RUNNING, attempts=_ids(running))
        newest = groups[0]
        why = self._why(newest, resource, memory)
        facts = replace(
            facts,
            newest=newest[0].created_at,
            newest_why=why,
            too_old=self._is_too_old(newest[0], resource),
        )
        for group in groups:
            if not self._why(group, resource, memory):
                created = group[0].created_at
                return replace(facts, state=DONE, attempts=_ids(group), created=created)
        return replace(
            facts,
            state=FAILED,
            attempts=_ids(newest),
            created=newest[0].created_at,
            why=why,
            retryable=can_retry(newest),
        )

    def _why(self, group: Generation, resource: Resource, memory: Memory) -> str:
        """Why these batches are not what the manifest wants, with the first failed lines."""
        require = resource.spec.get("require") or {}
        count = self._tally(group, resource, memory)
        why = complaint(group, require, count)
        # Of a batch that expired, the reason is said of all lines at once.
        shown = count.errors[:MAX_REASONS] if why and count and _completed(group) else ()
        return "; ".join([why, *(line.rstrip(".") for line in shown)])

    def _tally(self, group: Generation, resource: Resource, memory: Memory) -> Tally | None:
        """What the results hold; None where nobody asks for them, and where they are gone."""
        record = memory.of(_ids(group))
        if record:
            return record.tally
        wanted = output_path(resource) or resource.spec.get("require")
        if not wanted or (len(group) == 1 and not _completed(group)):
            return None
        key = (str(resource.address), _ids(group))
        if key not in self._tallies:
            with all_downloaded(self.client, group) as files:
                self._tallies[key] = count_lines(files, resource)
        return self._tallies[key]

    def _is_too_old(self, batch: Batch, resource: Resource) -> bool:
        most = resource.spec.get("maxAge")
        return most is not None and self.now() - batch.created_at > most


def _with_output(
    facts: BatchFacts,
    resource: Resource,
    groups: Sequence[Generation],
    memory: Memory,
    listing: Listing,
) -> BatchFacts:
    """The facts of good batches with what is to be done about their output."""
    if facts.state != DONE or not _is_wanted(resource, facts.attempts, memory):
        return facts
    group = next(each for each in groups if _ids(each) == facts.attempts)
    kept = _is_kept(group, listing)
    absent = not os.path.exists(output_path(resource) or "")
    return replace(facts, fetch=kept, gone=not kept and absent)


def _is_wanted(resource: Resource, ids: tuple[str, ...], memory: Memory) -> bool:
    """Whether the output is wanted here, and is not here with its record."""
    path, record = output_path(resource), memory.complete
    if path is None:
        return False
    if record is None or record.ids != ids:
        return True
    try:
        return os.stat(path).st_size != record.output_bytes
    except OSError:
        return True


def _is_kept(group: Generation, listing: Listing) -> bool:
    """Whether the platform still has all result files: it keeps them for 30 days."""
    kept = {file.id for file in listing.files}
    names = {each for b in group for each in (b.output_file_id, b.error_file_id) if each}
    # A batch that the platform shows no more has no files either.
    return bool(names) and names <= kept


def remembered(resource: Resource) -> Memory:
    """The records of the present input beside the output."""
    path = output_path(resource)
    if path is None:
        return Memory()
    sha256 = resource.files[INPUT].entries[0].sha256
    places = (record_path(path), record_path(partial_path(path)))
    return Memory(*(read_record(place, sha256) for place in places))


def _digits(resource: Resource) -> str:
    return resource.files[INPUT].entries[0].sha256[: matching.DIGITS]


def _ids(group: Generation) -> tuple[str, ...]:
    return tuple(batch.id for batch in group)


def _completed(group: Generation) -> bool:
    return all(batch.status == COMPLETED for batch in group)
