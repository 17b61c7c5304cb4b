"""A reviewed plan against the current one: equal step for step and field for field, or refused."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from reconciler.core.difference_text import MOST_DIFFERENCES, differences
from reconciler.core.fingerprint import canonical
from reconciler.core.plan import Plan
from reconciler.core.plan_digest import without_commit
from reconciler.core.plan_document import FieldData, StepData
from reconciler.core.plan_json import plan_data, plan_digest
from reconciler.errors import Problem, StalePlanError

AGAIN = "Make the plan again with `reconciler plan --out`, and have it reviewed again."


EXPECT_AGAIN = "Review the current plan; `reconciler plan` prints it with the digest to expect."


def check_obstacles(current: Plan, again: str = AGAIN) -> None:
    """StalePlanError when the current plan has an error or is blocked.

    Only the current plan counts: what a file says about its problems can be edited.
    """
    obstacles = current.obstacles
    if obstacles:
        listed = "; ".join(_obstacle(each) for each in obstacles[:MOST_DIFFERENCES])
        more = "; and more" if len(obstacles) > MOST_DIFFERENCES else ""
        hint = next((each.hint for each in obstacles if each.hint), "")
        raise StalePlanError(
            f"the current plan cannot be applied: {listed}{more}", f"{hint} {again}".strip()
        )


def check_expected(current: Plan, expected: str) -> None:
    """StalePlanError unless the current plan has this digest and no obstacle."""
    found = plan_digest(current)
    if found != expected:
        raise StalePlanError(
            f"the digest of the current plan is {found}, not {expected}", EXPECT_AGAIN
        )
    check_obstacles(current, EXPECT_AGAIN)


def check_same(reviewed: Plan, current: Plan) -> None:
    """StalePlanError that names the first differences by step and field, unless all are equal.

    Each plan may record the commit of its own checkout: a merge makes another commit of the same
    manifests.
    """
    before, after = (
        without_commit(plan_data(plan)["steps"], plan.commit) for plan in (reviewed, current)
    )
    if canonical(before) == canonical(after):
        return
    found = list(islice(_steps(before, after), MOST_DIFFERENCES + 1))
    listed = "; ".join(found[:MOST_DIFFERENCES]) or "the order or number of steps or fields"
    more = "; and more" if len(found) > MOST_DIFFERENCES else ""
    raise StalePlanError(f"the current plan differs from the reviewed one: {listed}{more}", AGAIN)


def _steps(reviewed: list[StepData], current: list[StepData]) -> Iterator[str]:
    """One sentence for each step or field that is not the same in both plans."""
    before, after = ({step["id"]: step for step in steps} for steps in (reviewed, current))
    for name in dict.fromkeys((*before, *after)):
        if name not in after:
            yield f"{name} ({before[name]['action']}) is in the reviewed plan only"
        elif name not in before:
            yield f"{name} ({after[name]['action']}) is not in the reviewed plan"
        else:
            yield from _within(name, before[name], after[name])


def _within(name: str, before: StepData, after: StepData) -> Iterator[str]:
    yield from _fields(name, before["fields"], after["fields"])
    rest = [{k: value for k, value in step.items() if k != "fields"} for step in (before, after)]
    yield from (f"{name}: {text}" for text in differences(*rest))


def _fields(name: str, before: list[FieldData], after: list[FieldData]) -> Iterator[str]:
    old, new = ({field["path"]: field for field in fields} for fields in (before, after))
    for path in dict.fromkeys((*old, *new)):
        if path not in new:
            yield f"{name}: {path} is a change in the reviewed plan only"
        elif path not in old:
            yield f"{name}: {path} is not a change in the reviewed plan"
        else:
            yield from (f"{name}: {path}: {text}" for text in differences(old[path], new[path]))


def _obstacle(problem: Problem) -> str:
    place = problem.address or problem.location
    text = f"{problem.message} [{problem.code}]"
    return text if not place or place in problem.message else f"{place}: {text}"
