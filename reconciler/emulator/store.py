"""Documents and blobs of one emulator, in memory or written through to one SQLite file.

Documents are plain JSON dictionaries and are never changed in place: a write replaces the whole
document, so that a refused request can be undone by putting the old dictionaries back.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Doc = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    kind TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (kind, id));
CREATE TABLE IF NOT EXISTS blobs (digest TEXT PRIMARY KEY, content BLOB NOT NULL);
"""
# The counters are a document too, so that ids stay unique over a restart.
_COUNTERS = "counters"


class Store:
    """Everything one emulator remembers; one lock makes each request a transaction."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.RLock()
        self._rows: dict[str, dict[str, Doc]] = defaultdict(dict)
        self._children: dict[str, dict[str, list[str]]] = defaultdict(dict)
        self._undo: dict[str, dict[str, Doc]] = {}
        self._dirty: dict[tuple[str, str], None] = {}
        self._blobs: dict[str, bytes] = {}
        self._sequence = 0
        self._disk = _open(path) if path else None
        if self._disk:
            self._load(self._disk)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the lock; keep what was written, or nothing of it when the block raises."""
        with self._lock:
            try:
                yield
            except BaseException:
                self._roll_back()
                raise
            self._commit()

    def get(self, kind: str, doc_id: object) -> Doc | None:
        return self._rows[kind].get(doc_id) if isinstance(doc_id, str) else None

    def find(self, doc_id: str) -> Doc | None:
        """The document with this id, of whatever kind."""
        return next((rows[doc_id] for rows in self._rows.values() if doc_id in rows), None)

    def all(self, kind: str) -> list[Doc]:
        """Every document of the kind, oldest first."""
        return list(self._rows[kind].values())

    def children(self, kind: str, parent: str) -> list[Doc]:
        """The documents of the kind whose ``parent`` is this id, oldest first."""
        rows = self._rows[kind]
        return [rows[i] for i in self._children[kind].get(parent, ())]

    def last_child(self, kind: str, parent: str) -> Doc | None:
        """The newest of the documents whose ``parent`` is this id."""
        ids = self._children[kind].get(parent)
        return self._rows[kind][ids[-1]] if ids else None

    def put(self, kind: str, doc: Doc) -> Doc:
        """Insert the document, or replace the one with its id."""
        self._touch(kind, doc["id"])
        if doc["id"] not in self._rows[kind] and "parent" in doc:
            self._children[kind].setdefault(doc["parent"], []).append(doc["id"])
        self._rows[kind][doc["id"]] = doc
        return doc

    def change(self, kind: str, doc: Doc, **fields: Any) -> Doc:
        """Replace a document by itself with some fields changed."""
        return self.put(kind, {**doc, **fields})

    def drop(self, kind: str, doc_id: str) -> None:
        """Remove the document, if it is there."""
        if doc_id not in self._rows[kind]:
            return
        self._touch(kind, doc_id)
        doc = self._rows[kind].pop(doc_id)
        if "parent" in doc:
            self._children[kind][doc["parent"]].remove(doc_id)

    def new_id(self, kind: str) -> str:
        """The next identifier of the kind: 24 hexadecimal characters, the same on every run.

        Unordered on purpose: the pages promise no order, so no client may sort by id.
        """
        taken = (self.get(_COUNTERS, kind) or {"n": 0})["n"] + 1
        self.put(_COUNTERS, {"id": kind, "n": taken})
        return hashlib.sha256(f"{kind} {taken}".encode()).hexdigest()[:24]

    def keep(self, content: bytes) -> str:
        """Remember the bytes; the answer is their SHA-256 digest."""
        digest = hashlib.sha256(content).hexdigest()
        if self._disk:
            self._disk.execute("INSERT OR IGNORE INTO blobs VALUES (?, ?)", (digest, content))
        else:
            self._blobs[digest] = content
        return digest

    def blob(self, digest: str) -> bytes:
        """The bytes of a digest that ``keep`` gave."""
        if not self._disk:
            return self._blobs[digest]
        row = self._disk.execute("SELECT content FROM blobs WHERE digest = ?", (digest,)).fetchone()
        return bytes(row[0])

    def dump(self) -> dict[str, list[Doc]]:
        """Every document by kind, oldest first; contents are named by their digests."""
        kinds = sorted(kind for kind, rows in self._rows.items() if rows and kind != _COUNTERS)
        return {kind: self.all(kind) for kind in kinds}

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            for held in (self._rows, self._children, self._undo, self._dirty, self._blobs):
                held.clear()
            if self._disk:
                self._disk.execute("DELETE FROM documents")
                self._disk.execute("DELETE FROM blobs")
                self._disk.commit()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._disk:
                self._disk.close()

    def _touch(self, kind: str, doc_id: str) -> None:
        if kind not in self._undo:
            self._undo[kind] = dict(self._rows[kind])
        self._dirty[kind, doc_id] = None

    def _roll_back(self) -> None:
        for kind, rows in self._undo.items():
            self._rows[kind] = rows
            self._index(kind)
        self._undo.clear()
        self._dirty.clear()
        if self._disk:
            self._disk.rollback()

    def _commit(self) -> None:
        if self._disk:
            for kind, doc_id in self._dirty:
                self._write(self._disk, kind, doc_id)
            self._disk.commit()
        self._undo.clear()
        self._dirty.clear()

    def _write(self, disk: sqlite3.Connection, kind: str, doc_id: str) -> None:
        doc = self._rows[kind].get(doc_id)
        if doc is None:
            disk.execute("DELETE FROM documents WHERE kind = ? AND id = ?", (kind, doc_id))
            return
        self._sequence += 1
        disk.execute(
            "INSERT INTO documents (kind, id, seq, body) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
            (kind, doc_id, self._sequence, json.dumps(doc)),
        )

    def _index(self, kind: str) -> None:
        index: dict[str, list[str]] = {}
        for doc in self._rows[kind].values():
            if "parent" in doc:
                index.setdefault(doc["parent"], []).append(doc["id"])
        self._children[kind] = index

    def _load(self, disk: sqlite3.Connection) -> None:
        rows = disk.execute("SELECT kind, id, seq, body FROM documents ORDER BY seq")
        for kind, doc_id, self._sequence, body in rows:
            self._rows[kind][doc_id] = json.loads(body)
        for kind in list(self._rows):
            self._index(kind)


def _open(path: Path) -> sqlite3.Connection:
    try:
        return _prepared(sqlite3.connect(path, check_same_thread=False, timeout=0))
    except sqlite3.Error as error:
        raise OSError(f"cannot use the state file {path}: {error}") from error


def _prepared(disk: sqlite3.Connection) -> sqlite3.Connection:
    # Two processes on one file would each trust their own memory, so the second is refused; and a
    # killed process (not a lost machine) is all that the file has to survive.
    disk.execute("PRAGMA locking_mode = EXCLUSIVE")
    disk.execute("PRAGMA synchronous = OFF")
    disk.executescript(_SCHEMA)
    disk.commit()
    return disk
