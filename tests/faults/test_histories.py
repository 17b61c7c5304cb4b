"""Random histories of two clients, hand edits, faults and saved plans: the promises hold.

After every step: foreign objects are as they were, no identity is there twice, no version is made
twice in a row, what is protected is there.  Reading commands only read; a green apply leaves an
empty plan and no drift; a failed one converges; a saved plan is used once, and never after an
object that it touches has moved.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from reconciler.emulator.world import attached
from tests.faults.history_project import SCOPE, Checkout, edit_manifests
from tests.support.faulty_transport import FAULTS, FaultyWire, Killed
from tests.support.manual_edits import edit_one
from tests.support.sandbox import Done, Stage

MEMORY = Path("/dev/shm")
ALONE = ("--parallelism", "1")
CLIENTS = ("one", "two")
MARK = re.compile(r"\[reconciler owner=(\S+?)(?: [^\]]*)?\]\s*$")
MOST_RUNS = 4
WISHES = ("--auto-approve", "--allow-mass-change", *ALONE)

clients = st.sampled_from(CLIENTS)
seeds = st.integers(0, 2**32)
COUNTS: Counter[str] = Counter()


def wish(document: dict[str, Any]) -> dict[str, Any]:
    """A manifest without what says nothing: a plan is bound to the wish and not to its spelling."""
    said = {"protect": False, **document.get("lifecycle", {})} != {"protect": False}
    return {key: value for key, value in document.items() if key != "lifecycle" or said}


class Histories(RuleBasedStateMachine):
    """One platform, two checkouts of one project, and everybody else."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.stage = Stage(self.root)
        self.store = attached(self.stage.wire.app).store  # type: ignore[arg-type]
        self.checkouts = {name: Checkout() for name in CLIENTS}
        self.protected: dict[str, str] = {}
        self.saved: dict[str, dict[str, Any]] = {}
        self.made_by_hand: set[str] = set()
        self.steps = 0
        COUNTS["histories"] += 1

    def teardown(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)

    @initialize()
    def found(self) -> None:
        """Objects of others, and a first state of ours."""
        by_hand = self.stage.by_hand
        model = {"customModelType": "inference", "targetType": "Unstructured"}
        for body in ({"name": "theirs"}, {"name": "other", "userProvidedId": "other/churn"}):
            by_hand("POST", "customModels/", json={**model, **body}).raise_for_status()
        for name, text in (("mine", "no mark"), ("else", "x\n[reconciler owner=other/py]")):
            body = {"name": name, "description": text, "programmingLanguage": "python"}
            by_hand("POST", "executionEnvironments/", json=body).raise_for_status()
        self.foreign = self.foreign_now()
        first = self.checkouts["one"]
        first.add("ExecutionEnvironment", "py")
        first.add("CustomModel", "churn")
        first.version("churn", "py", "# first\n")
        self.checkouts["two"] = first.copy()
        for name in CLIENTS:
            self.write(name)
        self.apply("one", True)

    # -- the manifests -----------------------------------------------------------------------

    def write(self, client: str) -> None:
        kept = self.root / client / "plan.json"
        plan = kept.read_bytes() if kept.exists() else None
        self.checkouts[client].write(self.root / client)
        if plan is not None:
            kept.write_bytes(plan)

    def held(self, client: str, place: tuple[str, str]) -> dict[str, Any] | None:
        return self.checkouts[client].objects.get(place)

    def chance(self, seed: int) -> random.Random:
        """Another one at every step, also where the same small seed is tried again and again."""
        self.steps += 1
        return random.Random(f"{seed} {self.steps}")

    @rule(client=clients, seed=seeds)
    def edit(self, client: str, seed: int) -> None:
        """A few edits of the manifests of one client, who may take over the other's first."""
        self.edited(client, self.chance(seed))

    def edited(self, client: str, chance: random.Random) -> random.Random:
        other = next(name for name in CLIENTS if name != client)
        if chance.random() < 0.3:
            self.checkouts[client] = self.checkouts[other].copy()
        for _ in range(chance.randint(1, 4)):
            COUNTS[edit_manifests(self.checkouts[client], chance)] += 1
        self.write(client)
        return chance

    # -- somebody ----------------------------------------------------------------------------

    @rule(seed=seeds)
    def by_hand(self, seed: int) -> None:
        chance = self.chance(seed)
        ours = sorted(self.ours().items())
        ours = [(key, doc) for key, doc in ours if doc["id"] not in self.protected]
        if ours:
            (kind, _), doc = chance.choice(ours)
            before = self.versions()
            COUNTS[edit_one(self.stage, kind, doc["id"], chance)] += 1
            self.made_by_hand |= self.versions() - before

    # -- commands ----------------------------------------------------------------------------

    def run(self, client: str, *arguments: str) -> Done:
        done = self.stage.run("--project-dir", client, "-q", *arguments)
        assert "unexpected" not in done.out + done.err, done.out + done.err
        COUNTS[f"{arguments[0]} {done.code}"] += 1
        COUNTS["requests"] += len(done.log)
        return done

    @rule(client=clients, command=st.sampled_from(["plan", "drift", "validate"]))
    def look(self, client: str, command: str) -> None:
        done = self.run(client, command, *(ALONE if command != "validate" else ()))
        assert done.writes == []
        assert done.code in (0, 1, 2, 3), done.out + done.err

    @rule(client=clients, prune=st.booleans())
    def apply(self, client: str, prune: bool) -> None:
        done = self.run(client, "apply", *WISHES, *(("--prune",) if prune else ()))
        self.after_apply(client, done, prune)

    @rule(client=clients, prune=st.booleans(), seed=seeds)
    def faulty_apply(self, client: str, prune: bool, seed: int) -> None:
        chance = self.edited(client, self.chance(seed))
        at, fault = chance.randint(1, 30), chance.choice(sorted(FAULTS))
        wishes = (*WISHES, *(("--prune",) if prune else ()))
        inner = self.stage.wire
        self.stage.wire = FaultyWire(inner, at, fault)  # type: ignore[assignment]
        try:
            code = self.stage.run("--project-dir", client, "-q", "apply", *wishes).code
        except Killed:
            code = -1
        COUNTS["faults"] += self.stage.wire.count >= at
        COUNTS[f"apply with a fault {code}"] += 1
        self.stage.wire = inner
        self.unprotected(client)
        for _ in range(MOST_RUNS):
            done = self.run(client, "apply", *wishes)
            if done.code != 5:
                break
        self.after_apply(client, done, prune)

    def after_apply(self, client: str, done: Done, prune: bool) -> None:
        assert done.code in (0, 1, 3), done.out + done.err
        self.unprotected(client)
        if done.code:
            assert done.writes == []
            return
        look = self.run(
            client, "plan", "--detailed-exitcode", *ALONE, *(("--prune",) if prune else ())
        )
        assert look.code == 0, look.out + look.err
        if prune:
            drift = self.run(client, "drift", *ALONE)
            assert drift.code == 0, drift.out + drift.err

    @rule(client=clients, prune=st.booleans(), seed=seeds)
    def save(self, client: str, prune: bool, seed: int) -> None:
        self.edited(client, self.chance(seed))
        wishes = ("--allow-mass-change", *ALONE, *(("--prune",) if prune else ()))
        path = self.root / client / "plan.json"
        path.unlink(missing_ok=True)
        self.saved.pop(client, None)
        done = self.run(client, "plan", "--out", f"{client}/plan.json", *wishes)
        assert done.writes == []
        if done.code == 0:
            plan = json.loads(path.read_text())
            touched = sorted(plan["observed"])
            self.saved[client] = {
                "plan": plan,
                "manifests": self.manifests(client),
                "touched": {each: self.seen(each) for each in touched},
                "used": False,
            }

    @precondition(lambda self: self.saved)
    @rule(client=clients)
    def apply_saved(self, client: str) -> None:
        saved = self.saved.get(client)
        if saved is None:
            return
        moved = [each for each, seen in saved["touched"].items() if self.seen(each) != seen]
        other = self.manifests(client) != saved["manifests"]
        done = self.run(client, "apply", f"{client}/plan.json", "--auto-approve", *ALONE)
        self.unprotected(client)
        if saved["used"] or moved or other:
            assert done.code == 4 or not saved["plan"]["steps"], (moved, done.out, done.err)
            assert done.writes == []
        elif done.code == 0:
            saved["used"] = bool(saved["plan"]["steps"])
        else:
            # Something that the plan leans on has moved; nothing was done, or not all.
            assert done.code in (1, 3, 4, 5), done.out + done.err
            assert done.code == 5 or done.writes == []
            saved["used"] = done.code == 5

    # -- what is there -----------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        # Past the wire: this is asked many times a step.
        return self.store.dump()

    def ours(self) -> dict[tuple[str, str], dict[str, Any]]:
        state, found = self.state(), {}
        for doc in state["models"]:
            if str(doc["userProvidedId"]).startswith(f"{SCOPE}/"):
                found["CustomModel", doc["userProvidedId"].partition("/")[2]] = doc
        for doc in state["environments"]:
            mark = MARK.search(doc["description"] or "")
            if mark and mark[1].startswith(f"{SCOPE}/") and not doc["deleted"]:
                found["ExecutionEnvironment", mark[1].partition("/")[2]] = doc
        return found

    def versions(self) -> set[str]:
        return {version["id"] for version in self.state().get("modelVersions", ())}

    def foreign_now(self) -> str:
        state = self.state()
        strangers = [
            doc for doc in state["models"] if not str(doc["userProvidedId"]).startswith(f"{SCOPE}/")
        ]
        strangers += [
            doc
            for doc in state["environments"]
            if f"owner={SCOPE}/" not in (doc["description"] or "")
        ]
        known = getattr(self, "foreign_ids", None) or {doc["id"] for doc in strangers}
        self.foreign_ids = known
        return json.dumps([doc for doc in strangers if doc["id"] in known], sort_keys=True)

    def seen(self, address: str) -> str:
        """All there is to see of one object of ours."""
        kind, _, name = address.partition("/")
        doc = self.ours().get((kind, name))
        if doc is None:
            return ""
        state = self.state()
        tables = ("modelVersions", "environmentVersions", "modelTests", "tests", "builds")
        parts = [
            each
            for table in tables
            for each in state.get(table, ())
            if each.get("parent") == doc["id"]
        ]
        return json.dumps([doc, parts], sort_keys=True)

    def manifests(self, client: str) -> str:
        held = self.checkouts[client]
        used = {f"{name}.env" for kind, name in held.objects if kind == "ExecutionEnvironment"}
        used |= {name for (_, name), doc in held.objects.items() if "version" in doc["spec"]}
        files = {name: text for name, text in held.files.items() if name in used}
        wishes = sorted(json.dumps(wish(doc)) for doc in held.objects.values())
        return json.dumps([wishes, files], sort_keys=True)

    def unprotected(self, client: str) -> None:
        """What an apply of this client was told not to protect any more."""
        for (kind, name), doc in self.ours().items():
            held = self.held(client, (kind, name))
            wish = bool(held and held.get("lifecycle", {}).get("protect"))
            if doc["id"] in self.protected and held and not wish:
                del self.protected[doc["id"]]
            elif "protect=true" in (doc["description"] or ""):
                self.protected[doc["id"]] = f"{kind}/{name}"

    @invariant()
    def nobody_elses_object_is_touched(self) -> None:
        if hasattr(self, "foreign"):
            assert self.foreign_now() == self.foreign

    @invariant()
    def no_identity_is_there_twice(self) -> None:
        state = self.state()
        owners = [doc["userProvidedId"] for doc in state.get("models", ()) if doc["userProvidedId"]]
        living = [doc for doc in state["environments"] if not doc["deleted"]]
        owners += [mark[1] for doc in living if (mark := MARK.search(doc["description"] or ""))]
        assert len(set(owners)) == len(owners), owners

    @invariant()
    def no_version_is_made_twice_in_a_row(self) -> None:
        last: dict[str, tuple[str, str]] = {}
        for version in self.state().get("modelVersions", ()):
            mark = re.search(r"content=(\S+?)[\] ]", version["description"] or "")
            made = (mark[1] if mark else "", version["baseEnvironmentVersionId"])
            ours = mark and version["id"] not in self.made_by_hand
            assert not ours or last.get(version["parent"]) != made, version
            last[version["parent"]] = made

    @invariant()
    def what_is_protected_is_there(self) -> None:
        ids = {doc["id"] for doc in self.ours().values()}
        assert set(self.protected) <= ids, set(self.protected) - ids


PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "ci")
Histories.TestCase.settings = settings(
    max_examples={"sweep": 5000, "dev": 20}.get(PROFILE, 200),
    stateful_step_count=12 if PROFILE == "sweep" else 10,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


class TestHistories(Histories.TestCase):  # type: ignore[name-defined,misc]
    """Two hundred histories, five thousand by the sweep."""

    @classmethod
    def tearDownClass(cls) -> None:
        print(f"\n{dict(sorted(COUNTS.items()))}")
