"""Datasets, as far as the custom model flows need them: upload, read, delete.

Not part of the custom model pages; the official client uploads test and training data this way.
"""

from __future__ import annotations

import csv
import io
import os

import flask
from flask import Blueprint

from reconciler.emulator import jobs
from reconciler.emulator.answers import answer, nothing
from reconciler.emulator.fields import Field, encoded, flag, loose, many, text
from reconciler.emulator.inputs import form_body
from reconciler.emulator.refusal import Refusal, invalid, not_found
from reconciler.emulator.store import Doc
from reconciler.emulator.world import World, caller, current, user_id

datasets = Blueprint("datasets", __name__)

_KIND = "datasets"
_INGEST = "datasetIngest"
_NEW = {
    "categories": Field(encoded(many(text(), 100))),
    "persistDataAfterIngestion": Field(loose(flag)),
    "useCaseId": Field(text()),
}


@datasets.post("/api/v2/datasets/fromFile/")
def create_from_file() -> flask.Response:
    """Take one file; reading it is a job."""
    form = form_body(_NEW, ("file",))
    files = form.of("file")
    if len(files) != 1:
        raise invalid({"file": "exactly one file is required"})
    name = os.path.basename(files[0].filename or "dataset.csv")
    content = files[0].read()
    dataset = {
        "id": current().store.new_id(_KIND),
        "versionId": current().store.new_id("datasetVersions"),
        "name": name,
        "user": caller(),
        "created": current().now(),
        "digest": current().store.keep(content),
        "size": len(content),
        "columns": [],
        "rows": 0,
        "deleted": False,
        "error": "",
        # A dataset that is not kept after ingestion cannot be read again later.
        "snapshot": form.values.get("persistDataAfterIngestion", True),
    }
    current().store.put(_KIND, dataset)
    job = jobs.submit(current(), _INGEST, caller(), datasetId=dataset["id"])
    current().store.change(
        _KIND, current().store.get(_KIND, dataset["id"]) or dataset, job=job["id"]
    )
    body = {
        "catalogId": dataset["id"],
        "catalogVersionId": dataset["versionId"],
        "statusId": job["id"],
    }
    return answer(body, 202, f"/api/v2/status/{job['id']}/")


@datasets.get("/api/v2/datasets/<dataset_id>/")
def get_dataset(dataset_id: str) -> flask.Response:
    """One dataset."""
    return answer(_shown(_visible(dataset_id)))


@datasets.delete("/api/v2/datasets/<dataset_id>/")
def delete_dataset(dataset_id: str) -> flask.Response:
    """Mark as deleted; using it afterwards is answered with 410."""
    current().store.change(_KIND, _visible(dataset_id), deleted=True)
    return nothing()


@jobs.work(_INGEST)
def ingest(world: World, job: Doc) -> jobs.Outcome:
    """Read the header and count the rows."""
    dataset = world.store.get(_KIND, job["subject"]["datasetId"])
    if dataset is None:
        return jobs.Outcome(jobs.ABORTED, "The dataset was deleted.")
    columns, rows = _read(world.store.blob(dataset["digest"]))
    error = "" if columns else "The file has no header."
    world.store.change(_KIND, dataset, columns=columns, rows=rows, error=error)
    path = f"/api/v2/datasets/{dataset['id']}/"
    return jobs.Outcome(jobs.ERROR if error else jobs.COMPLETED, error, path)


def usable(
    world: World, dataset_id: str, version_id: str | None = None, user: str | None = None
) -> Doc:
    """A dataset that the caller may use for testing or training, or the refusal of the pages."""
    dataset = world.store.get(_KIND, dataset_id)
    if dataset is None or version_id not in (None, dataset["versionId"]):
        raise not_found("Dataset")
    if dataset["deleted"]:
        raise Refusal(410, "The requested dataset has been deleted.")
    if dataset["user"] != (user or caller()):
        raise Refusal(403, "You do not have permission to use the requested dataset.")
    if jobs.is_running(world, dataset.get("job")):
        raise Refusal(422, "The ingest of the dataset must finish before it can be used.")
    if dataset["error"]:
        raise Refusal(422, f"The dataset cannot be used: {dataset['error']}")
    return dataset


def _visible(dataset_id: str) -> Doc:
    dataset = current().store.get(_KIND, dataset_id)
    if dataset is None or dataset["deleted"] or dataset["user"] != caller():
        raise not_found("Dataset")
    return dataset


def _shown(dataset: Doc) -> Doc:
    running = jobs.is_running(current(), dataset.get("job"))
    state = "RUNNING" if running else "ERROR" if dataset["error"] else "COMPLETED"
    return {
        "datasetId": dataset["id"],
        "versionId": dataset["versionId"],
        "name": dataset["name"],
        "categories": ["TRAINING", "PREDICTION"],
        "creationDate": dataset["created"],
        "createdBy": dataset["user"],
        "createdById": user_id(dataset["user"]),
        "isDataEngineEligible": True,
        "isLatestVersion": True,
        "isSnapshot": dataset["snapshot"],
        "processingState": state,
        "error": dataset["error"],
        "rowCount": dataset["rows"],
        "datasetSize": dataset["size"],
    }


def _read(content: bytes) -> tuple[list[str], int]:
    """The columns and the number of rows; no columns for what is not a table."""
    reader = csv.reader(io.StringIO(content.decode("utf-8-sig", "replace"), newline=""))
    try:
        columns = next(reader, [])
        rows = sum(1 for row in reader if row)
    except csv.Error:
        return [], 0
    return (columns if any(columns) else []), rows
