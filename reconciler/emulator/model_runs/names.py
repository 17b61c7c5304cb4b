"""What the name of a data model says: its place in the order, what it reads, and how it ends."""

from __future__ import annotations

import hashlib
from fnmatch import fnmatchcase

# The layers of a project: a model reads the nearest layer below it that is part of the run.
_LAYERS = (("stg_",), ("int_",), ("fct_", "dim_", "mart_"))
# What a run without model names builds, and what selectors choose from.
PROJECT = ("stg_customers", "stg_orders", "int_customer_orders", "dim_customers", "fct_churn")
_METHODS = ("tag:", "project:", "state:")

# Parts of a name that ask for a failure; all of it is real input, so that any client can.
UNKNOWN, UNCOMPILABLE, DEPRECATED = "unknown", "uncompilable", "deprecated"
BROKEN, FAILING_TEST, ERRORING_TEST = "broken", "failing_test", "erroring_test"


def wanted(given: list[str]) -> list[str]:
    """The names or selectors asked for, once each.

    The server joins them with commas into one selector, so a comma in a name parts it.
    """
    parts = [part.strip() for part in ",".join(given).split(",")]
    return list(dict.fromkeys(part for part in parts if part))


def is_plain(name: str) -> bool:
    """Whether this is a name and not a selector."""
    return not (name.startswith(_METHODS) or "*" in name or "+" in name)


def selected(parts: list[str]) -> list[str]:
    """The models that a run builds."""
    if not parts:
        return list(PROJECT)
    return list(dict.fromkeys(name for part in parts for name in _chosen(part)))


def layer_of(name: str) -> int | None:
    """The layer of a model; one without a known prefix stands alone."""
    own = name.rpartition(".")[2]
    return next((n for n, prefixes in enumerate(_LAYERS) if own.startswith(prefixes)), None)


def tier_of(name: str) -> int:
    """Where the model comes in the order of steps."""
    return layer_of(name) or 0


def dependencies(models: list[str]) -> dict[str, list[str]]:
    """What each of the run's models reads of the others."""
    layers: dict[int, list[str]] = {}
    for model in sorted(models):
        layer = layer_of(model)
        if layer is not None:
            layers.setdefault(layer, []).append(model)
    below = {held: max((n for n in layers if n < held), default=None) for held in layers}
    nearest = {model: below.get(layer_of(model) or 0) for model in models}
    return {model: [] if n is None else layers[n] for model, n in nearest.items()}


def sql_of(name: str, upstream: list[str], target: tuple[str, str], full_refresh: bool) -> str:
    """The statement that builds the model in its catalog and schema."""
    catalog, schema = target
    own = name.rpartition(".")[2]
    sources = [_quoted(catalog, schema, model) for model in upstream]
    sources = sources or [_quoted(catalog, "raw", own.partition("_")[2] or own)]
    fresh = full_refresh or not is_incremental(name)
    part = "" if fresh else "\nwhere updated_at >= cast(var('start_date') as timestamp)"
    head = f"create or replace table {_quoted(catalog, schema, name)} as\n"
    return head + "\nunion all by name\n".join(f"select * from {src}{part}" for src in sources)


def is_incremental(name: str) -> bool:
    """Whether a run without a full refresh only adds what is new."""
    return name.rpartition(".")[2].startswith("fct_")


def size_of(name: str) -> int:
    """How many rows the model has: invented, and the same on every run."""
    return 100 + int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % 9_900


def _chosen(part: str) -> list[str]:
    if is_plain(part):
        return [part]
    if part.startswith(_METHODS):
        return list(PROJECT)
    if "*" in part:
        return [model for model in PROJECT if fnmatchcase(model, part.strip("+"))]
    return _with_neighbours(part)


def _with_neighbours(part: str) -> list[str]:
    """``+model`` takes what it reads along, ``model+`` what reads it."""
    name, tier = part.strip("+"), tier_of(part.strip("+"))
    above = [m for m in PROJECT if part.startswith("+") and tier_of(m) < tier]
    below = [m for m in PROJECT if part.endswith("+") and tier_of(m) > tier]
    return [*above, *([name] if name else []), *below]


def _quoted(*names: str) -> str:
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)
