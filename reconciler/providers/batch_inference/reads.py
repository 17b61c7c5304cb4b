"""Live state: the files and batches of a manifest, and what the platform tells of its models."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from reconciler.core.resource import Live, Prefetched, Resource
from reconciler.errors import ApiError
from reconciler.providers.batch_inference import matching
from reconciler.providers.batch_inference import operations as api
from reconciler.providers.batch_inference.client import Client
from reconciler.providers.batch_inference.facts import BatchFacts, BatchPrefetched
from reconciler.providers.batch_inference.input import read_input
from reconciler.providers.batch_inference.listing import Listing, Own, read_listing
from reconciler.providers.batch_inference.listing import own as own_of
from reconciler.providers.batch_inference.responses import Batch
from reconciler.providers.batch_inference.results import output_path
from reconciler.providers.batch_inference.spec import DEFAULT_ENDPOINT, INPUT, KIND
from reconciler.providers.batch_inference.verdict import (
    COMPLETED,
    DONE,
    FAILED,
    MAX_REASONS,
    RUNNING,
    complaint,
    failed_lines,
    is_running,
)


class Reads:
    """Reads only."""

    def __init__(self, client: Client) -> None:
        self.client = client

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
        owned_by = matching.owner(resource)
        listing = (
            prefetched.listing
            if isinstance(prefetched, BatchPrefetched)
            else read_listing(self.client)
        )
        own = own_of(listing, owned_by)
        if not own.files and not own.batches:
            return None
        return Live(
            kind=KIND,
            id=matching.file_name(owned_by, resource.files[INPUT].entries[0]),
            name=resource.address.name,
            owner=owned_by,
            facts=self._facts(resource, own, listing),
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

    def _facts(self, resource: Resource, own: Own, listing: Listing) -> BatchFacts:
        entry = resource.files[INPUT].entries[0]
        digits = entry.sha256[: matching.DIGITS]
        files = [f.id for f, found in own.files if found == digits and f.bytes == entry.size]
        batches = [batch for batch, found in own.batches if found == digits]
        facts = BatchFacts(
            files=tuple(sorted(files)),
            batches=tuple(batch.id for batch in batches),
            running=tuple(sorted(batch.id for batch in batches if is_running(batch))),
            before=next((found for _, found in own.batches if found != digits), ""),
        )
        return self._with_state(facts, resource, batches, listing) if batches else facts

    def _with_state(
        self, facts: BatchFacts, resource: Resource, batches: Sequence[Batch], listing: Listing
    ) -> BatchFacts:
        """How the one batch stands that counts: one that runs, else a good one, else the newest.

        There are several of one content after a retry; a good result stays one.
        """
        require = resource.spec.get("require") or {}
        running = next(filter(is_running, batches), None)
        if running:
            return replace(facts, state=RUNNING, batch=running.id)
        for batch in batches:
            if not complaint(batch, require, self._uncounted(batch)):
                fetch = _is_to_be_fetched(resource, batch, listing)
                created = batch.created_at
                return replace(facts, state=DONE, batch=batch.id, fetch=fetch, created=created)
        newest = batches[0]
        errors = self._errors(newest) if newest.status == COMPLETED else b""
        lines = [line.rstrip(".") for line in islice(failed_lines(errors), MAX_REASONS)]
        why = "; ".join([complaint(newest, require, errors), *lines])
        return replace(facts, state=FAILED, batch=newest.id, why=why)

    def _uncounted(self, batch: Batch) -> bytes:
        """The error file of a batch that does not count its failures; else nothing."""
        counted = batch.request_counts is not None or batch.status != COMPLETED
        return b"" if counted else self._errors(batch)

    def _errors(self, batch: Batch) -> bytes:
        try:
            return (
                self.client.read(api.GET_CONTENT, batch.error_file_id)
                if batch.error_file_id
                else b""
            )
        except ApiError as error:
            # Files go 30 days after the job, and the verdict stands without this one.
            if error.status == 404:
                return b""
            raise


def _is_to_be_fetched(resource: Resource, batch: Batch, listing: Listing) -> bool:
    """Whether the output is wanted here, is still kept there, and is not here yet.

    The platform keeps files for 30 days after the job and knows no digest of them: an output
    on disk is distinguished from one of another batch by its size.
    """
    path = output_path(resource)
    kept = [file.bytes for file in listing.files if file.id == batch.output_file_id]
    if path is None or not kept:
        return False
    try:
        return os.stat(path).st_size != kept[0]
    except OSError:
        return True
