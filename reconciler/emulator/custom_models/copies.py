"""Models made from something that exists: another model, or a template."""

from __future__ import annotations

import flask
from flask import Blueprint

from reconciler.emulator.answers import answer
from reconciler.emulator.custom_models import model_rules, training, version_files, version_rules
from reconciler.emulator.custom_models.environment_versions import latest_successful
from reconciler.emulator.custom_models.model_versions import visible_model
from reconciler.emulator.custom_models.models import shown_model
from reconciler.emulator.fields import Field, text
from reconciler.emulator.inputs import json_body
from reconciler.emulator.refusal import Refusal
from reconciler.emulator.store import Doc
from reconciler.emulator.world import caller, current

copies = Blueprint("copies", __name__)

# No catalogue is asked; an id with this in it is one that is not there.
_MISSING = "does-not-exist"
_TEMPLATE = {
    "templateId": Field(text(shortest=1), required=True),
    "resourceBundleId": Field(text(shortest=1), required=True),
    "secretConfigId": Field(text(shortest=1), required=True),
}
_TEMPLATE_PROGRAM = b"def chat(completion_create_params, model, **kwargs):\n    return model\n"


@copies.post("/api/v2/customModels/fromCustomModel/")
def copy_model() -> flask.Response:
    """A copy with its settings, versions and files; its files are its own."""
    given = json_body({"customModelId": Field(text(), required=True)})
    source = visible_model(given["customModelId"])
    # What names or marks one model alone stays behind.
    dropped = ("id", "created", "updated", "createdBy", "roles", "userProvidedId")
    settings = {name: value for name, value in source.items() if name not in dropped}
    # Not documented: the user interface of the platform names copies like this.
    settings["name"] = f"Copy of {source['name']}"[:255]
    settings["trainingDataAssignmentInProgress"] = False
    copy = model_rules.new_model(current(), caller(), settings)
    for version in current().store.children("modelVersions", source["id"]):
        _copy_version(version, copy)
    return answer(shown_model(copy), 201)


@copies.post("/api/v2/customModels/fromModelTemplate/")
def create_from_template() -> flask.Response:
    """A model of a template, with its first version."""
    given = json_body(_TEMPLATE)
    missing = [name for name, value in given.items() if _MISSING in value]
    if missing:
        raise Refusal(422, "Invalid template data.", dict.fromkeys(missing, "not found"))
    model = model_rules.new_model(current(), caller(), _from_template(given))
    settings = {
        "baseEnvironmentVersionId": _public_environment_version(),
        "resourceBundleId": given["resourceBundleId"],
    }
    draft = version_rules.Draft(caller(), settings, [("custom.py", _TEMPLATE_PROGRAM)])
    version = version_rules.add(current(), model, draft)
    return answer({"customModelId": model["id"], "customModelVersionId": version["id"]}, 201)


def _copy_version(version: Doc, copy: Doc) -> None:
    copied = current().store.put(
        "modelVersions",
        {
            **version,
            "id": current().store.new_id("modelVersions"),
            "parent": copy["id"],
            "user": caller(),
            "created": current().now(),
            "items": version_files.copied(current(), version["items"]),
        },
    )
    # What is still being assigned to the original is assigned to the copy as well.
    training.assign(current(), copied)


def _from_template(given: Doc) -> Doc:
    return {
        "name": f"Model from template {given['templateId']}"[:255],
        "customModelType": "inference",
        "targetType": "TextGeneration",
        "targetName": "resultText",
        "language": "Python",
        "resourceBundleId": given["resourceBundleId"],
        "template": {"modelType": "nimModel", "templateId": given["templateId"]},
    }


def _public_environment_version() -> str | None:
    """A built version of a public environment: what templates run on."""
    for environment in current().store.all("environments"):
        built = latest_successful(current(), environment["id"])
        if environment["isPublic"] and not environment["deleted"] and built:
            return str(built["id"])
    return None
