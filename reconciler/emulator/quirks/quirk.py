"""What a quirk is: the points at which it can change the emulator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from werkzeug.wrappers import Request, Response

    from reconciler.emulator.faults import Fault
    from reconciler.emulator.store import Doc
    from reconciler.emulator.world import World


class Quirk:
    """One behaviour that no document promises.

    A quirk overrides the methods that it needs; as they stand here, they change nothing.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    """What is different, as the end of "With this quirk, ..."."""
    default: ClassVar[float | None] = None
    """Seconds when no value is given; None for a quirk that takes no value."""

    oldest_first: ClassVar[bool] = False
    """Whether a list without an order of the request starts with the oldest object."""
    blank_is_null: ClassVar[bool] = True
    """Whether an empty field of a form stands for null."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds

    def fault(self, request: Request) -> Fault | None:
        """The failure of this request, unless a test control plans one."""
        return None

    def admit(self, world: World, request: Request) -> None:
        """Raise the Refusal of a request whose caller is known."""

    def lists(self, world: World, request: Request, doc: Doc) -> bool:
        """Whether the list that a request asks for shows a stored document."""
        return True

    def new_version(self, version: Doc, basis: Doc | None) -> Doc:
        """A new model version as it is stored; ``basis`` is the one that it starts from."""
        return version

    def change_version(self, frozen: bool) -> None:
        """Raise the Refusal of a change to the metadata of a model version."""

    def file_name(self, path: str) -> str:
        """The path or name under which an uploaded file is stored."""
        return path

    def username(self, name: str, known: tuple[str, ...]) -> str:
        """The user whom a request names."""
        return name

    def shape(self, body: Any, users: tuple[str, ...]) -> Any:
        """The JSON of a successful answer."""
        return body

    def convert(self, path: str, response: Response) -> None:
        """Change a successful answer in place; ``path`` is that of the request."""
