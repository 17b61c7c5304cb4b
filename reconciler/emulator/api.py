"""What the emulator needs to know of one API that it serves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import flask
from flask import Blueprint

from reconciler.emulator.options import Options
from reconciler.emulator.refusal import Refusal
from reconciler.emulator.world import World


@dataclass(frozen=True)
class Api:
    """One emulated API: where it is mounted, how it knows its callers, how it says no."""

    prefixes: tuple[str, ...]
    blueprints: tuple[Blueprint, ...]
    caller: Callable[[Options, flask.Request], str]
    """The name of the caller, or a Refusal of 401."""
    refuse: Callable[[Refusal], flask.Response]
    """A refusal in the error shape of this API."""
    seed: Callable[[World], None] = lambda world: None
    """Fills a fresh installation with what the API has from the start."""
