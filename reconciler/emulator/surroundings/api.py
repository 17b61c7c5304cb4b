"""The surroundings of the custom models API: which paths they are, and who calls them."""

from __future__ import annotations

from reconciler.emulator import tokens
from reconciler.emulator.answers import refused
from reconciler.emulator.api import Api
from reconciler.emulator.surroundings.account import account
from reconciler.emulator.surroundings.controls import surroundings_controls
from reconciler.emulator.surroundings.deployments import deployments
from reconciler.emulator.surroundings.model_packages import model_packages
from reconciler.emulator.surroundings.platform import platform
from reconciler.emulator.surroundings.registered_models import registered_models

SURROUNDINGS = Api(
    prefixes=(
        "/api/v2/version/",
        "/api/v2/status/",
        "/api/v2/ping",
        "/api/v2//ping",
        "/api/v2/account/",
        "/api/v2/deployments/",
        "/api/v2/customModelDeployments/",
        "/api/v2/modelPackages/",
        "/api/v2/registeredModels/",
    ),
    blueprints=(
        platform,
        account,
        deployments,
        registered_models,
        model_packages,
        surroundings_controls,
    ),
    caller=tokens.datarobot,
    refuse=refused,
)
