"""Every command of the tool."""

from __future__ import annotations

import click

from reconciler.cli.apply import apply
from reconciler.cli.day_two import cancel, download, history, logs
from reconciler.cli.demo import demo
from reconciler.cli.drift import drift
from reconciler.cli.emulator import emulator
from reconciler.cli.graph import graph
from reconciler.cli.plan import plan
from reconciler.cli.schema import schema
from reconciler.cli.show import show
from reconciler.cli.validate import validate

ALL: tuple[click.Command, ...] = (
    validate,
    plan,
    apply,
    drift,
    show,
    graph,
    logs,
    history,
    cancel,
    download,
    schema,
    emulator,
    demo,
)
