"""The table of operations of the toy family, and its one answer."""

from __future__ import annotations

from reconciler.providers.operation import NONE, Operation, OperationTable, listing, nothing, one
from reconciler.providers.response import Answered


class NoteAnswer(Answered):
    """A note of the platform."""

    id: str
    title: str
    text: str = ""
    owner: str = ""


NOTE = "notes/{id}"
OPERATIONS = OperationTable()
LIST_NOTES = OPERATIONS.add(listing("list_notes", "notes", NoteAnswer))
CREATE_NOTE = OPERATIONS.add(Operation("create_note", "POST", "notes", one(NoteAnswer)))
UPDATE_NOTE = OPERATIONS.add(Operation("update_note", "PATCH", NOTE, nothing))
DELETE_NOTE = OPERATIONS.add(Operation("delete_note", "DELETE", NOTE, nothing, NONE))
