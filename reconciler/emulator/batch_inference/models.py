"""The models that batches may ask: /v1/active-models, /v1/model-config, and a control for more."""

from __future__ import annotations

import flask
from flask import Blueprint

from reconciler.emulator.answers import answer
from reconciler.emulator.controls import local_only
from reconciler.emulator.fields import Field, number, one_of, text, whole
from reconciler.emulator.inputs import json_body, query
from reconciler.emulator.middleware import CONTROLS
from reconciler.emulator.store import Doc
from reconciler.emulator.world import World, current

batch_models = Blueprint("batch_models", __name__)
batch_model_controls = Blueprint("batch_model_controls", __name__)
batch_model_controls.before_request(local_only)

_KIND = "inferenceModels"
_ACTIVE = "active"
_SINCE = "2025-01-01T00:00:00Z"


def _model(name: str, size: float, prices: tuple[float, float], context: int) -> Doc:
    return {
        "id": name.rpartition("/")[2].lower(),
        "name": name,
        "description": f"{name} for batch inference.",
        # The page names no unit: cents for a million tokens, as platforms of its kind have it.
        "input_price_cents": prices[0],
        "output_price_cents": prices[1],
        "model_code": name,
        "num_parameters_billions": size,
        "num_experts": None,
        "context_length": context,
        "license_url": None,
        "created_at": _SINCE,
        "updated_at": _SINCE,
        "status": _ACTIVE,
    }


_FOUNDING = (
    _model("meta-llama/Llama-3.3-70B-Instruct", 70, (20, 40), 131_072),
    _model("meta-llama/Llama-3.1-8B-Instruct", 8, (3, 5), 131_072),
    _model("Qwen/Qwen3-32B", 32, (10, 30), 40_960),
    # Small enough that an ordinary request is over its context length.
    _model("emulator/tiny-chat", 0.1, (1, 2), 2_048),
)


@batch_models.get("/v1/active-models")
def list_active_models() -> flask.Response:
    """The names of the models that can be asked now."""
    query({})
    return answer({"active_models": list(active(current()))})


@batch_models.get("/v1/model-config")
def list_model_config() -> flask.Response:
    """The same models with prices and context lengths."""
    query({})
    models = active(current()).values()
    shown = [{**model, "display_order": n} for n, model in enumerate(models, 1)]
    return answer({"active_models": shown})


@batch_model_controls.post(CONTROLS + "batches/models")
def put_model() -> flask.Response:
    """Offer one more model, change one, or take one away with ``status: inactive``."""
    given = json_body(
        {
            "name": Field(text(255, 1), required=True),
            "context_length": Field(whole(1)),
            "input_price_cents": Field(number(0)),
            "output_price_cents": Field(number(0)),
            "status": Field(one_of(_ACTIVE, "inactive")),
        }
    )
    with current().store.transaction():
        held = _all(current()).get(given["name"]) or _model(given["name"], 1, (1, 2), 32_768)
        model = {**held, **given}
        current().store.put(_KIND, {"id": model["name"], "model": model})
    return answer(model)


def active(world: World) -> dict[str, Doc]:
    """The models that can be asked, by name."""
    return {name: model for name, model in _all(world).items() if model["status"] == _ACTIVE}


def _all(world: World) -> dict[str, Doc]:
    changed = {doc["id"]: doc["model"] for doc in world.store.all(_KIND)}
    return {**{model["name"]: model for model in _FOUNDING}, **changed}
