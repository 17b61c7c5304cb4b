"""The quirks of one emulator: the one interface through which the rest of it asks for them."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from reconciler.emulator.durations import seconds
from reconciler.emulator.quirks.quirk import Quirk
from reconciler.emulator.quirks.table import QUIRKS

if TYPE_CHECKING:
    from werkzeug.wrappers import Request, Response

    from reconciler.emulator.faults import Fault
    from reconciler.emulator.store import Doc
    from reconciler.emulator.world import World


class QuirkSet:
    """The active quirks, in the order of the table."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        """Read ``name`` or ``name=duration``.  Raises ValueError that names the problem."""
        chosen = {quirk.name: quirk for quirk in map(parse, texts)}
        self._quirks = tuple(chosen[known.name] for known in QUIRKS if known.name in chosen)

    def __str__(self) -> str:
        return ", ".join(
            quirk.name if quirk.default is None else f"{quirk.name}={quirk.seconds:g}s"
            for quirk in self._quirks
        )

    @property
    def oldest_first(self) -> bool:
        """Whether a list without an order of the request starts with the oldest object."""
        return any(quirk.oldest_first for quirk in self._quirks)

    @property
    def blank_is_null(self) -> bool:
        """Whether an empty field of a form stands for null."""
        return all(quirk.blank_is_null for quirk in self._quirks)

    def fault(self, request: Request) -> Fault | None:
        """The failure of this request, unless a test control plans one."""
        faults = (quirk.fault(request) for quirk in self._quirks)
        return next((fault for fault in faults if fault), None)

    def admit(self, world: World, request: Request) -> None:
        """Raise the Refusal of a request whose caller is known."""
        for quirk in self._quirks:
            quirk.admit(world, request)

    def lists(self, world: World, request: Request, doc: Doc) -> bool:
        """Whether the list that a request asks for shows a stored document."""
        return all(quirk.lists(world, request, doc) for quirk in self._quirks)

    def new_version(self, version: Doc, basis: Doc | None) -> Doc:
        """A new model version as it is stored; ``basis`` is the one that it starts from."""
        for quirk in self._quirks:
            version = quirk.new_version(version, basis)
        return version

    def change_version(self, frozen: bool) -> None:
        """Raise the Refusal of a change to the metadata of a model version."""
        for quirk in self._quirks:
            quirk.change_version(frozen)

    def file_name(self, path: str) -> str:
        """The path or name under which an uploaded file is stored."""
        for quirk in self._quirks:
            path = quirk.file_name(path)
        return path

    def username(self, name: str, known: tuple[str, ...]) -> str:
        """The user whom a request names."""
        for quirk in self._quirks:
            name = quirk.username(name, known)
        return name

    def answer(self, world: World, path: str, response: Response) -> None:
        """Change a successful answer in place; ``path`` is that of the request."""
        if not self._quirks or response.status_code >= 400:
            return
        if response.mimetype == "application/json":
            body = json.loads(response.get_data())
            for quirk in self._quirks:
                body = quirk.shape(body, world.options.usernames)
            response.set_data(json.dumps(body))
        for quirk in self._quirks:
            quirk.convert(path, response)


def usage(quirk: type[Quirk]) -> str:
    """How an option names a quirk, with the default of its duration: ``lag=5s``."""
    return quirk.name if quirk.default is None else f"{quirk.name}={quirk.default:g}s"


def parse(text: str) -> Quirk:
    """The quirk that ``name`` or ``name=duration`` means.

    Raises ValueError for an unknown name, with the nearest that exists, and for a wrong value.
    """
    name, given, value = text.partition("=")
    known = {quirk.name: quirk for quirk in QUIRKS}
    if name not in known:
        nearest = difflib.get_close_matches(name, known, n=1, cutoff=0)[0]
        raise ValueError(f"unknown quirk {name!r}; the nearest name is {nearest!r}")
    quirk = known[name]
    if not given:
        return quirk(quirk.default or 0.0)
    if quirk.default is None:
        raise ValueError(f"quirk {name!r} takes no value")
    return quirk(seconds(value))
