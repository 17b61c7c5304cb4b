"""What a request says: its JSON body, its form, its query, each held to a table of fields."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import flask
from werkzeug.datastructures import FileStorage

from reconciler.emulator.fields import (
    Field,
    Fields,
    blank_as_null,
    blank_refused,
    loose,
    read,
    whole,
)
from reconciler.emulator.options import LARGEST_PAGE
from reconciler.emulator.refusal import Refusal, invalid
from reconciler.emulator.world import current

WINDOW = {
    # The pages mark both as required; the official client sends neither, so both have defaults.
    "offset": Field(whole(least=0)),
    "limit": Field(whole(least=1, most=LARGEST_PAGE)),
}


@dataclass(frozen=True)
class Form:
    """A form or the JSON object sent in its place: clean values, and the files by field."""

    values: dict[str, Any]
    files: list[tuple[str, FileStorage]]

    def of(self, *names: str) -> list[FileStorage]:
        """The files sent under any of these field names, in order."""
        return [file for name, file in self.files if name in names]


def json_body(fields: Fields) -> dict[str, Any]:
    """The JSON object of the request; an absent body is an empty object."""
    return read(fields, _json())


def form_body(fields: Fields, files: tuple[str, ...], lists: tuple[str, ...] = ()) -> Form:
    """The multipart form of the request.

    JSON is taken too: one provider sends a version without files, and the official client an
    environment version by image address, as JSON although the pages declare a form.
    """
    declared = blank_as_null(fields) if current().quirks.blank_is_null else blank_refused(fields)
    request = flask.request
    if request.mimetype == "application/json" or not request.content_length:
        return Form(read(declared, _json()), [])
    # A urlencoded form is refused too: the pages declare multipart/form-data alone.
    if request.mimetype != "multipart/form-data":
        raise Refusal(415, "The body must be multipart/form-data.")
    sent = [(name, file) for name, file in request.files.items(multi=True)]
    if not sent and not request.form:
        raise Refusal(400, "The body is not valid multipart/form-data.")
    wrong = {name: f"{name} is not allowed key" for name, _ in sent if name not in files}
    if wrong:
        raise invalid(wrong)
    return Form(read(declared, _form(lists)), sent)


def query(fields: Fields, status: int = 422) -> dict[str, Any]:
    """The parameters of the query string; one that is not declared is refused.

    Values arrive as text in the spelling of the caller's language, ``True`` as well as ``true``.
    """
    unknown = [name for name in flask.request.args if name not in fields and name not in WINDOW]
    if unknown:
        errors = {name: f"{name} is not allowed key" for name in unknown}
        raise Refusal(status, "Invalid field data", errors)
    return _parameters(fields, status)


def window(status: int = 422) -> dict[str, Any]:
    """The part of a list that the query asks for."""
    return _parameters(WINDOW, status)


def _parameters(fields: Fields, status: int) -> dict[str, Any]:
    declared = {name: Field(loose(f.check), f.required, f.null) for name, f in fields.items()}
    given = {name: flask.request.args[name] for name in fields if name in flask.request.args}
    try:
        return read(blank_as_null(declared), given)
    except Refusal as refused:
        raise Refusal(status, refused.message, refused.errors) from refused


def _form(lists: tuple[str, ...]) -> dict[str, Any]:
    form = flask.request.form
    repeated = [name for name in form if len(form.getlist(name)) > 1 and name not in lists]
    if repeated:
        raise invalid(dict.fromkeys(repeated, "is given more than once"))
    return {name: form.getlist(name) if name in lists else form[name] for name in form}


def _json() -> object:
    content = flask.request.get_data()
    if not content:
        return {}
    if not flask.request.is_json:
        raise Refusal(415, "The body must be application/json.")
    try:
        given = json.loads(content, parse_constant=_refuse_constant)
        # Half a surrogate pair is legal in JSON and in no other text that the emulator writes.
        if b"\\ud" in content.lower():
            json.dumps(given, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as wrong:
        raise Refusal(400, "The body is not valid JSON.") from wrong
    return given


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
