"""Usage errors that say what the user was looking for."""

from __future__ import annotations

import click

SAFE_ANSWERS = {
    "--dry-run": "that is `reconciler plan`, which only reads.",
    "--check": "that is `reconciler plan --detailed-exitcode`, which only reads.",
    "--diff": "that is `reconciler plan`, which only reads.",
    "--refresh-only": "that is `reconciler drift`, which only reads.",
    "--yes": "to apply without a question, write --auto-approve.",
    "-y": "to apply without a question, write --auto-approve.",
    "--force": "no option overrides every check; each message names the one for it.",
    "--destroy": "an apply deletes nothing but what left the manifests, and only with --prune.",
}
"""Options of other tools, and what to use here."""

CHANGING = frozenset(
    {"--auto-approve", "--prune", "--allow-mass-change", "--allow-rollback", "--retry-failed"}
)
"""Options that widen what a run may change: never offered for a misspelt one."""


def clarified(error: click.UsageError) -> click.UsageError:
    """The same error, with a safe answer for an option of another tool."""
    if not isinstance(error, click.NoSuchOption):
        return error
    answer = SAFE_ANSWERS.get(error.option_name)
    message = f"No such option {error.option_name!r}: {answer}" if answer else None
    near = [each for each in error.possibilities or () if each not in CHANGING]
    return click.NoSuchOption(error.option_name, message, near if not answer else None, error.ctx)
