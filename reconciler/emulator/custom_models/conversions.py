"""Conversions of model versions to a JAR: .../versions/{id}/conversions/."""

from __future__ import annotations

import posixpath
import re

import flask
from flask import Blueprint

from reconciler.emulator import jobs
from reconciler.emulator.answers import answer, nothing, page
from reconciler.emulator.custom_models.model_versions import (
    VERSION,
    editable_model,
    visible_version,
)
from reconciler.emulator.custom_models.version_files import content_of
from reconciler.emulator.fields import Field, flag, loose, text
from reconciler.emulator.inputs import json_body, query
from reconciler.emulator.lists import listed
from reconciler.emulator.refusal import Refusal, invalid, not_found
from reconciler.emulator.store import Doc
from reconciler.emulator.world import World, caller, current

conversions = Blueprint("conversions", __name__)

_KIND = "conversions"
_CONVERT = "customModelVersionConversion"
_SAS_DATASET = re.compile(r"^\s*data\s+([A-Za-z_][\w.]*)\s*;", re.IGNORECASE | re.MULTILINE)
_SAS_KEEP = re.compile(r"^\s*keep\s+([^;]+);", re.IGNORECASE | re.MULTILINE)


@conversions.get(VERSION + "conversions/")
def list_conversions(model_id: str, version_id: str) -> flask.Response:
    """Every conversion, newest first, or only the latest."""
    version = visible_version(model_id, version_id)
    latest = query({"isLatest": Field(loose(flag))}).get("isLatest")
    found = current().store.children(_KIND, version["id"])
    return page(listed(found[-1:] if latest else found), _shown)


@conversions.post(VERSION + "conversions/")
def start_conversion(model_id: str, version_id: str) -> flask.Response:
    """Start a conversion from the main program's file."""
    editable_model(model_id, 403)
    version = visible_version(model_id, version_id)
    item_id = json_body({"mainProgramItemId": Field(text(), required=True)})["mainProgramItemId"]
    if item_id not in {item["id"] for item in version["items"]}:
        raise invalid({"mainProgramItemId": "not a file of the custom model version"})
    if any(_is_active(c) for c in current().store.children(_KIND, version["id"])):
        raise Refusal(422, "A conversion of the custom model version is in progress.")
    conversion = _stored(version, item_id)
    job = jobs.submit(current(), _CONVERT, caller(), conversionId=conversion["id"])
    held = current().store.get(_KIND, conversion["id"]) or conversion
    current().store.change(_KIND, held, job=job["id"])
    body = {"conversionId": conversion["id"], "statusId": job["id"]}
    # Not among the documented headers, and the official client waits on it.
    return answer(body, 202, f"/api/v2/status/{job['id']}/")


@conversions.get(VERSION + "conversions/<conversion_id>/")
def get_conversion(model_id: str, version_id: str, conversion_id: str) -> flask.Response:
    """One conversion."""
    return answer(_shown(_conversion(model_id, version_id, conversion_id)))


@conversions.delete(VERSION + "conversions/<conversion_id>/")
def stop_conversion(model_id: str, version_id: str, conversion_id: str) -> flask.Response:
    """Stop a conversion that still runs."""
    editable_model(model_id, 403)
    conversion = _conversion(model_id, version_id, conversion_id)
    if not _is_active(conversion):
        raise Refusal(422, "The given conversion is not active.")
    jobs.cancel(current(), conversion["job"], "The conversion was stopped.")
    log = "Conversion stopped on request.\n"
    current().store.change(_KIND, conversion, shouldStop=True, succeeded=False, log=log)
    return nothing()


@jobs.work(_CONVERT)
def convert(world: World, job: Doc) -> jobs.Outcome:
    """Read the main program; a failed conversion shows in its own record, not in the job."""
    conversion = world.store.get(_KIND, job["subject"]["conversionId"])
    version = world.store.get("modelVersions", conversion["parent"]) if conversion else None
    if conversion is None or version is None:
        return jobs.Outcome(jobs.ABORTED, "The custom model version was deleted.")
    path = next(i["filePath"] for i in version["items"] if i["id"] == conversion["item"])
    source = (content_of(world, version["items"], path) or b"").decode("utf-8", "replace")
    problem = _problem(path, source)
    log = [f"Compiling {path}", f"ERROR: {problem}" if problem else "Created model.jar"]
    world.store.change(
        _KIND,
        conversion,
        succeeded=problem is None,
        log="\n".join(log) + "\n",
        metadata=None if problem else generated_metadata(path, source),
    )
    base = f"/api/v2/customModels/{version['parent']}/versions/{version['id']}"
    return jobs.Outcome(jobs.COMPLETED, problem or "", f"{base}/conversions/{conversion['id']}/")


def _stored(version: Doc, item_id: str) -> Doc:
    return current().store.put(
        _KIND,
        {
            "id": current().store.new_id(_KIND),
            "parent": version["id"],
            "item": item_id,
            "created": current().now(),
            "succeeded": None,
            "shouldStop": False,
            "log": None,
            "metadata": None,
            "job": None,
        },
    )


def _conversion(model_id: str, version_id: str, conversion_id: str) -> Doc:
    version = visible_version(model_id, version_id)
    conversion = current().store.get(_KIND, conversion_id)
    if conversion is None or conversion["parent"] != version["id"]:
        raise not_found("Custom model conversion")
    return conversion


def _is_active(conversion: Doc) -> bool:
    return conversion["succeeded"] is None


def _shown(conversion: Doc) -> Doc:
    shown = {
        "id": conversion["id"],
        "customModelVersionId": conversion["parent"],
        "created": conversion["created"],
        "mainProgramItemId": conversion["item"],
        "conversionInProgress": _is_active(conversion),
        "conversionSucceeded": conversion["succeeded"],
        "shouldStop": conversion["shouldStop"],
        "logMessage": conversion["log"],
    }
    metadata = conversion["metadata"]
    return {**shown, "generatedMetadata": metadata} if metadata else shown


def _problem(path: str, source: str) -> str | None:
    """Why the program cannot become a JAR, or None."""
    name, extension = posixpath.splitext(posixpath.basename(path))
    if extension == ".sas":
        return None if _SAS_DATASET.search(source) else f"{path} makes no dataset"
    if extension != ".java":
        return f"{path} is not a program that can be converted"
    if not re.search(rf"\bclass\s+{re.escape(name)}\b", source):
        return f"{path}: class {name} should be declared in a file named {name}.java"
    if source.count("{") != source.count("}"):
        return f"{path}: reached end of file while parsing"
    return None


def generated_metadata(path: str, source: str) -> Doc:
    """The datasets that the program makes, and the columns of each.

    Every successful conversion has them, and each list holds 1 to 50 entries: the page requires
    both keys, and the official client refuses an empty list of columns.  What they hold for a
    program that names neither is not documented: here, the name of the file and one column.
    """
    name, extension = posixpath.splitext(posixpath.basename(path))
    datasets = _SAS_DATASET.findall(source) if extension == ".sas" else [name]
    kept = [columns.split() for columns in _SAS_KEEP.findall(source) if columns.split()]
    columns = kept + [["prediction"]] * (len(datasets) - len(kept))
    return {"outputDatasets": datasets[:50], "outputColumns": columns[:50]}
