"""The two kinds of the custom models API, as data: specs, field rules and parts in order."""

from __future__ import annotations

from reconciler.core.kind import FieldRule, FileRole, Kind, Part, PlanContext
from reconciler.core.step import StepDraft
from reconciler.providers.custom_models import environment_version, version
from reconciler.providers.custom_models.build import build_draft
from reconciler.providers.custom_models.conversion import conversion_draft
from reconciler.providers.custom_models.description import description_problems
from reconciler.providers.custom_models.environment import (
    environment_delete,
    environment_draft,
    environment_outputs,
)
from reconciler.providers.custom_models.explanations import explanations_draft
from reconciler.providers.custom_models.feature_impact import impact_draft
from reconciler.providers.custom_models.model import (
    locked_by,
    model_delete,
    model_draft,
    model_outputs,
)
from reconciler.providers.custom_models.model_copy import copy_draft
from reconciler.providers.custom_models.model_problems import model_problems
from reconciler.providers.custom_models.model_settings import SENT_AS_NULL, UNSET
from reconciler.providers.custom_models.model_test import test_draft
from reconciler.providers.custom_models.object_marker import forgotten
from reconciler.providers.custom_models.repository_version import repository_draft
from reconciler.providers.custom_models.sharing import (
    share_environment_draft,
    share_model_draft,
)
from reconciler.providers.custom_models.spec import (
    ORIGINS,
    CustomModelSpec,
    ExecutionEnvironmentSpec,
)
from reconciler.providers.custom_models.training import training_draft

JOBS = ("tests", "featureImpact", "predictionExplanations", "conversion")
DERIVED = (
    "version.environment",
    "version.files",
    "version.repository",
    "version.registryModel",
    "sharing",
    *ORIGINS,
    *JOBS,
)

ENVIRONMENT = Kind(
    name="ExecutionEnvironment",
    provider="custom_models",
    spec=ExecutionEnvironmentSpec,
    rules={
        "description": FieldRule(unset=""),
        "useCases": FieldRule(as_set=True),
        "isPublic": FieldRule(create_only=True),
        "version": FieldRule(derived=True),
        "sharing": FieldRule(derived=True),
        "sharing.users": FieldRule(derived=True, as_set=True),
    },
    files={"version.dockerContext": FileRole("context"), "version.dockerImage": FileRole("blob")},
    parts=(
        Part("", environment_draft),
        Part("version", environment_version.version_draft, ("version",)),
        Part("sharing", share_environment_draft, ("sharing",), non_blocking=True),
    ),
    check=description_problems,
    outputs=environment_outputs,
    durable_outputs=("versionId",),
    delete=environment_delete,
    forget=forgotten,
    rank=1,
)


def _model_draft(context: PlanContext) -> StepDraft | None:
    spec = context.resource.spec
    if context.live is None and any(spec.get(key) for key in ORIGINS):
        return copy_draft(context)
    return model_draft(context)


def _version_draft(context: PlanContext) -> StepDraft | None:
    wanted = context.resource.spec.get("version")
    if wanted is None:
        return None
    return repository_draft(context) if "repository" in wanted else version.version_draft(context)


MODEL = Kind(
    name="CustomModel",
    provider="custom_models",
    spec=CustomModelSpec,
    rules={
        **{key: FieldRule(unset=value) for key, value in UNSET.items()},
        **{key: FieldRule(unset=UNSET.get(key), locked_when=locked_by) for key in SENT_AS_NULL},
        "targetType": FieldRule(create_only=True),
        "calibratePredictions": FieldRule(create_only=True),
        "isTrainingDataForVersionsPermanentlyEnabled": FieldRule(one_way=True),
        "version.description": FieldRule(unset=""),
        "version.maximumMemory": FieldRule(unit="bytes"),
        "version.requiredMetadata": FieldRule(whole=True, unset={}),
        **{key: FieldRule(derived=True) for key in DERIVED},
        **{
            key: FieldRule(write_only=True) for key in ("version.update", "version.dependencyBuild")
        },
        "sharing.users": FieldRule(derived=True, as_set=True),
    },
    references={
        "version.environment.ref": "ExecutionEnvironment",
        "version.registryModel.ref": "RegistryModel",
        "copyOf.ref": "CustomModel",
    },
    files={"version.files": FileRole("tree", 100)},
    parts=(
        Part("", _model_draft, ORIGINS),
        Part("version", _version_draft, ("version",)),
        Part("training", training_draft),
        # Converting adds files, a test needs the build, the rest needs a model that works; sharing
        # comes last, so that a model that fails its gate keeps its former users.
        Part("conversion", conversion_draft, ("conversion",)),
        Part("build", build_draft),
        Part("test", test_draft, ("tests",)),
        Part("impact", impact_draft, ("featureImpact",)),
        Part("explanations", explanations_draft, ("predictionExplanations",)),
        Part("sharing", share_model_draft, ("sharing",), non_blocking=True),
    ),
    check=model_problems,
    outputs=model_outputs,
    durable_outputs=("versionId",),
    delete=model_delete,
    forget=forgotten,
    rank=2,
)
