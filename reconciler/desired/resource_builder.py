"""One manifest to one resource: validated, files read, everything it leans on named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from reconciler.core.fileset import FileSet
from reconciler.core.kind import Kind
from reconciler.core.resource import Address, Resource
from reconciler.desired.envelope import Envelope, manifest_model
from reconciler.desired.explain import explain
from reconciler.desired.fileset import FileReader, paths_of
from reconciler.desired.ignored import ignored_problem
from reconciler.desired.manifest import Manifest
from reconciler.desired.path_problem import InputError, Keys, PathProblem, dig, undotted

_TOP_KEYS = ("spec", "metadata", "lifecycle", "dependsOn")


@dataclass(frozen=True, slots=True)
class Reference:
    """Something this manifest leans on, and the keys where it says so."""

    address: Address
    keys: Keys


class ResourceBuilder:
    """Builds one resource; ``problems`` hold all that is wrong with it.

    ``warnings`` hold what the author should know.
    """

    def __init__(self, manifest: Manifest, kind: Kind, scope: str, reader: FileReader) -> None:
        self.manifest = manifest
        self.kind = kind
        self.scope = scope
        self.problems: list[PathProblem] = []
        self.warnings: list[PathProblem] = []
        self._reader = reader
        self._spec: Any = dig(manifest.value, ("spec",))
        envelope = self._validated()
        # Read from the raw values, so that these problems show beside those of the model.
        self.references = tuple(self._references())
        files = self._files()
        self.resource = self._resource(envelope, files) if envelope else None
        if self.resource and not self.problems:
            self._check(self.resource)

    def _validated(self) -> Envelope | None:
        model = manifest_model(self.kind)
        try:
            envelope = model.model_validate(self.manifest.value)
        except ValidationError as error:
            self.problems.extend(explain(error, model))
            return None
        for index, path in enumerate(envelope.lifecycle.ignore_changes):
            at = ("lifecycle", "ignoreChanges", index)
            problem = ignored_problem(path, at, self._spec, self.kind)
            self.problems += [problem] if problem else []
        return envelope

    def _references(self) -> Iterator[Reference]:
        texts = dig(self.manifest.value, ("dependsOn",))
        for index, text in enumerate(texts if isinstance(texts, list) else ()):
            if isinstance(text, str) and (address := Address.parse(text)):
                yield Reference(address, ("dependsOn", index))
        for path, kind in self.kind.references.items():
            keys = undotted(path)
            name = dig(self._spec, keys)
            if isinstance(name, str):
                yield Reference(Address(kind, name), ("spec", *keys))

    def _files(self) -> dict[str, FileSet]:
        files: dict[str, FileSet] = {}
        for path, role in self.kind.files.items():
            keys = undotted(path)
            value = dig(self._spec, keys)
            if not paths_of(value, role) or self._faulty(("spec", *keys)):
                continue
            try:
                read = self._reader.read(value, role, self.manifest.file.source)
                files[path] = read.files
                self.warnings += [each.under("spec", *keys) for each in read.warnings]
            except InputError as error:
                self.problems += [each.under("spec", *keys) for each in error.problems]
        return files

    def _faulty(self, keys: Keys) -> bool:
        return any(problem.keys[: len(keys)] == keys for problem in self.problems)

    def _resource(self, envelope: Envelope, files: Mapping[str, FileSet]) -> Resource:
        return Resource(
            address=Address(self.kind.name, envelope.metadata.name),
            spec=envelope.spec.written(),
            id=envelope.metadata.id,
            user_provided_id=envelope.metadata.user_provided_id,
            lifecycle=envelope.lifecycle.value(),
            depends_on=tuple(sorted({each.address for each in self.references})),
            files=files,
            formerly=tuple(envelope.metadata.formerly),
            scope=self.scope,
        )

    def _check(self, resource: Resource) -> None:
        for problem in self.kind.check(resource, self.scope):
            keys = undotted(problem.path)
            if keys and keys[0] not in _TOP_KEYS:
                keys = ("spec", *keys)
            self.problems.append(PathProblem(problem.code, problem.message, problem.hint, keys))
