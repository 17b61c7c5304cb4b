"""The table of the emulated APIs: the one module that imports all of them.

To add one, write a package with an ``api.py`` beside the others and list its ``Api`` here; the
middleware (latency, faults, request log, transactions), the controls, the store and the jobs serve
every API.
"""

from __future__ import annotations

from reconciler.emulator.api import Api
from reconciler.emulator.batch_inference.api import BATCHES
from reconciler.emulator.custom_models.api import CUSTOM_MODELS
from reconciler.emulator.model_registry.api import REGISTRY
from reconciler.emulator.model_runs.api import MODEL_RUNS
from reconciler.emulator.surroundings.api import SURROUNDINGS

# The first API whose prefix matches serves a path.  The controls, and paths of no API, answer in
# the shape of the first.  The surroundings come before the custom models, which take all that is
# left of /api/v2/; both are one platform and answer in one shape.
APIS: tuple[Api, ...] = (SURROUNDINGS, CUSTOM_MODELS, REGISTRY, MODEL_RUNS, BATCHES)
