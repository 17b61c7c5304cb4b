"""Which runs belong to a manifest: they carry no marker, so what they ran identifies them.

A response shows the target schema (as ``project_name``), whether it was a full refresh, and the
model names, but the names only where all of them are plain: of tags, methods, wildcards and graph
operators nothing is echoed, nor of a run of the whole project.

So a selection of plain names is matched exactly.  Any other can only be matched by the runs that
echo no names: those asked for through the API (a schedule has a selection of its own), whose
steps do not contradict the selectors.  Where that leaves a doubt, a run counts as ours only if
nothing speaks against it; two manifests that cannot be distinguished are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from reconciler.core.resource import SpecPart
from reconciler.core.step import Values
from reconciler.providers.model_runs.responses import MANUAL, Run

KEYS = ("projectName", "modelNames", "fullRefresh", "targetCatalog", "targetSchema")
"""The keys of the spec that say what is run; the others say when."""

CATALOG = "memory"
"""``target_catalog`` where a trigger names none."""

_SENT = {
    "projectName": "project_name",
    "modelNames": "model_names",
    "fullRefresh": "full_refresh",
    "targetCatalog": "target_catalog",
    "targetSchema": "target_schema",
}
_METHODS = ("tag:", "project:", "state:")
_GRAPH = re.compile(r"(?:\d*\+)?([^+]*)(?:\+\d*)?")


@dataclass(frozen=True, slots=True)
class Selection:
    """What a manifest wants run, in the form in which runs can be compared with it."""

    schema: str
    catalog: str
    names: frozenset[str]
    full_refresh: bool

    @classmethod
    def of(cls, spec: SpecPart) -> Selection:
        """The selection of a spec; what it leaves out has the defaults of the contract."""
        return cls(
            # The server keeps the target schema only, and gives it back as the project's name.
            schema=spec.get("targetSchema") or spec["projectName"],
            catalog=spec.get("targetCatalog") or CATALOG,
            names=frozenset(name.strip() for name in spec.get("modelNames", ())),
            full_refresh=bool(spec.get("fullRefresh", False)),
        )

    @property
    def echoed(self) -> bool:
        """Whether responses show the names: there are some, and all of them are plain."""
        return bool(self.names) and all(map(is_plain, self.names))

    def clashes(self, other: Selection) -> bool:
        """Whether runs of the one would be taken for runs of the other."""
        same = (self.schema, self.catalog, self.full_refresh)
        if same != (other.schema, other.catalog, other.full_refresh):
            return False
        if self.echoed and other.echoed:
            return self.names == other.names
        return not self.echoed and not other.echoed

    def fits(self, run: Run) -> bool:
        """Whether nothing that the run itself shows speaks against it."""
        if run.project_name != self.schema or run.full_refresh != self.full_refresh:
            return False
        # Only what the server has compiled names the catalog, and nobody promises that it does.
        if run.catalog not in (None, self.catalog):
            return False
        if self.echoed:
            return frozenset(name.strip() for name in run.model_names or ()) == self.names
        return not run.model_names and run.trigger_type in (None, MANUAL)

    def allows(self, models: Iterable[str]) -> bool:
        """Whether a run that echoed no names can have built just these models.

        A run without steps (it waits, or nothing compiled) contradicts no selector.
        """
        built = [(name, name.rpartition(".")[2]) for name in models]
        if self.echoed or not self.names or not built:
            return True
        every = {name for both in built for name in both}
        if not every >= {name for selector in self.names if (name := _named(selector))}:
            return False
        if not all(map(_is_pattern, self.names)):
            return True
        return all(any(_matches(both, pattern) for pattern in self.names) for both in built)


def trigger_body(spec: SpecPart) -> Values:
    """The body of a trigger: only what the manifest says, in the contract's names."""
    return {_SENT[key]: spec[key] for key in KEYS if key in spec}


def short(name: str) -> str:
    """A model's name without the project or package that a platform may put before it."""
    return name.strip().rpartition(".")[2].casefold()


def is_plain(name: str) -> bool:
    """Whether this is a model's name and not a selector; the server echoes only such names."""
    return not (name.startswith(_METHODS) or "+" in name or "*" in name)


def _named(selector: str) -> str:
    """The one model that a selector surely takes; '' when that cannot be said."""
    found = _GRAPH.fullmatch(selector)
    name = found[1] if found else ""
    return name if is_plain(name) else ""


def _is_pattern(selector: str) -> bool:
    return not selector.startswith(_METHODS) and "+" not in selector


def _matches(names: tuple[str, str], pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in names)
