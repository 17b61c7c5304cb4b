"""A project that a random history edits: which objects there are, what they say, which files."""

from __future__ import annotations

import copy
import json
import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.sandbox import USERS

Doc = dict[str, Any]
SCOPE = "fraud"
OWNER = {"username": "owner@example.com", "role": "OWNER", "canShare": True}
ENVIRONMENTS = ("py", "r")
MODELS = ("churn", "cost", "notes")
PLACES = [
    *(("ExecutionEnvironment", name) for name in ENVIRONMENTS),
    *(("CustomModel", name) for name in MODELS),
]
ROLES = ("OWNER", "EDITOR", "READ_ONLY")
TEXTS = ("", "one", "two words", "three\nlines", "[reconciler of nothing]")
PROJECT = {"apiVersion": "reconciler/v1", "kind": "Project", "metadata": {"name": SCOPE}}


@dataclass
class Checkout:
    """One client's copy of the manifests; ``objects`` is keyed by kind and name."""

    objects: dict[tuple[str, str], Doc] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def add(self, kind: str, name: str) -> None:
        """A manifest with no more than it needs, unless there is one."""
        if (kind, name) in self.objects:
            return
        spec: Doc = {"targetType": "Unstructured"} if kind == "CustomModel" else {}
        self.objects[kind, name] = {
            "apiVersion": "reconciler/v1",
            "kind": kind,
            "metadata": {"name": name},
            "spec": spec,
        }
        if kind == "ExecutionEnvironment":
            self.files.setdefault(f"{name}.env", f"FROM {name}:1\n")
            spec["version"] = {"dockerContext": f"./{name}.env"}

    def remove(self, kind: str, name: str) -> None:
        """Take a manifest out, and every reference to it."""
        self.objects.pop((kind, name), None)
        for held in self.objects.values():
            if (held["spec"].get("version") or {}).get("environment") == {"ref": name}:
                del held["spec"]["version"]

    def version(self, name: str, environment: str, text: str) -> None:
        """A model gets a version with this code on this environment."""
        self.files[name] = text
        self.objects["CustomModel", name]["spec"]["version"] = {
            "environment": {"ref": environment},
            "files": {"root": f"./{name}"},
        }

    def copy(self) -> Checkout:
        """The same, apart."""
        return copy.deepcopy(self)

    def write(self, folder: Path) -> None:
        """Put it on disk in the place of what was there."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for root, text in self.files.items():
            (folder / root).mkdir()
            name = "Dockerfile" if root.endswith(".env") else "custom.py"
            (folder / root / name).write_text(text)
        documents = [PROJECT, *self.objects.values()]
        text = yaml.safe_dump_all(json.loads(json.dumps(documents)), sort_keys=False)
        (folder / "reconciler.yaml").write_text(yaml.safe_dump(PROJECT))
        (folder / "all.yaml").write_text(text.partition("---\n")[2])


def edit_manifests(checkout: Checkout, chance: random.Random) -> str:
    """One edit that leaves the project valid; what it was."""
    place = chance.choice(PLACES)
    held = checkout.objects.get(place)
    verb = chance.choice(("add", "remove", "text", "code", "code", "image", "share", "protect"))
    if held is None or verb == "add":
        checkout.add(*place)
        return "add"
    if verb == "remove":
        if len(checkout.objects) > 1:
            checkout.remove(*place)
    elif verb == "text":
        text = chance.choice(TEXTS)
        plain = f"{place[1]} {text}".replace("\n", " ").strip()
        held["spec"] |= chance.choice(({"description": text}, {"name": plain}))
    elif verb == "code" and place[0] == "CustomModel":
        environment = chance.choice(ENVIRONMENTS)
        checkout.add("ExecutionEnvironment", environment)
        checkout.version(place[1], environment, f"# {chance.randrange(4)}\n")
    elif verb == "image" and place[0] == "ExecutionEnvironment":
        checkout.files[f"{place[1]}.env"] = f"FROM {place[1]}:{chance.randrange(4)}\n"
    elif verb == "share":
        users = chance.sample(USERS, chance.randint(0, len(USERS)))
        listed = [{"username": user, "role": chance.choice(ROLES)} for user in users]
        mode: Doc = {"mode": "exact", "users": [OWNER, *listed]}
        held["spec"]["sharing"] = chance.choice((mode, {"mode": "additive", "users": listed}))
    else:
        held["lifecycle"] = {"protect": chance.random() < 0.4}
        verb = "protect"
    return verb
