"""Every documented refusal of every operation: the input that causes it, or why none does.

A case prepares the ground and gives back the client that is refused and what it calls the method
with; the arguments of the table's own row serve where nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reconciler.providers.custom_models.client.client import Client
from tests.contract.operations import ENVIRONMENTS, MODEL, MODELS, TEMPLATE
from tests.support.contract import Operation
from tests.support.custom_models_api import MISSING, Ground, context, opened
from tests.support.emulator import ANN, OWNER, PROGRAM, V2

Case = Callable[[Ground], tuple[Client, tuple[Any, ...]]]

VERSION = "customModels/{customModelId}/versions/{customModelVersionId}/"
VERSIONS = "customModels/{customModelId}/versions/"
NO_FILE = {"custom.py": PROGRAM}
BAD_LINE = {"requirements.txt": b"pandas one two\n"}

# Refusals that no input of our client brings about, with the reason.
BY_FAULT = {
    ("POST customModels/", 403): "the emulator lets every user make models",
    ("POST customModels/fromModelTemplate/", 403): "the emulator lets every user use templates",
    ("GET customModels/{customModelId}/accessControl/", 400): "our client sends no such query",
    (f"GET {VERSIONS}", 400): "our client sends no such query",
    (f"GET {VERSIONS}", 422): "our client sends no such query",
    (f"POST {VERSIONS}", 413): "a hundred megabytes for one answer",
    (f"PATCH {VERSIONS}", 413): "a hundred megabytes for one answer",
    ("GET executionEnvironments/{environmentId}/accessControl/", 400): "no such query of ours",
    ("GET executionEnvironments/{environmentId}/versions/{environmentVersionId}/buildLog/", 400): (
        "the emulator has a log for every version"
    ),
}


def _owner(arguments: Callable[[Ground], tuple[Any, ...]]) -> Case:
    return lambda ground: (ground.client, arguments(ground))


def _reader(ground: Ground, collection: str, identity: str) -> Client:
    """Ann, who may look at the object and no more."""
    role = {"data": [{"username": ANN, "role": "CONSUMER"}]}
    ground.emulator.call("PATCH", f"/{collection}/{identity}/accessControl/", 204, json=role)
    return ground.ann


def _deployed(ground: Ground, model: str) -> str:
    ground.emulator.control("POST", "deployments", {"customModelId": model})
    return model


def _deleted_dataset(ground: Ground) -> str:
    dataset = ground.dataset
    ground.emulator.call("DELETE", f"/datasets/{dataset}/", 204)
    return dataset


def _anns_dataset(ground: Ground) -> dict[str, str]:
    client = ground.emulator.client(ANN)
    answer = client.post(f"{V2}/datasets/fromFile/", files={"file": ("t.csv", b"churned\n1\n")})
    ground.settle()
    return {"datasetId": answer.json()["catalogId"]}


def _table(ground: Ground, content: bytes) -> str:
    made = ground.emulator.dataset(content)
    ground.settle()
    return made


def _version_of(ground: Ground, files: dict[str, bytes], model: str = "", **fields: Any) -> Any:
    form = {"baseEnvironmentId": ground.public, "isMajorUpdate": False, **fields}
    return model or ground.model, form, opened(files)


def _again(ground: Ground, start: Callable[[], Any], arguments: tuple[Any, ...]) -> Any:
    start()
    return ground.client, arguments


def _tested_now(ground: Ground) -> tuple[Client, tuple[Any, ...]]:
    ground.started_test()
    return ground.client, (ground.plain_model, {"name": "other"})


def _test_with(**other: Any) -> Case:
    return _owner(lambda g: ({**g.test_body(), **other},))


def _trained_and_deployed(ground: Ground) -> tuple[str, dict[str, str]]:
    ground.image()
    return _deployed(ground, ground.plain_model), {"datasetId": ground.dataset}


def _training(ground: Ground, dataset: str) -> tuple[str, dict[str, Any]]:
    ground.version  # noqa: B018  # the new version is made from it
    return ground.model, {"trainingData": {"datasetId": dataset}}


def _running_impact(ground: Ground) -> tuple[str, str]:
    ground.emulator.call("POST", f"{ground.at}featureImpact/", 202)
    return ground.ids


def _metadata(value: str) -> dict[str, Any]:
    return {"requiredMetadataValues": [{"fieldName": "REGION", "value": value}]}


def _other_metadata(ground: Ground) -> tuple[str, str, dict[str, Any]]:
    ground.emulator.call("PATCH", ground.at, 200, json=_metadata("eu"))
    return *ground.ids, _metadata("us")


def _untrained(ground: Ground) -> tuple[str, str]:
    return ground.plain_model, ground.plain_version


def _deployed_environment(ground: Ground) -> tuple[str]:
    ground.emulator.control("POST", "deployments", {"environmentId": ground.environment})
    return (ground.environment,)


def _own_role(role: str | None) -> dict[str, Any]:
    return {"data": [{"username": OWNER, "role": role}]}


def _erased(environment: str) -> dict[str, Any]:
    return {"executionEnvironmentIds": [environment]}


STRANGER = {"data": [{"username": "nobody@example.com", "role": "EDITOR"}]}
_IMAGE = "customInferenceImages/{imageId}/featureImpact/"
_TEST = "customModelTests/{customModelTestId}/"
_ENVIRONMENT = "executionEnvironments/{environmentId}/"
_BUILD = "executionEnvironments/{environmentId}/versions/"

BY_INPUT: dict[tuple[str, int], Case] = {
    (f"GET {_IMAGE}", 404): _owner(lambda g: (MISSING,)),
    (f"GET {_IMAGE}", 422): _owner(lambda g: (g.image(trained=False),)),
    (f"POST {_IMAGE}", 404): _owner(lambda g: (MISSING, {})),
    (f"POST {_IMAGE}", 422): _owner(lambda g: (g.image(), {"rowCount": 99_999})),
    ("POST customModelTests/", 403): lambda g: (
        _reader(g, MODELS, g.plain_model), (g.test_body(),)
    ),
    ("POST customModelTests/", 404): _test_with(customModelVersionId=MISSING),
    ("POST customModelTests/", 422): _test_with(maximumMemory=2**28, resourceBundleId="b"),
    (f"DELETE {_TEST}", 404): _owner(lambda g: (MISSING,)),
    (f"DELETE {_TEST}", 409): _owner(lambda g: (g.ended_test(),)),
    (f"GET {_TEST}log/", 404): _owner(lambda g: (g.started_test(),)),
    (f"GET {_TEST}tail/", 400): _owner(lambda g: (g.ended_test(), {"lines": 0})),
    (f"GET {_TEST}tail/", 404): _owner(lambda g: (MISSING, {"lines": 5})),
    ("POST customModels/", 422): lambda g: _again(
        g, lambda: g.emulator.model(userProvidedId="a/b"), ({**MODEL, "userProvidedId": "a/b"},)
    ),
    ("POST customModels/fromModelTemplate/", 422): _owner(
        lambda g: ({**TEMPLATE, "templateId": "does-not-exist"},)
    ),
    ("POST customModels/predictionExplanationsInitialization/", 422): _owner(
        lambda g: ({"customModelId": g.plain_model, "customModelVersionId": g.plain_version},)
    ),
    ("DELETE customModels/{customModelId}/", 409): _owner(
        lambda g: (g.plain_version and _deployed(g, g.plain_model),)
    ),
    ("PATCH customModels/{customModelId}/", 403): lambda g: (
        _reader(g, MODELS, g.model), (g.model, {"name": "other"})
    ),
    ("PATCH customModels/{customModelId}/", 409): _tested_now,
    ("PATCH customModels/{customModelId}/", 422): _owner(
        lambda g: (g.model, {"positiveClassLabel": "yes"})
    ),
    ("PATCH customModels/{customModelId}/accessControl/", 409): _owner(
        lambda g: (g.model, _own_role(None))
    ),
    ("PATCH customModels/{customModelId}/accessControl/", 422): _owner(
        lambda g: (g.model, STRANGER)
    ),
    ("PATCH customModels/{customModelId}/trainingData/", 409): _owner(_trained_and_deployed),
    ("PATCH customModels/{customModelId}/trainingData/", 410): _owner(
        lambda g: (g.plain_model, {"datasetId": _deleted_dataset(g)})
    ),
    ("PATCH customModels/{customModelId}/trainingData/", 422): _owner(
        lambda g: (g.plain_model, {"datasetId": _table(g, b"a,b\n1,2\n")})
    ),
    (f"POST {VERSIONS}", 403): _owner(
        lambda g: _version_of(g, NO_FILE, trainingData=_anns_dataset(g))
    ),
    (f"POST {VERSIONS}", 404): _owner(lambda g: _version_of(g, NO_FILE, MISSING)),
    (f"POST {VERSIONS}", 422): _owner(lambda g: _version_of(g, BAD_LINE)),
    (f"PATCH {VERSIONS}", 403): _owner(
        lambda g: _version_of(g, NO_FILE, trainingData=_anns_dataset(g))
    ),
    (f"PATCH {VERSIONS}", 404): lambda g: (
        _reader(g, MODELS, g.model), _version_of(g, NO_FILE)
    ),
    (f"PATCH {VERSIONS}", 422): _owner(lambda g: _version_of(g, BAD_LINE)),
    (f"POST {VERSIONS}fromRepository/", 422): _owner(
        lambda g: (g.model, {"repositoryId": "r", "sourcePath": ["../up"]})
    ),
    (f"PATCH {VERSIONS}fromRepository/", 422): _owner(
        lambda g: (g.model, {"repositoryId": "r", "sourcePath": ["../up"]})
    ),
    (f"PATCH {VERSIONS}withTrainingData/", 404): _owner(lambda g: _training(g, MISSING)),
    (f"PATCH {VERSIONS}withTrainingData/", 410): _owner(
        lambda g: _training(g, g.version and _deleted_dataset(g))
    ),
    (f"PATCH {VERSIONS}withTrainingData/", 422): _owner(
        lambda g: (g.model, {"trainingData": {"datasetId": g.dataset}})
    ),
    (f"PATCH {VERSION}", 404): _owner(lambda g: (g.model, MISSING, {"description": "d"})),
    (f"PATCH {VERSION}", 422): _owner(_other_metadata),
    (f"POST {VERSION}conversions/", 422): _owner(
        lambda g: (*g.ids, {"mainProgramItemId": MISSING})
    ),
    (f"DELETE {VERSION}conversions/{{conversionId}}/", 422): _owner(
        lambda g: (*g.ids, g.ended_conversion())
    ),
    (f"DELETE {VERSION}dependencyBuild/", 409): _owner(lambda g: (g.model, g.ended_build())),
    (f"DELETE {VERSION}dependencyBuild/", 422): _owner(lambda g: g.ids),
    (f"POST {VERSION}dependencyBuild/", 422): _owner(_untrained),
    (f"GET {VERSION}dependencyBuildLog/", 404): _owner(lambda g: (g.model, g.started_build())),
    (f"GET {VERSION}dependencyBuildLog/", 422): _owner(lambda g: g.ids),
    (f"GET {VERSION}featureImpact/", 404): _owner(lambda g: g.ids),
    (f"GET {VERSION}featureImpact/", 422): _owner(_running_impact),
    (f"POST {VERSION}featureImpact/", 404): _owner(lambda g: (*_running_impact(g), {})),
    (f"POST {VERSION}featureImpact/", 422): _owner(lambda g: (*g.ids, {"rowCount": 99_999})),
    (f"POST {VERSION}predictionExplanationsInitialization/", 422): _owner(_untrained),
    ("POST executionEnvironments/", 409): _owner(
        lambda g: ({"name": "e", "environmentId": g.environment},)
    ),
    ("POST executionEnvironments/", 422): lambda g: (
        g.ann, ({"name": "e", "programmingLanguage": "legacy"},)
    ),
    (f"DELETE {_ENVIRONMENT}", 409): _owner(_deployed_environment),
    (f"GET {_ENVIRONMENT}accessControl/", 403): lambda g: (g.ann, (g.public,)),
    (f"GET {_ENVIRONMENT}accessControl/", 404): _owner(lambda g: (MISSING,)),
    (f"PATCH {_ENVIRONMENT}accessControl/", 403): lambda g: (
        _reader(g, ENVIRONMENTS, g.environment), (g.environment, _own_role("EDITOR"))
    ),
    (f"PATCH {_ENVIRONMENT}accessControl/", 404): _owner(
        lambda g: (MISSING, _own_role("OWNER"))
    ),
    (f"PATCH {_ENVIRONMENT}accessControl/", 409): _owner(
        lambda g: (g.environment, _own_role(None))
    ),
    (f"PATCH {_ENVIRONMENT}accessControl/", 422): _owner(
        lambda g: (g.environment, STRANGER)
    ),
    (f"POST {_BUILD}", 409): _owner(
        lambda g: (g.environment, {"environmentVersionId": g.environment_version}, context())
    ),
    (f"GET {_BUILD}{{environmentVersionId}}/buildLog/", 404): _owner(
        lambda g: (g.environment, MISSING)
    ),
    ("POST executionEnvironmentsPermadelete/", 403): lambda g: (
        g.ann, (_erased(g.deleted_environment),)
    ),
    ("POST executionEnvironmentsPermadelete/", 404): _owner(lambda g: (_erased(MISSING),)),
    ("POST executionEnvironmentsPermadelete/", 409): _owner(lambda g: (_erased(g.environment),)),
}  # fmt: skip

# The one refusal that is an answer: our client says None for it.
MEANT = (f"GET {VERSION}dependencyBuild/", 422)


def told_statuses(operation: Operation) -> list[str]:
    """The documented refusals, those by fault in brackets."""
    return [
        f"({status})" if (operation.name, status) in BY_FAULT else str(status)
        for status in operation.refusals
    ]
