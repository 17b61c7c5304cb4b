"""The table of commands: where each is defined, its line in the help, and its section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Entry(NamedTuple):
    """One command: ``module:attribute`` below ``reconciler.cli``, and its line in the list."""

    place: str
    short_help: str


Section = Mapping[str, Entry]

SECTIONS: Mapping[str, Section] = {
    "Pull request and merge": {
        "validate": Entry("validate:validate", "Check the manifests and their files offline."),
        "plan": Entry("plan:plan", "Show what an apply would do, field by field."),
        "apply": Entry("apply:apply", "Make live match the manifests, or carry out a saved plan."),
        "drift": Entry("drift:drift", "Report what differs from git."),
    },
    "Plans and live objects": {
        "show": Entry("show:show", "Show a saved plan; one with errors can be shown, too."),
        "graph": Entry("graph:graph", "Draw what depends on what."),
        "logs": Entry("day_two:logs", "Show the end of a job's log."),
        "history": Entry("day_two:history", "List the versions of an object, newest first."),
        "cancel": Entry("day_two:cancel", "Stop the running jobs of an object."),
        "download": Entry("day_two:download", "Fetch the files of an object's newest version."),
        "forget": Entry("removal:forget", "Take the marker off live objects, which stay."),
        "destroy": Entry("removal:destroy", "Delete all live objects that this project owns."),
    },
    "Setting up": {
        "init": Entry("init:init", "Write the files of a new project."),
        "import": Entry("import_:import_", "Write manifests for live objects, or list them."),
        "convert": Entry("convert:convert", "Turn definitions of another tool into manifests."),
        "schema": Entry("schema:schema", "Write one JSON Schema per kind, for editors and CI."),
        "emulator": Entry("emulator:emulator", "Serve the platforms' APIs until interrupted."),
        "demo": Entry("demo:demo", "Show plan, apply, drift and repair on the emulator."),
    },
}
"""The lines are repeated here, so that the list of commands loads none of them."""

ENTRIES: Mapping[str, Entry] = {
    name: entry for section in SECTIONS.values() for name, entry in section.items()
}
