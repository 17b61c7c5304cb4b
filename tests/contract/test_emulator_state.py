"""State in a file: what survives a restart, running jobs included; and many threads at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reconciler.emulator.world import attached
from tests.support.emulator import OWNER, PROGRAM, V2, Clock, Emulator, path_of, unzipped


def closed(emulator: Emulator) -> None:
    """End an emulator the way a process end does."""
    attached(emulator.app).store.close()


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    state, clock = tmp_path / "state.db", Clock()
    before = Emulator(clock, state=state)
    model = before.model(userProvidedId="one")["id"]
    before.version(model, {"custom.py": PROGRAM, "ü.bin": b"\x00\xff"})
    before.next_version(model, {"b.txt": b"b"}, isMajorUpdate="False")
    before.model(name="Gone")
    gone = before.get("/customModels/")["data"][0]["id"]
    before.call("DELETE", f"/customModels/{gone}/", 204)
    dump = before.control("GET", "state")
    closed(before)

    after = Emulator(clock, state=state)
    assert after.control("GET", "state") == dump
    content = after.http.get(f"{V2}/customModels/{model}/download/").content
    assert unzipped(content) == {"custom.py": PROGRAM, "ü.bin": b"\x00\xff", "b.txt": b"b"}
    assert after.next_version(model, {}, isMajorUpdate="False")["label"] == "v1.2"
    # Ids go on where they stopped.
    assert after.model()["id"] not in {model, gone}
    closed(after)


def test_a_running_job_ends_after_the_restart(tmp_path: Path) -> None:
    state, clock = tmp_path / "state.db", Clock()
    before = Emulator(clock, state=state, job_time=10.0)
    environment = before.environment()
    before.environment_version(environment)
    upload = before.http.post(f"{V2}/datasets/fromFile/", files={"file": ("t.csv", b"a\n1\n")})
    closed(before)
    clock.sleep(10)
    after = Emulator(clock, state=state)
    shown = after.get(f"/executionEnvironments/{environment}/")
    assert shown["latestVersion"]["buildStatus"] == "success"
    assert after.call("GET", path_of(upload), 303)
    closed(after)


def test_a_reset_empties_the_file(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    before = Emulator(state=state)
    before.model()
    before.control("POST", "reset")
    closed(before)
    after = Emulator(state=state)
    assert after.get("/customModels/")["totalCount"] == 0
    assert after.get("/executionEnvironments/")["totalCount"] == 1
    closed(after)


def test_a_refused_request_leaves_nothing_in_the_file(tmp_path: Path) -> None:
    emulator = Emulator(state=tmp_path / "state.db")
    model = emulator.model()["id"]
    before = emulator.control("GET", "state")
    environment = emulator.public_environment()["id"]
    wrong = {"requirements.txt": b"not a requirement"}
    assert emulator.upload("POST", model, wrong, baseEnvironmentId=environment).status_code == 422
    assert emulator.control("GET", "state") == before
    closed(emulator)


def test_a_file_that_is_no_state_or_in_use_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.db"
    wrong.write_bytes(b"this is no database, and long enough to be told from one" * 20)
    with pytest.raises(OSError, match=r"cannot use the state file .*wrong\.db"):
        Emulator(state=wrong)
    held = Emulator(state=tmp_path / "held.db")
    with pytest.raises(OSError, match="locked"):
        Emulator(state=tmp_path / "held.db")
    closed(held)


@pytest.mark.parametrize("kept", [False, True])
def test_many_threads_make_each_object_once(tmp_path: Path, kept: bool) -> None:
    emulator = Emulator(state=tmp_path / "state.db" if kept else None)
    body = {"name": "m", "customModelType": "inference", "targetType": "Unstructured"}

    def create(n: int) -> int:
        named = {**body, "userProvidedId": f"same-{n % 10}"}
        return emulator.client(OWNER).post(f"{V2}/customModels/", json=named).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(create, range(80)))
    assert (statuses.count(201), statuses.count(422)) == (10, 70)
    models = emulator.get("/customModels/")["data"]
    assert len({model["id"] for model in models}) == 10
    assert len(emulator.log()) == 81
    attached(emulator.app).store.close()
