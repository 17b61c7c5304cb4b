"""Model runs: triggers, order and dependencies of steps, failures by name, tests, cancellation."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from reconciler.emulator.world import attached
from tests.support.emulator import ANN, BEN, OWNER, Clock, Emulator

PATH = "/v1/model-runs"


class Runs:
    """An emulator with a client of the model runs API."""

    def __init__(self, user: str = OWNER, **options: Any) -> None:
        self.emulator = Emulator(**options)
        self.http = self.of(user)

    def of(self, user: str) -> httpx.Client:
        return self.emulator.client(None, Authorization=f"Bearer {user}")

    def trigger(self, *models: str, **settings: Any) -> Any:
        body: dict[str, Any] = {"project_name": "analytics", **settings}
        if models:
            body["model_names"] = list(models)
        response = self.http.post(PATH, json=body)
        assert response.status_code == 201, response.text
        return response.json()

    def get(self, run: Any) -> Any:
        return self.http.get(f"{PATH}/{run['id']}").json()

    def steps(self, run: Any) -> dict[str, Any]:
        found = self.http.get(f"{PATH}/{run['id']}/steps").json()["data"]
        return {step["model_name"]: step for step in found}

    def statuses(self, run: Any) -> dict[str, str]:
        return {name: step["status"] for name, step in self.steps(run).items()}

    def tests(self, run: Any, model: str) -> Any:
        step = self.steps(run)[model]["id"]
        return self.http.get(f"{PATH}/{run['id']}/steps/{step}/test-results").json()["data"]


def test_a_trigger_is_answered_with_a_pending_run_that_then_ends() -> None:
    runs = Runs()
    run = runs.trigger("stg_customers", "fct_churn")
    assert run == {
        "id": run["id"],
        "status": "PENDING",
        "trigger_type": "MANUAL",
        "triggered_by": OWNER,
        "project_name": "analytics",
        "model_names": ["stg_customers", "fct_churn"],
        "full_refresh": False,
        "created_at": runs.emulator.clock_text(),
    }
    ended = runs.get(run)
    assert ended["status"] == "SUCCESS"
    assert ended["started_at"] == ended["finished_at"] == ended["created_at"]
    assert ended["compile_diagnostics"] == {"warnings": [], "errors": []}
    assert "error_message" not in ended


def test_steps_wait_for_what_they_read() -> None:
    runs = Runs(job_time=100.0)
    run = runs.trigger("fct_churn", "int_orders", "stg_orders", "stg_customers", "dim_dates")
    steps = runs.steps(run)
    assert list(steps) == ["stg_customers", "stg_orders", "int_orders", "dim_dates", "fct_churn"]
    assert steps["int_orders"]["depends_on"] == ["stg_customers", "stg_orders"]
    assert steps["fct_churn"]["depends_on"] == ["int_orders"]
    assert set(runs.statuses(run).values()) == {"PENDING"}
    runs.emulator.clock.sleep(20)
    assert runs.get(run)["status"] == "RUNNING"
    assert list(runs.statuses(run).values()) == ["RUNNING", "RUNNING", *["PENDING"] * 3]
    runs.emulator.clock.sleep(30)
    assert list(runs.statuses(run).values()) == ["SUCCESS", "SUCCESS", "RUNNING", *["PENDING"] * 2]
    runs.emulator.clock.sleep(50)
    assert runs.get(run)["status"] == "SUCCESS"
    steps = runs.steps(run)
    assert steps["stg_orders"]["finished_at"] == steps["int_orders"]["started_at"]
    assert steps["fct_churn"]["finished_at"] == runs.get(run)["finished_at"]


def test_a_broken_model_fails_and_what_reads_it_is_skipped() -> None:
    runs = Runs()
    run = runs.trigger("stg_a", "stg_broken_b", "int_c", "fct_d", "standalone")
    assert runs.statuses(run) == {
        "standalone": "SUCCESS",
        "stg_a": "SUCCESS",
        "stg_broken_b": "FAILED",
        "int_c": "SKIPPED",
        "fct_d": "SKIPPED",
    }
    steps = runs.steps(run)
    assert "does not exist" in steps["stg_broken_b"]["error_message"]
    assert steps["fct_d"]["error_message"] == "skipped: upstream failed: int_c"
    assert "started_at" not in steps["fct_d"]
    assert "rows_affected" not in steps["stg_broken_b"]
    ended = runs.get(run)
    assert (ended["status"], ended["error_message"]) == (
        "FAILED",
        "1 of 5 models failed: stg_broken_b",
    )
    assert runs.tests(run, "stg_broken_b") == []


def test_tests_fail_by_name_and_do_not_fail_the_run() -> None:
    runs = Runs()
    run = runs.trigger("dim_good", "dim_failing_test", "dim_erroring_test")
    assert runs.get(run)["status"] == "SUCCESS"
    assert [test["status"] for test in runs.tests(run, "dim_good")] == ["PASS", "PASS"]
    failed = runs.tests(run, "dim_failing_test")[1]
    assert (failed["status"], failed["test_name"]) == ("FAIL", "unique_dim_failing_test_id")
    assert failed["error_message"] == f"got {failed['rows_returned']} rows, expected 0"
    errored = runs.tests(run, "dim_erroring_test")[0]
    assert errored["status"] == "ERROR"
    assert "rows_returned" not in errored
    again = runs.tests(runs.trigger("dim_failing_test"), "dim_failing_test")[1]
    assert again["test_id"] == failed["test_id"]
    assert again["id"] != failed["id"]


def test_what_cannot_be_compiled_runs_nothing() -> None:
    runs = Runs()
    run = runs.trigger("stg_uncompilable", "fct_deprecated")
    ended = runs.get(run)
    assert ended["status"] == "FAILED"
    assert ended["compile_diagnostics"] == {
        "warnings": ["model fct_deprecated is deprecated"],
        "errors": ["model stg_uncompilable: syntax error"],
    }
    assert ended["error_message"] == "compilation failed: model stg_uncompilable: syntax error"
    assert runs.steps(run) == {}


@pytest.mark.parametrize(
    ("names", "echoed", "built"),
    [
        ([], None, ["stg_customers", "stg_orders", "int_customer_orders", "dim_customers"]),
        (["tag:daily"], None, ["stg_customers", "stg_orders", "int_customer_orders"]),
        (["stg_*"], None, ["stg_customers", "stg_orders"]),
        (["+int_x"], None, ["stg_customers", "stg_orders", "int_x"]),
        (["int_x+"], None, ["int_x", "dim_customers", "fct_churn"]),
        (["b,a", " a "], ["b", "a"], ["a", "b"]),
        (["nothing_*"], None, []),
    ],
)
def test_selectors(names: list[str], echoed: list[str] | None, built: list[str]) -> None:
    runs = Runs()
    run = runs.trigger(*names)
    assert run.get("model_names") == echoed
    assert list(runs.steps(run))[: len(built)] == built
    if not built:
        warnings = runs.get(run)["compile_diagnostics"]["warnings"]
        assert warnings == ["no model is selected by nothing_*"]


def test_a_full_refresh_writes_every_row_and_targets_are_in_the_statement() -> None:
    runs = Runs()
    added = runs.steps(runs.trigger("fct_churn"))["fct_churn"]
    target = {"target_catalog": "lake", "target_schema": 'odd"name'}
    run = runs.trigger("fct_churn", full_refresh=True, **target)
    rebuilt = runs.steps(run)["fct_churn"]
    assert rebuilt["rows_affected"] > added["rows_affected"]
    assert (added["vars_used"], rebuilt["vars_used"]) == (["start_date"], [])
    assert '"lake"."odd""name"."fct_churn"' in rebuilt["compiled_sql"]
    assert rebuilt["compiled_hash"] != added["compiled_hash"]
    # The server gives the target schema back as the project.
    assert run["project_name"] == 'odd"name'


def test_a_cancelled_run_keeps_what_was_done() -> None:
    runs = Runs(job_time=100.0)
    run = runs.trigger("stg_a", "int_b", "fct_c")
    runs.emulator.clock.sleep(50)
    answer = runs.http.post(f"{PATH}/{run['id']}/cancel")
    assert answer.status_code == 200
    assert answer.json()["status"] == "CANCELLED"
    assert answer.json()["error_message"] == f"cancelled by {OWNER}"
    assert answer.json()["finished_at"] == runs.emulator.clock_text()
    runs.emulator.clock.sleep(100)
    assert list(runs.statuses(run).values()) == ["SUCCESS", "CANCELLED", "CANCELLED"]
    steps = runs.steps(run)
    assert steps["int_b"]["finished_at"] == answer.json()["finished_at"]
    assert "started_at" not in steps["fct_c"]
    again = runs.http.post(f"{PATH}/{run['id']}/cancellations")
    assert (again.status_code, again.json()) == (
        400,
        {"code": 400, "message": "cannot cancel run in status CANCELLED"},
    )


def test_the_list_is_newest_first_in_pages_of_an_offset() -> None:
    runs = Runs()
    made = [runs.trigger()["id"] for _ in range(5)][::-1]
    seen: list[str] = []
    query: dict[str, Any] = {"max_results": 2}
    while True:
        page = runs.http.get(PATH, params=query).json()
        seen += [run["id"] for run in page["data"]]
        if "next_page_token" not in page:
            break
        assert base64.b64decode(page["next_page_token"]) == str(len(seen)).encode()
        query["page_token"] = page["next_page_token"]
    assert seen == made
    for token in ("", "nonsense", "42", "LTE=", "MTAw\n", "\u00fc"):
        first = runs.http.get(PATH, params={"page_token": token, "max_results": 1}).json()
        assert first["data"][0]["id"] == made[0], token
    beyond = runs.http.get(PATH, params={"page_token": "MTAw"}).json()
    assert beyond == {"data": []}


def test_the_list_filters_by_status() -> None:
    runs = Runs()
    runs.trigger("stg_broken")
    good = runs.trigger()["id"]
    found = runs.http.get(PATH, params={"status": "SUCCESS"}).json()["data"]
    assert [run["id"] for run in found] == [good]
    wrong = runs.http.get(PATH, params={"status": "DONE"})
    assert wrong.status_code == 400
    assert wrong.json()["message"].startswith("status: value is not one of")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"project_name": ""},
        {"project_name": "x" * 256},
        {"project_name": "p", "models": []},
        {"project_name": "p", "model_names": "stg_a"},
        {"project_name": "p", "model_names": ["m"] * 1001},
        {"project_name": "p", "model_names": ["stg_unknown"]},
        {"project_name": "p", "full_refresh": "yes"},
        {"project_name": "p", "target_schema": None},
        [],
    ],
)
def test_wrong_triggers(body: Any) -> None:
    runs = Runs()
    answer = runs.http.post(PATH, json=body)
    assert answer.status_code == answer.json()["code"] == 400
    assert runs.http.get(PATH).json() == {"data": []}


def test_projects_that_are_restricted_are_the_owners() -> None:
    runs = Runs()
    run = runs.trigger(project_name="restricted_pay")
    step = next(iter(runs.steps(run).values()))["id"]
    ann = runs.of(ANN)
    assert ann.get(PATH).json() == {"data": []}
    for path in ("", "/steps", f"/steps/{step}/test-results"):
        assert ann.get(f"{PATH}/{run['id']}{path}").status_code == 403
    trigger = ann.post(PATH, json={"project_name": "restricted_pay"})
    assert trigger.json() == {"code": 403, "message": "access denied to project restricted_pay"}
    assert ann.post(f"{PATH}/{run['id']}/cancel").status_code == 403


def test_only_who_triggered_a_run_or_the_owner_cancels_it() -> None:
    runs = Runs(ANN, job_time=9.0)
    path = f"{PATH}/{runs.trigger()['id']}/cancel"
    assert runs.of(BEN).post(path).status_code == 403
    assert runs.of(OWNER).post(path).status_code == 200


def test_a_run_goes_on_over_a_restart(tmp_path: Any) -> None:
    clock = Clock()
    runs = Runs(clock=clock, state=tmp_path / "state.db", job_time=10.0)
    run = runs.trigger("stg_a")
    attached(runs.emulator.app).store.close()
    clock.sleep(10)
    after = Runs(clock=clock, state=tmp_path / "state.db")
    assert after.get(run)["status"] == "SUCCESS"
    after.emulator.control("POST", "reset")
    assert after.http.get(PATH).json() == {"data": []}
    attached(after.emulator.app).store.close()
