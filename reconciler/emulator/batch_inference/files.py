"""Files of batches: /v1/files, their contents, and what a batch writes."""

from __future__ import annotations

import flask
from flask import Blueprint

from reconciler.emulator.answers import answer
from reconciler.emulator.batch_inference.limits import limits
from reconciler.emulator.batch_inference.pages import page
from reconciler.emulator.fields import Field, Tolerant, loose, one_of, read, whole
from reconciler.emulator.inputs import query
from reconciler.emulator.lists import NEWEST_FIRST, OLDEST_FIRST, listed
from reconciler.emulator.refusal import Refusal, invalid
from reconciler.emulator.store import Doc
from reconciler.emulator.world import World, caller, current

batch_files = Blueprint("batch_files", __name__)

INPUT, OUTPUT = "batch", "batch_output"
_KIND = "inferenceFiles"
_DEFAULT_PAGE, _LARGEST_PAGE = 1_000, 10_000
# What files are kept for after the job that used or made them has ended.
KEPT = 30 * 86_400
_UPLOAD = Tolerant(
    {
        "purpose": Field(one_of(INPUT)),
        # Beyond the page, sent by the official client.
        "expires_after[anchor]": Field(one_of("created_at")),
        "expires_after[seconds]": Field(loose(whole(3_600, 2_592_000))),
    }
)


_ORDERS = {"asc": OLDEST_FIRST, "desc": NEWEST_FIRST}


@batch_files.get("/v1/files")
def list_files() -> flask.Response:
    """The caller's files, newest first unless asked otherwise."""
    taken = Field(lambda value: value)
    given = query(
        {
            "limit": Field(whole(1, _LARGEST_PAGE)),
            "order": Field(one_of(*_ORDERS)),
            "after": taken,
            "purpose": taken,
        }
    )
    files = [doc for doc in current().store.all(_KIND) if _is_seen(doc)]
    if "purpose" in given:
        files = [doc for doc in files if doc["purpose"] == flask.request.args["purpose"]]
    order = _ORDERS.get(given.get("order", ""))
    return page(listed(files, order), _shown, given.get("limit", _DEFAULT_PAGE))


@batch_files.post("/v1/files")
def upload_file() -> flask.Response:
    """Keep a file; what is in it is looked at when a batch is made of it."""
    sent = flask.request.files.get("file")
    if sent is None:
        raise invalid({"file": "is required, as a part of multipart/form-data"})
    given = read(_UPLOAD, flask.request.form.to_dict())
    content = sent.stream.read()
    if len(content) > limits(current())["bytes"]:
        raise invalid({"file": f"is larger than {limits(current())['bytes']} bytes"})
    name = current().quirks.file_name(sent.filename or "upload.jsonl")
    doc = new_file(current(), caller(), name, content, INPUT)
    seconds = given.get("expires_after[seconds]")
    if seconds is not None:
        doc = current().store.change(_KIND, doc, expires=doc["created"] + seconds)
    return answer(_shown(doc))


@batch_files.get("/v1/files/<file_id>")
def get_file(file_id: str) -> flask.Response:
    """One file."""
    return answer(_shown(visible_file(file_id)))


@batch_files.delete("/v1/files/<file_id>")
def delete_file(file_id: str) -> flask.Response:
    """Remove a file; a batch that was made of it goes on."""
    current().store.drop(_KIND, visible_file(file_id)["id"])
    return answer({"id": file_id, "object": "file", "deleted": True})


@batch_files.get("/v1/files/<file_id>/content")
def get_content(file_id: str) -> flask.Response:
    """The lines of a file."""
    content = current().store.blob(visible_file(file_id)["digest"])
    return flask.Response(content, mimetype="application/jsonl")


def new_file(world: World, user: str, name: str, content: bytes, purpose: str) -> Doc:
    """Store a file."""
    return world.store.put(
        _KIND,
        {
            "id": f"file-{world.store.new_id(_KIND)}",
            "user": user,
            "filename": name,
            "digest": world.store.keep(content),
            "bytes": len(content),
            "purpose": purpose,
            "created": world.clock(),
            "expires": None,
        },
    )


def keep_until(world: World, file_id: str, moment: float) -> None:
    """Say when a file goes, if it is there and nobody said so before."""
    doc = world.store.get(_KIND, file_id)
    if doc and doc["expires"] is None:
        world.store.change(_KIND, doc, expires=moment)


def visible_file(file_id: str) -> Doc:
    """The caller's file, or 404."""
    doc = current().store.get(_KIND, file_id)
    if doc is None or not _is_seen(doc):
        raise Refusal(404, f"No such File object: {file_id}", param="id")
    return doc


def _is_seen(doc: Doc) -> bool:
    gone = doc["expires"] is not None and doc["expires"] <= current().clock()
    return doc["user"] == caller() and not gone


def _shown(doc: Doc) -> Doc:
    return {
        "id": doc["id"],
        "object": "file",
        "bytes": doc["bytes"],
        "created_at": int(doc["created"]),
        "filename": doc["filename"],
        "purpose": doc["purpose"],
        "status": "processed",
        "expires_at": None if doc["expires"] is None else int(doc["expires"]),
        "status_details": None,
    }
