"""One run from manifests on disk to a plan and a report, with providers by hand.

Cases: which providers are opened and when, settings that are missing, what select and paths leave
out, policy and wishes, requests, apply, one live object, closing.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.core.plan import Plan
from reconciler.errors import ApiError, LiveStateError, SettingsError
from reconciler.find import find_live
from reconciler.flow import apply_plan, make_plan
from reconciler.settings import ProviderSettings
from tests.support.fleet_kinds import KINDS, codes, live
from tests.support.fleet_project import ENV, FLEET, PROJECT, Harbour


@pytest.fixture
def harbour(tmp_path: Path) -> Harbour:
    """Nothing is live yet."""
    return Harbour(tmp_path).has()


def ids(plan: Plan) -> list[str]:
    """Step ids in plan order."""
    return [step.id for step in plan.steps]


def test_a_run_goes_from_manifests_to_a_plan(harbour: Harbour) -> None:
    with harbour.session() as session:
        plan = make_plan(session).plan
    assert (plan.project, plan.target, plan.problems) == ("fleet", None, ())
    assert ids(plan) == ["Dock/pier", "Ship/tern", "Ship/argo", "Ship/argo#crew"]


def test_a_plan_only_reads(harbour: Harbour) -> None:
    harbour.has(live("Ship/argo", {"flag": "blue"}), live("Ship/old"))
    with harbour.session(prune=True) as session:
        plan = make_plan(session).plan
    assert {line.split(" ")[0] for line in harbour.log} <= {"list", "prefetch", "detail"}
    assert plan.requests == {"GET": len(harbour.log)}


def test_a_provider_that_no_manifest_uses_is_never_opened(harbour: Harbour) -> None:
    bare = {key: value for key, value in ENV.items() if not key.startswith("TFY")}
    with harbour.session(env=bare) as session:
        make_plan(session)
    assert harbour.opened == [
        ("custom_models", ProviderSettings(ENV["DATAROBOT_ENDPOINT"], ENV["DATAROBOT_API_TOKEN"]))
    ]


def test_a_provider_is_opened_once_and_closed_at_the_end(harbour: Harbour) -> None:
    with harbour.session() as session:
        apply_plan(session, make_plan(session), lambda step, event: None)
        assert harbour.providers["custom_models"].closed == 0
    assert len(harbour.opened) == 1
    assert harbour.providers["custom_models"].closed == 1


def test_providers_are_closed_after_an_error_too(tmp_path: Path) -> None:
    harbour = Harbour(tmp_path).has(list_Ship=ApiError("GET answered 403"))
    with pytest.raises(ApiError), harbour.session() as session:
        make_plan(session)
    assert harbour.providers["custom_models"].closed == 1


def test_every_used_provider_has_settings_of_its_own(tmp_path: Path) -> None:
    buoy = {"b.yaml": "kind: Buoy\nmetadata: {name: b}\nspec: {}\n"}
    harbour = Harbour(tmp_path, {**FLEET, **buoy}).has()
    with harbour.session() as session:
        make_plan(session)
    assert {name: settings.token for name, settings in harbour.opened} == {
        "custom_models": "t0ken-of-tests", "model_registry": "k3y-of-tests",
    }  # fmt: skip


def test_a_missing_setting_is_told_only_when_it_is_needed(harbour: Harbour) -> None:
    with harbour.session(env={}) as session:
        assert len(session.graph) == 3
        with pytest.raises(SettingsError, match="custom_models"):
            make_plan(session)


def test_settings_of_the_target_reach_the_provider(tmp_path: Path) -> None:
    settings_of_prod = f"{{endpoint: {ENV['DATAROBOT_ENDPOINT']}, token: '${{env.PROD_TOKEN}}'}}"
    spec = f"{{targets: {{prod: {{providers: {{custom_models: {settings_of_prod}}}}}}}}}"
    project = {"reconciler.yaml": f"kind: Project\nmetadata: {{name: fleet}}\nspec: {spec}\n"}
    harbour = Harbour(tmp_path, {**FLEET, **project}).has(live("Ship/tern", owner="fleet/tern"))
    with harbour.session(
        target="prod", env={**ENV, "PROD_TOKEN": "token-of-prod"}, rate=2.5
    ) as session:
        plan = make_plan(session).plan
    (_, settings) = harbour.opened[0]
    assert (settings.token, settings.rate) == ("token-of-prod", 2.5)
    assert plan.target == "prod"
    # The scope is fleet/prod now, so the object of fleet is somebody else's.
    assert "Ship/tern" not in ids(plan)
    assert codes(plan.problems) == ["name-taken"]
    with (
        harbour.session(target="prod") as session,
        pytest.raises(SettingsError, match="PROD_TOKEN"),
    ):
        make_plan(session)


def test_select_takes_the_dependencies_along_and_nothing_else(harbour: Harbour) -> None:
    with harbour.session(select=("Ship/argo",)) as session:
        assert ids(make_plan(session).plan) == ["Dock/pier", "Ship/argo", "Ship/argo#crew"]
    with harbour.session(select=("Dock/pier", "Ship/tern")) as session:
        assert ids(make_plan(session).plan) == ["Dock/pier", "Ship/tern"]


@pytest.mark.parametrize("wrong", ["Ship/nobody", "argo", "", "Ship/", "dock/pier"])
def test_an_unknown_address_is_named(harbour: Harbour, wrong: str) -> None:
    with pytest.raises(SettingsError, match=f"no manifest is called {wrong}") as caught:
        harbour.session(select=("Ship/argo", wrong))
    assert caught.value.hint


def test_a_slip_in_an_address_is_helped_with(harbour: Harbour) -> None:
    with pytest.raises(SettingsError, match="did you mean 'Ship/argo'"):
        harbour.session(select=("Ship/agro",))


def test_select_never_prunes(harbour: Harbour) -> None:
    harbour.has(live("Ship/old"))
    with harbour.session(select=("Ship/tern",), prune=True) as session:
        plan = make_plan(session).plan
    assert ids(plan) == ["Ship/tern"]
    assert plan.untouched == ()


def test_paths_that_leave_manifests_out_never_prune(harbour: Harbour) -> None:
    harbour.has(live("Dock/pier", {"berths": 3}), live("Ship/tern", {"flag": "blue"}))
    with harbour.session("ships/tern.yaml", prune=True) as session:
        plan = make_plan(session).plan
    assert (plan.steps, plan.untouched, plan.unchanged) == ((), (), 1)


def test_pruning_is_asked_for_by_the_run_or_by_the_project(tmp_path: Path) -> None:
    old = live("Ship/old")
    harbour = Harbour(tmp_path, PROJECT | {"t.yaml": FLEET["ships/tern.yaml"]}).has(old)
    with harbour.session() as session:
        assert [left.why for left in make_plan(session).plan.untouched] == ["orphan"]
    with harbour.session(prune=True) as session:
        plan = make_plan(session).plan
    assert ids(plan) == ["Ship/tern", "Ship/old"]
    assert codes(plan.problems) == ["mass-change"]
    with harbour.session(prune=True, allow_mass_change=True) as session:
        assert make_plan(session).plan.problems == ()
    text = FLEET["reconciler.yaml"] + "spec: {policy: {prune: true, maxDeletePercent: 100}}\n"
    by_policy = Harbour(
        tmp_path / "p", {"reconciler.yaml": text, "t.yaml": FLEET["ships/tern.yaml"]}
    )
    with by_policy.has(old).session() as session:
        plan = make_plan(session).plan
    assert (ids(plan), plan.problems) == (["Ship/tern", "Ship/old"], ())


def test_an_apply_does_what_the_plan_says_and_counts_all_requests(harbour: Harbour) -> None:
    with harbour.session() as session:
        current = make_plan(session)
        report = apply_plan(session, current, lambda step, event: None)
    plan = current.plan
    writes = [line for line in harbour.log if line.split(" ")[0] in ("make", "hire")]
    assert sorted(writes) == [
        "hire Ship/argo",
        "make Dock/pier",
        "make Ship/argo",
        "make Ship/tern",
    ]
    assert writes.index("make Dock/pier") < writes.index("make Ship/argo")
    assert [result.id for result in report.results] == ids(plan)
    assert report.exit_code == 0
    assert report.requests == {"GET": plan.requests["GET"] + 1, "POST": 4}


def test_a_plan_names_no_commit_outside_of_a_checkout(harbour: Harbour) -> None:
    with harbour.session() as session:
        assert all("commit" not in str(step) for step in make_plan(session).plan.steps)


@pytest.mark.parametrize(
    ("commits", "rollback", "warning", "codes_shown"),
    [
        ((), False, True, ["unreadable-checkout"]),
        (("a" * 40,), False, False, ["unknown-order", "unreadable-checkout"]),
        (("a" * 40,), True, True, ["unreadable-checkout"]),
    ],
)
def test_a_checkout_that_cannot_be_read_blocks_what_has_a_recorded_commit(
    harbour: Harbour,
    commits: tuple[str, ...],
    rollback: bool,
    warning: bool,
    codes_shown: list[str],
) -> None:
    (harbour.folder / ".git").mkdir()
    harbour.has(live("Ship/argo", {"flag": "blue"}, commits=commits))
    with harbour.session(allow_rollback=rollback) as session:
        plan = make_plan(session).plan
    assert codes(plan.problems) == codes_shown
    problem = plan.problems[-1]
    assert (problem.warning, problem.blocked) == (warning, not warning)
    assert "cannot read HEAD" in problem.message


def test_one_live_object_is_found_by_its_address(harbour: Harbour) -> None:
    harbour.has(live("Ship/argo"), live("Ship/tern"))
    with harbour.session() as session:
        provider, found = find_live(session, "Ship/argo")
    assert (provider, found.id) == (harbour.providers["custom_models"], "argo-id")


def test_one_object_of_a_kind_that_cannot_be_listed_is_asked_for(harbour: Harbour) -> None:
    kinds = {**KINDS, "Ship": replace(KINDS["Ship"], listed=False)}
    harbour.has(live("Ship/argo"))
    with harbour.session() as session:
        session.registry = replace(session.registry, kinds=kinds)
        assert find_live(session, "Ship/argo")[1].id == "argo-id"
        with pytest.raises(LiveStateError, match="Ship/tern is not live yet"):
            find_live(session, "Ship/tern")
    assert not any(line.startswith("list") for line in harbour.log)


def test_what_is_not_live_or_not_clear_is_not_found(harbour: Harbour) -> None:
    with harbour.session() as session:
        with pytest.raises(LiveStateError, match="not live yet"):
            find_live(session, "Ship/argo")
        harbour.has(live("Ship/argo", id="1"), live("Ship/argo", id="2"))
    with harbour.session() as session, pytest.raises(LiveStateError, match="1, 2"):
        find_live(session, "Ship/argo")
    with harbour.session() as session, pytest.raises(SettingsError):
        find_live(session, "Ship/nobody")
