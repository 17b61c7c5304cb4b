"""The emulated APIs.

To add one, write its blueprints in modules beside these, make a Room of them and list it in ROOMS;
the gate (latency, faults, request log, transactions), the controls, the store and the jobs serve
every room.
"""

from __future__ import annotations

import flask

from reconciler.emulator import tokens
from reconciler.emulator.answers import answer
from reconciler.emulator.batch_room import BATCHES
from reconciler.emulator.conversions import conversions
from reconciler.emulator.copies import copies
from reconciler.emulator.datasets import datasets
from reconciler.emulator.dependency_builds import dependency_builds
from reconciler.emulator.environment_versions import environment_versions
from reconciler.emulator.environments import environments
from reconciler.emulator.explanations import explanations
from reconciler.emulator.feature_impact import feature_impact
from reconciler.emulator.model_runs_room import MODEL_RUNS
from reconciler.emulator.model_tests import model_tests
from reconciler.emulator.model_versions import model_versions
from reconciler.emulator.models import models
from reconciler.emulator.platform import platform
from reconciler.emulator.refusal import Refusal
from reconciler.emulator.registry_room import REGISTRY
from reconciler.emulator.repositories import repositories
from reconciler.emulator.room import Room
from reconciler.emulator.sharing import sharing
from reconciler.emulator.training_data import training_data


def refuse_custom_models(refusal: Refusal) -> flask.Response:
    """``message`` always, ``errors`` per field, and what an operation documents beside them."""
    body = {"message": refusal.message, **refusal.extra}
    if refusal.errors is not None:
        body["errors"] = refusal.errors
    return answer(body, refusal.status)


CUSTOM_MODELS = Room(
    prefixes=("/api/v2/",),
    blueprints=(
        platform,
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
    ),
    caller=tokens.datarobot,
    refuse=refuse_custom_models,
)
# The first room whose prefix fits has a path.  The controls, and paths of no room, answer in the
# shape of the first.
ROOMS: tuple[Room, ...] = (CUSTOM_MODELS, REGISTRY, MODEL_RUNS, BATCHES)
