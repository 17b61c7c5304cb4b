"""How a batch stands: whether it runs, and what is wrong with one that has ended."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.core.resource import SpecPart
from reconciler.providers.batch_inference.responses import Batch
from reconciler.providers.batch_inference.result_lines import Tally
from reconciler.providers.batch_inference.tokens import counted

ABSENT, RUNNING, FAILED, DONE = "absent", "running", "failed", "done"
COMPLETED, EXPIRED = "completed", "expired"
ENDED = frozenset({COMPLETED, "failed", EXPIRED, "cancelled"})
MAX_REASONS = 5


def is_running(batch: Batch) -> bool:
    """Whether it may still change; a status that we do not know is one on the way."""
    return batch.status not in ENDED


def complaint(batches: Sequence[Batch], require: SpecPart, tally: Tally | None = None) -> str:
    """Why batches that have ended are not what was wanted; '' when they are.

    The first batch ran the whole input, the others what had no answer.  ``tally`` is what all
    their result files hold; without it (they are gone, or nobody wants them) the platform's counts
    decide, which the contract does not promise.
    """
    first, last = batches[0], batches[-1]
    if len(batches) > 1:
        if tally is None:
            return _of_counts(last, {"failed": 0} | dict(require))
        every = all(batch.status == COMPLETED for batch in batches)
        why = _of_lines(tally, require if every else {"failed": 0} | dict(require))
        return f"after {len(batches)} attempts {why}" if why else ""
    if first.status == COMPLETED:
        return _of_lines(tally, require) if tally else _of_counts(first, require)
    if first.status == "failed":
        reason = "; ".join(refusals(first)[:MAX_REASONS])
        return f"the platform refused its input: {reason or 'it gave no reason'}"
    counts = first.counts
    answered = f"{counts.completed} of {counts.total} requests were answered"
    if first.status == EXPIRED:
        return f"it expired: {answered} within its completion window"
    return f"it was cancelled: {answered} before that"


def can_retry(batches: Sequence[Batch]) -> bool:
    """Whether requests without an answer may be sent again: a user's cancel and a refusal stand."""
    return all(batch.status in (COMPLETED, EXPIRED) for batch in batches)


def refusals(batch: Batch) -> list[str]:
    """What the platform says of each line of an input that it refused."""
    return [
        f"line {each.line}: {each.message}" if each.line else str(each.message or each.code)
        for each in batch.reasons
    ]


def _of_lines(tally: Tally, require: SpecPart) -> str:
    return tally.defect or _too_many_failed(tally.failed, tally.total, require)


def _of_counts(batch: Batch, require: SpecPart) -> str:
    counts = batch.counts
    if counts.completed and not batch.output_file_id:
        return f"it counts {counted(counts.completed, 'answer')}, and has no output file"
    if counts.completed + counts.failed < counts.total:
        ended = counts.completed + counts.failed
        return f"it ended with a result for {ended} of {counts.total} requests only"
    return _too_many_failed(counts.failed, counts.total, require)


def _too_many_failed(failed: int, total: int, require: SpecPart) -> str:
    allowed = require.get("failed")
    if allowed is not None and failed > allowed:
        return f"{failed} of {total} requests failed, and require.failed allows {allowed}"
    # Nothing at all is no result, unless the manifest allows that many failures.
    if total and failed == total and allowed is None:
        return f"none of {counted(total, 'request')} was answered"
    return ""
