"""The emulator under generated requests, right and wrong ones, held to the contract.

Right requests name objects that exist, so that they come further than 404; what an operation uses
up is made anew for every request, and every job has ended before the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
import schemathesis
from hypothesis import given, settings
from schemathesis import Case
from schemathesis.core.failures import AcceptedNegativeData, Failure, FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.openapi.checks import RejectedPositiveData

from tests.contract.generated_contract import ids_of, mended
from tests.support.contract import operations
from tests.support.custom_models_api import Ground

TOKEN = "any-token"
# Right ones and as many wrong ones: more than fifty for every operation.
EXAMPLES = max(26, settings().max_examples // 20)
VERSION = "customModels/{customModelId}/versions/{customModelVersionId}/"
VERSIONS = "customModels/{customModelId}/versions/"
TEST = "customModelTests/{customModelTestId}/"
CONVERSION = f"{VERSION}conversions/{{conversionId}}/"
ENVIRONMENT = "executionEnvironments/{environmentId}/"
IMAGE = "customInferenceImages/{imageId}/featureImpact/"

# Operations that have nothing to get wrong: no id, no query, no body.
ALWAYS_RIGHT = {"GET customModelLimits/"}

# Right requests that are refused all the same: part of the reason -> why.
RULES = {
    "value is not a number": "numbers in a query of more than twenty digits",
    "value is not a string": "half a surrogate pair in a query",
    "cannot be set together with resourceBundleId": "maximumMemory excludes it",
    "must be specified with": "of two labels none or both are given",
    "it is taken": "a userProvidedId is given once",
    "only for Binary and Regression models": "the threshold depends on the target type",
    "only for Binary models": "labels and threshold depend on the target type",
    "only for Multiclass models": "class labels depend on the target type",
    "at least two labels": "class labels depend on the target type",
    "is not allowed for a model of type": "models for training have no target of their own",
    "once enabled, this cannot be disabled": "the switch goes one way",
    "blank value is not allowed": "an empty userProvidedId is none",
    "files were given with": "every file needs its path",
    "not in the latest version": "a file can be deleted once",
    '"datasetId":"is required"': "training data names a dataset",
    "one of dockerContext, dockerImage": "a version of an environment is made of something",
    "only unstructured models take a dataset": "holdout data depends on the target type",
    "these cannot be changed": "required metadata is set once",
    '"targetName":"value is not allowed to be null"': "most target types keep a target's name",
    '":"not found"': "templates, bundles and secrets with does-not-exist in their id are none",
}
# Wrong requests that are accepted all the same: part of what is wrong -> why.
LENIENT = {
    "| null, became string)": "an empty text in a form or query stands for null",
    "| null, became array)": "an empty list leaves no trace in a form or query",
    "| null, became object)": "an empty object leaves no trace in a form or query",
}


def _build(ground: Ground) -> dict[str, str]:
    return {"customModelVersionId": ground.started_build()}


def _other_build(ground: Ground) -> dict[str, str]:
    ground.__dict__.pop("version", None)
    return _build(ground)


def _impact(ground: Ground) -> dict[str, str]:
    ground.impact()
    return {}


def _model(ground: Ground) -> dict[str, str]:
    return {"customModelId": ground.emulator.model()["id"]}


def _trained(ground: Ground) -> dict[str, str]:
    ground.__dict__.pop("version", None)
    return {"customModelVersionId": ground.version}


def _image(ground: Ground) -> dict[str, str]:
    for name in ("plain_model", "plain_version"):
        ground.__dict__.pop(name, None)
    return {"imageId": ground.image()}


def _deleted(ground: Ground) -> dict[str, str]:
    environment = ground.emulator.environment()
    ground.emulator.call("DELETE", f"/executionEnvironments/{environment}/", 204)
    return {"executionEnvironmentIds": environment}


# What every request of an operation needs anew.
FRESH: Mapping[str, Callable[[Ground], Mapping[str, str]]] = {
    f"DELETE {TEST}": lambda g: {"customModelTestId": g.started_test()},
    f"DELETE {CONVERSION}": lambda g: {"conversionId": g.started_conversion()},
    f"DELETE {VERSION}dependencyBuild/": _other_build,
    "DELETE customModels/{customModelId}/": _model,
    f"DELETE {ENVIRONMENT}": lambda g: {"environmentId": g.emulator.environment()},
    "POST executionEnvironmentsPermadelete/": _deleted,
    f"POST {VERSION}featureImpact/": _trained,
    f"POST {IMAGE}": _image,
}
# What an operation needs once.
READY: Mapping[str, Callable[[Ground], Mapping[str, str]]] = {
    f"GET {TEST}": lambda g: {"customModelTestId": g.ended_test()},
    f"GET {TEST}log/": lambda g: {"customModelTestId": g.ended_test()},
    f"GET {TEST}tail/": lambda g: {"customModelTestId": g.ended_test()},
    f"GET {CONVERSION}": lambda g: {"conversionId": g.ended_conversion()},
    f"GET {VERSION}dependencyBuild/": _build,
    f"GET {VERSION}dependencyBuildLog/": _build,
    f"GET {VERSION}featureImpact/": _impact,
    f"GET {IMAGE}": lambda g: {"imageId": g.image_impact()},
}


def attempt(name: str, mode: GenerationMode) -> set[int]:
    """Send generated requests; fail on the first breach not listed, else the statuses seen."""
    ground = Ground(token=TOKEN)
    fresh = FRESH.get(name, _nothing)
    ids = ids_of(ground, name)
    ids |= {key: [made] for key, made in READY.get(name, fresh)(ground).items()}
    right = mode is GenerationMode.POSITIVE
    raw = mended(name, ids, right)
    if not right:
        del raw["security"]  # every other request would be about a token
    schema = schemathesis.openapi.from_dict(raw)
    schema.app = ground.emulator.app
    operation = operations()[name]
    cases = schema[operation.path][operation.method].as_strategy(generation_mode=mode)
    headers, seen = {"Authorization": f"Bearer {TOKEN}"}, set[int]()

    @settings(max_examples=EXAMPLES)
    @given(case=cases)
    def send(case: Case) -> None:
        ground.settle()
        if right:
            _put(case, fresh(ground))
        response = case.call(headers=headers)
        seen.add(response.status_code)
        try:
            case.validate_response(response, headers=headers)
        except FailureGroup as group:
            if not all(_is_listed(failure, response.text) for failure in group.exceptions):
                raise

    send()
    return seen


def _nothing(_: Ground) -> Mapping[str, str]:
    return {}


def _put(case: Case, ids: Mapping[str, str]) -> None:
    for name, made in ids.items():
        if name in case.path_parameters:
            case.path_parameters[name] = made
        elif isinstance(case.body, dict):
            case.body[name] = [made]


def _is_listed(failure: Failure, answer: str) -> bool:
    if isinstance(failure, RejectedPositiveData):
        return any(part in answer for part in RULES)
    if isinstance(failure, AcceptedNegativeData):
        return any(part in failure.message for part in LENIENT)
    return False


@pytest.mark.parametrize("name", operations())
def test_right_requests(name: str) -> None:
    statuses = attempt(name, GenerationMode.POSITIVE)
    # They do come further than 404.
    assert any(status < 300 for status in statuses), statuses


@pytest.mark.parametrize("name", sorted(operations().keys() - ALWAYS_RIGHT))
def test_wrong_requests(name: str) -> None:
    statuses = attempt(name, GenerationMode.NEGATIVE)
    assert any(status >= 400 for status in statuses), statuses
