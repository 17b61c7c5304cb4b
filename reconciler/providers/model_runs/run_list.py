"""The list of runs, shared by all manifests of one plan."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock

from reconciler.errors import ApiError
from reconciler.providers.model_runs.responses import Run


class RunList:
    """A list that several threads read, each from its start; pages are read once, as needed."""

    def __init__(self, source: Iterator[Run]) -> None:
        self._source = source
        self._read: list[Run] = []
        self._broken: ApiError | None = None
        self._lock = Lock()

    def __iter__(self) -> Iterator[Run]:
        place = 0
        while True:
            with self._lock:
                run = self._at(place)
            if run is None:
                return
            yield run
            place += 1

    def _at(self, place: int) -> Run | None:
        if place < len(self._read):
            return self._read[place]
        if self._broken:
            # A list that broke off has no end: it must not look like a short one.
            raise self._broken
        try:
            run = next(self._source, None)
        except ApiError as error:
            self._broken = error
            raise
        self._read += [run] if run else []
        return run
