"""The table of operations as a page: ``python -m tests.contract.operations_page`` writes it."""

from __future__ import annotations

import re
from pathlib import Path

from reconciler.emulator.app import create_app
from reconciler.providers.custom_models.client.operations import OPERATIONS
from tests.contract.operations import Row, rows
from tests.contract.other_operations import other_lines
from tests.contract.refusals import told_statuses
from tests.support.contract import Operation, operations
from tests.support.contract_transport import STATUSES
from tests.support.custom_models_api import MISSING

PAGE = Path(__file__).parent / "OPERATIONS.md"
HEAD = """\
# The operations of the four APIs

Written by `python -m tests.contract.operations_page`; a test keeps it current. The first column is
the contract. The next two come from the families' tables of operations (`operations.py` below
`reconciler/providers`): the row, and the method and path that a plan shows and the client sends,
relative to the endpoint. The statuses are the success that our call received, then every documented
refusal, caused by real input or, in brackets, by a planned fault. The custom models API comes
first, then registry, model runs and batch inference, whose client suites cause each documented
status.

| contract | row of our table | planned and sent as | emulator route | used by | statuses tested |
|---|---|---|---|---|---|
"""


def route(operation: Operation) -> str:
    """The emulator's function for the operation; NotFound and its kin where there is none."""
    path = re.sub(r"\{\w+\}", MISSING, operation.path)
    endpoint, _ = create_app().url_map.bind("emulator").match(path, method=operation.method)
    return str(endpoint)


def page() -> str:
    """The whole page."""
    table = rows()
    lines = (_line(operation, table[name]) for name, operation in operations().items())
    return HEAD + "".join(lines) + other_lines()


def _line(operation: Operation, row: Row) -> str:
    name = operation.name + (" **deprecated**" if row.deprecated else "")
    used = f"{row.product} ({row.deprecated})" if row.deprecated else row.product
    success = min(status for status in operation.statuses if status < 400)
    beyond = [str(status) for name, status in STATUSES if name == operation.name and status < 400]
    statuses = ", ".join([*beyond, str(success), *told_statuses(operation)])
    ours = OPERATIONS[row.client]
    return (
        f"| {name} | `{row.client}` | `{ours.method} {ours.path}` | `{route(operation)}` "
        f"| {used} | {statuses} |\n"
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
