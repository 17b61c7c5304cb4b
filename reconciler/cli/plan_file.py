"""Saved plans on disk: written once, readable by their owner only, marked when they are used."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from reconciler.cli.output_file import refuse_target
from reconciler.cli.redact import OUTPUT
from reconciler.core.saved_plan import SavedPlan, dump, load_plan
from reconciler.desired.discover import SUFFIXES
from reconciler.errors import SettingsError, StalePlanError
from reconciler.regular_file import open_regular

LARGEST = 256 * 2**20


def is_plan_file(paths: tuple[Path, ...]) -> bool:
    """Whether the arguments name one saved plan, and not manifests; a plan may have any name."""
    if len(paths) != 1 or paths[0].suffix.lower() in SUFFIXES:
        return False
    return paths[0].suffix == ".json" or _begins_like_json(paths[0])


def _begins_like_json(path: Path) -> bool:
    try:
        with open_regular(path) as file:
            return bool(file.read(1) == b"{")
    except OSError:
        return False


def write_plan(saved: SavedPlan, path: Path) -> None:
    """Put it there in one piece, mode 0600, whatever was there before."""
    text = dump(saved)
    if OUTPUT.clean(text) != text:
        raise SettingsError(
            "the plan holds a token, and is not saved",
            "Look for an object of the platform whose texts repeat the token of this run.",
        )
    refuse_target(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        # Line ends as they are: the file must come back byte for byte.
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        beside.replace(path)
    except OSError as error:
        raise SettingsError(
            f"cannot write {path}: {error.strerror}", "Name another --out."
        ) from error
    finally:
        with suppress(OSError):
            beside.unlink()


def read_plan(path: Path) -> SavedPlan:
    """The saved plan; StalePlanError when it is none."""
    try:
        if path.exists() and not path.is_file():
            raise StalePlanError(f"{path} is not a file", "Name a saved plan.")
        if path.stat().st_size > LARGEST:
            raise StalePlanError(f"{path} is too large for a saved plan", "Name the right file.")
        return load_plan(path.read_bytes().decode())
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise StalePlanError(
            f"cannot read {path}: {reason}", "Name a plan that was saved."
        ) from error


def mark_applied(saved: SavedPlan, path: Path) -> None:
    """Note in the file that it was used; a read-only file stays as it is.

    The preconditions refuse a second use anyway; this only gives the better message.
    """
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    try:
        write_plan(replace(saved, applied=now), path)
    except SettingsError:
        return
