"""The lines of a batch's results against its input: which requests were answered, and how often.

A platform's counts are not relied on: an output can lack a line, hold one twice, or hold refusals
that no count shows.  Files are read line by line, so that only the names of requests are in memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

ERRORS_KEPT = 20
"""Failed lines that are kept for people."""
LINE_SHOWN = 200
NAMES_KEPT = 3
BLOCK = 2**20


@dataclass(frozen=True, slots=True)
class Tally:
    """What the files of results hold; ``missing``, ``repeated`` and ``unknown`` are custom_ids.

    ``failed`` counts requests without a good answer, ``missing`` ones included.  ``errors`` are
    the first failed lines for people, ``cut_off`` says that a file ends in half a line.
    ``defect_known`` is the defect that a record remembers.
    """

    total: int = 0
    answered: int = 0
    failed: int = 0
    missing: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    cut_off: bool = False
    defect_known: str = ""

    @property
    def defect(self) -> str:
        """Why these lines cannot be the results of the input; '' when each request has one."""
        if self.cut_off or self.defect_known:
            return self.defect_known or "the results end in half a line"
        for names, what in (
            (self.missing, "have no line in the results"),
            (self.repeated, "have more than one answer"),
            (self.unknown, "are answered and not in the input"),
        ):
            if names:
                return f"{len(names)} of {self.total} requests {what} ({named(names)})"
        return ""


def tally(requests: Iterable[str] | None, attempts: Iterable[Iterable[Iterable[bytes]]]) -> Tally:
    """Count the lines of the result files of each attempt at an input.

    ``requests`` are the custom_ids, None if not known.  A request that has a good answer is
    answered, whatever else is said of it: the platform does not document which of the two files
    of a batch holds a refusal, a refusal may be in both, and a later attempt may answer it.
    """
    answers: dict[str, int] = {}
    refused: dict[str, str] = {}
    cut_off = False
    for files in attempts:
        counts: dict[str, int] = {}
        for record in (each for file in files for each in records(file)):
            if record is None:
                cut_off = True
            elif error := refusal(record):
                name = name_of(record)
                refused[name] = f"{name}: {error}"[:LINE_SHOWN]
            else:
                name = name_of(record)
                counts[name] = counts.get(name, 0) + 1
        answers |= {name: max(count, answers.get(name, 0)) for name, count in counts.items()}
    known = dict.fromkeys(requests) if requests is not None else {**answers, **refused}
    failed = [name for name in known if name not in answers]
    return Tally(
        total=len(known),
        answered=len(known) - len(failed),
        failed=len(failed),
        missing=tuple(name for name in failed if name not in refused),
        repeated=tuple(name for name, count in answers.items() if count > 1 and name in known),
        unknown=tuple(name for name in {**answers, **refused} if name not in known),
        errors=tuple(refused[name] for name in failed if name in refused)[:ERRORS_KEPT],
        cut_off=cut_off,
    )


def answered_names(files: Iterable[Iterable[bytes]]) -> set[str]:
    """The custom_ids that have a good answer."""
    found = (record for file in files for record in records(file) if record is not None)
    return {name_of(record) for record in found if not refusal(record)}


def name_of(record: Mapping[str, Any]) -> str:
    """The custom_id of a line."""
    return str(record.get("custom_id"))


def records(lines: Iterable[bytes]) -> Iterator[dict[str, Any] | None]:
    """The records of JSON Lines; None for a line that is not one, which a cut-off file ends in."""
    for line in lines:
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        yield record if isinstance(record, dict) else None


def refusal(record: Mapping[str, Any]) -> str:
    """Why a line is no answer: ``400: too long``; '' when it is one."""
    error, response = record.get("error"), record.get("response")
    if isinstance(error, dict):
        return f"{error.get('code')}: {error.get('message')}"
    if error:
        return str(error)
    if not isinstance(response, dict):
        return "no answer"
    status = response.get("status_code", 200)
    if isinstance(status, int) and 200 <= status < 300:
        return ""
    body = response.get("body")
    reason = body.get("error") if isinstance(body, dict) else None
    message = reason.get("message") if isinstance(reason, dict) else body
    return f"{status}: {message}"


def failed_lines(lines: Iterable[bytes]) -> Iterator[str]:
    """The failed lines of a result file for people: which request, and why it has no answer."""
    for record in records(lines):
        if record is not None and (error := refusal(record)):
            yield f"{name_of(record)}: {error}"[:LINE_SHOWN]


def request_names(lines: Iterable[bytes]) -> Iterator[str]:
    """The custom_ids of an input, in order."""
    for record in records(lines):
        if record is not None:
            yield name_of(record)


def lines_of(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a stream that can only be read in blocks."""
    rest = b""
    while block := stream.read(BLOCK):
        *whole, rest = (rest + block).split(b"\n")
        yield from (line + b"\n" for line in whole)
    if rest:
        yield rest


def named(names: tuple[str, ...], text: Callable[[str], str] = str) -> str:
    """The first few of many names."""
    more = f" and {len(names) - NAMES_KEPT} more" if len(names) > NAMES_KEPT else ""
    return ", ".join(map(text, names[:NAMES_KEPT])) + more
