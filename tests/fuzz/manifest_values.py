"""Random manifests out of the published JSON Schemas: every key of them, in any company.

What only a platform can tell (ids, names of users) comes from a ``Place``; what a schema cannot
say is mended by the problems that the tool itself names.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCHEMAS = {
    path.name.partition(".")[0]: json.loads(path.read_text(encoding="utf-8"))
    for path in (Path(__file__).parents[2] / "schemas").glob("*.schema.json")
}
VARIABLE = {"$ref": "#/$defs/Variable"}
TEXTS = ("a", "Böse ☃", "  ", "yes: no", '"q"', "1", "line\nline", "[reconciler owner=x/y]", "")
TARGETS = ("Binary", "Regression", "Unstructured", "Multiclass", "Anomaly", "TextGeneration")
NAMES = {
    "ExecutionEnvironment": ("e-one", "e-two"),
    "RegistryModel": ("registered",),
    "CustomModel": ("m-one", "m-two"),
    "ModelRun": ("run",),
    "BatchInference": ("smoke",),
}
FIXED: dict[str, tuple[Any, ...]] = {
    "dockerImageUri": ("ghcr.io/acme/py@sha256:" + "a" * 64,),
    "partitionColumn": ("split",),
    "timeout": ("30m", "1h"),
    "targetType": TARGETS,
    "mainProgram": ("Main.java",),
    "maximumMemory": ("1Gi", "2048Mi", 2**30),
    "fqn": ("model:acme/claims/cost",),
    "mlRepo": ("claims",),
    "modelName": ("cost",),
    "alias": ("v1",),
    "version": (">=1", "1"),
    "framework": ("sklearn",),
    "pythonVersion": ("3.11",),
    "modelNames[]": ("stg_customers", "dim_customers", "+fct_churn"),
    "maxAge": ("24h",),
    "under": ("shared/", "./a/b", "."),
    "input": ("./smoke.jsonl",),
    "output": ("./out/smoke.jsonl",),
}

ALTERNATIVES: dict[str, tuple[tuple[str, ...], ...]] = {
    "environment": (("ref",), ("id", "versionId")),
    "copyOf": (("ref",),),
    "holdoutData": (("partitionColumn",), ("datasetId",)),
    "RegistryModel": (("fqn",), ("mlRepo", "modelName")),
    "version": (("dockerContext",), ("dockerImageUri",), ("files",), ("files",), ("repository",)),
}
"""Keys of which a mapping takes one, or some together; those that its schema lacks do not count."""

NEEDED = {"targetType", "fqn", "projectName", "modelNames", "input"}
LABELS = ("positiveClassLabel", "negativeClassLabel")
ENVIRONMENT = "ExecutionEnvironment"

Document = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """What there is to name: a dataset, an environment with a version, users, folders."""

    dataset: str
    environment: str
    version: str
    users: tuple[str, ...]
    trees: tuple[str, ...] = ("./m1", "./m2", "./m3")
    contexts: tuple[str, ...] = ("./e1", "./e2")

    def choices(self, path: tuple[str, ...]) -> tuple[Any, ...]:
        """Values of a key that no schema can know; () where the schema is enough."""
        key = f"{path[-2]}[]" if path[-1] == "[]" else path[-1]
        environment, repository = "environment" in path, "repository" in path
        if key == "ref" and repository:
            return ("v1", "main")
        if key == "ref":
            registered, copied = "registryModel" in path, "copyOf" in path
            kind = "RegistryModel" if registered else "CustomModel" if copied else ENVIRONMENT
            return NAMES[kind]
        if key == "id" and (environment or repository):
            return (self.environment if environment else "5f" * 12,)
        if key == "version" and path[0] != "RegistryModel":
            return ()
        held = {
            "datasetId": (self.dataset,),
            "username": self.users,
            "root": self.trees,
            "dockerContext": self.contexts,
            "versionId": (self.version,),
        }
        return {**FIXED, **held}.get(key, ())


class Writer:
    """Writes manifests; ``level`` is how many of the optional keys they have."""

    def __init__(self, chance: random.Random, place: Place) -> None:
        self.chance = chance
        self.place = place
        self.level = chance.choice((0.15, 0.3, 0.5))

    def documents(self) -> list[Document]:
        """Some of each kind, each maybe after some of those before."""
        made: list[Document] = []
        for kind, name in ((kind, name) for kind, names in NAMES.items() for name in names):
            document = self.document(kind, name)
            if made and self.chance.random() < 0.2:
                document["dependsOn"] = [address_of(self.chance.choice(made))]
            made.append(document)
        return made

    def document(self, kind: str, name: str) -> Document:
        """One manifest, right as far as its schema goes."""
        definitions = SCHEMAS[kind]["$defs"]
        spec = self._value(definitions[f"{kind}Spec"], definitions, (kind,))
        if "name" in spec:
            spec["name"] = f"{spec['name']} {name}"
        if kind == "CustomModel":
            spec.setdefault("targetType", self.chance.choice(TARGETS))
            if not spec.keys() >= set(LABELS):
                spec = {key: value for key, value in spec.items() if key not in LABELS}
        made: Document = {
            "apiVersion": "reconciler/v1",
            "kind": kind,
            "metadata": {"name": name},
            "spec": spec,
        }
        if self.chance.random() < 0.3:
            ignored = [self.chance.choice(sorted(spec))] if spec else []
            made["lifecycle"] = {"allowReplace": True, "ignoreChanges": ignored}
        return made

    def _value(self, schema: Any, definitions: Any, path: tuple[str, ...]) -> Any:
        if "$ref" in schema:
            return self._value(definitions[schema["$ref"].split("/")[-1]], definitions, path)
        if "anyOf" in schema:
            forms = [form for form in schema["anyOf"] if form != VARIABLE]
            return self._value(self.chance.choice(forms), definitions, path)
        if "const" in schema or schema.get("type") == "null":
            return schema.get("const")
        known = self.place.choices(path) or tuple(schema.get("enum", ()))
        if known:
            return self.chance.choice(known)
        return getattr(self, f"_{schema['type']}")(schema, definitions, path)

    def _object(self, schema: Any, definitions: Any, path: tuple[str, ...]) -> dict[str, Any]:
        keys = schema.get("properties") or dict.fromkeys(
            self.chance.sample(("REGION", "A_B"), 1), schema.get("additionalProperties", {})
        )
        options = [each for each in ALTERNATIVES.get(path[-1], ()) if keys.keys() >= set(each)]
        chosen = self.chance.choice(options) if options else ()
        others = {key for each in options for key in each} - set(chosen)
        needed = {*schema.get("required", ()), *chosen}
        return {
            key: self._value(inner, definitions, (*path, key))
            for key, inner in keys.items()
            if key in needed or (key not in others and self.chance.random() < self.level)
        }

    def _array(self, schema: Any, definitions: Any, path: tuple[str, ...]) -> list[Any]:
        count = self.chance.choice((0, 1, 2, 2, 3))
        return [self._value(schema["items"], definitions, (*path, "[]")) for _ in range(count)]

    def _string(self, schema: Any, definitions: Any, path: tuple[str, ...]) -> str:
        text = self.chance.choice(TEXTS)
        return "b" if "pattern" in schema or not text.strip() else text

    def _integer(self, schema: Any, definitions: Any, path: tuple[str, ...]) -> int:
        least = int(schema.get("minimum", 0))
        return self.chance.randint(least, min(int(schema.get("maximum", 9)), least + 9))

    def _number(self, schema: Any, definitions: Any, path: tuple[str, ...]) -> float:
        return self.chance.choice((0, 0.25, 0.5, 1))

    def _boolean(self, schema: Any, definitions: Any, path: tuple[str, ...]) -> bool:
        return self.chance.random() < 0.5


def mend(documents: list[Document], problem: dict[str, Any], chance: random.Random) -> None:
    """Take out what a problem names, or give what it asks for."""
    named = [each for each in documents if address_of(each) == problem["address"]]
    document = named[0] if named else chance.choice(documents)
    spec, path = document["spec"], problem["path"]
    if problem["code"] == "missing-key" and path in ("spec.targetName", "spec.classLabels"):
        spec[path.removeprefix("spec.")] = ["a", "b"] if path.endswith("Labels") else "churned"
    elif document["kind"] == "RegistryModel" and path == "spec":
        for key in ("mlRepo", "modelName"):
            spec.pop(key, None)
        spec["fqn"] = FIXED["fqn"][0]
    elif problem["code"] in ("needs-replace", "unlike-origin"):
        document["lifecycle"] = {"allowReplace": True}
        for key in ("copyOf", "template"):
            spec.pop(key, None)
    else:
        _take_out(document, path, chance)


def address_of(document: Document) -> str:
    """``Kind/name``."""
    return f"{document['kind']}/{document['metadata']['name']}"


def _take_out(document: Document, path: str, chance: random.Random) -> None:
    """The deepest thing on the way that is there and may go."""
    trail: list[tuple[Any, Any]] = []
    inner: Any = document
    for key in re.findall(r"[^.\[\]]+", path):
        part: Any = int(key) if isinstance(inner, list) else key
        if isinstance(inner, dict) and part not in inner:
            break
        trail.append((inner, part))
        inner = inner[part]
    spec = document["spec"]
    if len(trail) > 1 and trail[-1][1] not in NEEDED:
        del trail[-1][0][trail[-1][1]]
    elif spec.keys() - NEEDED:
        del spec[chance.choice(sorted(spec.keys() - NEEDED))]
    document.get("lifecycle", {}).pop("ignoreChanges", None)
