"""Names in the place of the emulator's ids, so that expected files can be read and stay the same.

Parallel steps get their ids in any order; ``{CustomModel/churn 1.1}`` is the same on every run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

# Ids of batches and their files have a word before, and files of results are named after them.
_ID = re.compile(r"(?<![0-9A-Za-z])(?:batch_|file-)?[0-9a-f]{24}(?![0-9A-Za-z])")
_NAME = re.compile(r"\{([A-Z][A-Za-z]+/[^{}\"]+)\}")
_OWNER = re.compile(r"\[reconciler owner=([^\s\]]+)")
_FINGERPRINT = re.compile(r'("precondition": "sha256:)[0-9a-f]{64}"')
_DIGEST = re.compile(r'((?:Digest|digest"|current plan|, not)\W* (?:is )?["`]?sha256:)[0-9a-f]{64}')

_TIME = re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")


class Names:
    """The name of every id that was ever seen; the first name of an id stays."""

    def __init__(self) -> None:
        self._of: dict[str, str] = {}

    def learn(self, state: dict[str, list[dict[str, Any]]]) -> None:
        """Take in what the emulator holds now."""
        for kind, collection in (
            ("ExecutionEnvironment", "environments"),
            ("CustomModel", "models"),
            ("RegistryModel", "registryModels"),
        ):
            for doc in state.get(collection, ()):
                self._call(doc["id"], f"{kind}/{known_as(doc)}")
        for doc, name in self._children(state):
            self._call(doc["id"], name)

    def hide(self, text: str) -> str:
        """The text with a name for every id, without digests (made of ids) and times."""
        named = _ID.sub(lambda found: self._shown(found[0]), _TIME.sub("(time)", text))
        return _DIGEST.sub(r"\1(digest)", _FINGERPRINT.sub(r'\1(fingerprint)"', named))

    def fill(self, text: str) -> str:
        """The text with an id for every ``{Kind/name}``."""
        ids = {name: identity for identity, name in self._of.items()}
        return _NAME.sub(lambda found: ids[found[1]], text)

    def _children(self, state: dict[str, list[dict[str, Any]]]) -> Iterator[tuple[Any, str]]:
        for place, doc in enumerate(state.get("environmentVersions", ())):
            until = state["environmentVersions"][: place + 1]
            number = sum(other["parent"] == doc["parent"] for other in until)
            yield doc, f"{self._of[doc['parent']]} version {number}"
        for doc in state.get("modelVersions", ()):
            model = self._of[doc["parent"]]
            yield doc, f"{model} {doc['versionMajor']}.{doc['versionMinor']}"
            yield from ((item, f"{model} {item['filePath']}") for item in doc["items"])
        for doc in state.get("registryVersions", ()):
            yield doc, f"{self._of[doc['parent']]} version {doc['number']}"
        yield from ((doc, f"Dataset/{doc['name']}") for doc in state.get("datasets", ()))
        yield from self._batches(state)
        for doc in state.get("deployments", ()):
            yield doc, f"Deployment/{self._shown(doc['customModelId'] or '')}"

    def _batches(self, state: dict[str, list[dict[str, Any]]]) -> Iterator[tuple[Any, str]]:
        for number, doc in enumerate(state.get("inferenceBatches", ()), 1):
            yield doc, f"Batch/{number}"
        for doc in state.get("inferenceFiles", ()):
            yield doc, f"File/{self.hide(doc['filename']).replace('{', '').replace('}', '')}"

    def _call(self, identity: str, name: str) -> None:
        if identity in self._of:
            return
        taken, number, called = set(self._of.values()), 2, name
        while called in taken:
            called, number = f"{name}#{number}", number + 1
        self._of[identity] = called

    def _shown(self, identity: str) -> str:
        return f"{{{self._of[identity]}}}" if identity in self._of else identity


def known_as(doc: dict[str, Any]) -> str:
    """The name that an object's owner gave it in git, else its display name."""
    mark = _OWNER.search(doc.get("description") or "")
    owner = doc.get("userProvidedId") or (mark[1] if mark else None)
    return str(owner).rpartition("/")[2] if owner else str(doc["name"])
