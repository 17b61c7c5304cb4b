"""The custom models API: how it identifies its caller, and its error shape."""

from __future__ import annotations

from reconciler.emulator import tokens
from reconciler.emulator.answers import refused
from reconciler.emulator.api import Api
from reconciler.emulator.custom_models.controls import custom_model_controls
from reconciler.emulator.custom_models.conversions import conversions
from reconciler.emulator.custom_models.copies import copies
from reconciler.emulator.custom_models.datasets import datasets
from reconciler.emulator.custom_models.dependency_builds import dependency_builds
from reconciler.emulator.custom_models.environment_versions import environment_versions
from reconciler.emulator.custom_models.environments import environments
from reconciler.emulator.custom_models.explanations import explanations
from reconciler.emulator.custom_models.feature_impact import feature_impact
from reconciler.emulator.custom_models.model_tests import model_tests
from reconciler.emulator.custom_models.model_versions import model_versions
from reconciler.emulator.custom_models.models import models
from reconciler.emulator.custom_models.repositories import repositories
from reconciler.emulator.custom_models.seed import seed
from reconciler.emulator.custom_models.sharing import sharing
from reconciler.emulator.custom_models.training_data import training_data

CUSTOM_MODELS = Api(
    prefixes=("/api/v2/",),
    blueprints=(
        environments,
        environment_versions,
        models,
        model_versions,
        repositories,
        training_data,
        copies,
        sharing,
        dependency_builds,
        model_tests,
        conversions,
        feature_impact,
        explanations,
        datasets,
        custom_model_controls,
    ),
    caller=tokens.datarobot,
    refuse=refused,
    seed=seed,
)
