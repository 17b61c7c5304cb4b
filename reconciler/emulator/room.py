"""What makes one emulated API a room of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import flask
from flask import Blueprint

from reconciler.emulator.options import Options
from reconciler.emulator.refusal import Refusal


@dataclass(frozen=True)
class Room:
    """One emulated API: where it is mounted, how it knows its callers, how it says no."""

    prefixes: tuple[str, ...]
    blueprints: tuple[Blueprint, ...]
    caller: Callable[[Options, flask.Request], str]
    """The name of the caller, or a Refusal of 401."""
    refuse: Callable[[Refusal], flask.Response]
    """A refusal in the error shape of this API."""
