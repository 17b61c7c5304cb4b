"""What the version operations take: a form, or the same fields as JSON."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.custom_models import runtime_parameters
from reconciler.emulator.custom_models.version_files import MOST_FILES
from reconciler.emulator.fields import (
    Field,
    Fields,
    encoded,
    flag,
    loose,
    many,
    mapping,
    one_of,
    one_or_many,
    shape,
    text,
    url,
    whole,
)
from reconciler.emulator.inputs import Form
from reconciler.emulator.refusal import Refusal, invalid

LEAST_MEMORY, MOST_MEMORY = 134_217_728, 15_032_385_536
MOST_REPLICAS = 8
# Fields that a form repeats.
LISTS = ("filePath", "filesToDelete")
_LARGEST_UPLOAD = 100 * 1024 * 1024

GIT = shape(
    {
        "commitUrl": Field(url, required=True),
        "mainBranchCommitSha": Field(text(40, 40), required=True),
        # Marked as required although it has a default; what a strict server wants is asked for.
        "pullRequestCommitSha": Field(text(40, 40), required=True, null=True),
        "refName": Field(text(), required=True),
    }
)
MEMORY = whole(LEAST_MEMORY, MOST_MEMORY)
REPLICAS = whole(1, MOST_REPLICAS)
METADATA_VALUES = many(
    shape({"fieldName": Field(text(), True), "value": Field(text(100), True)}), 100
)
DATASET = {
    "datasetId": Field(text(), null=True),
    "datasetVersionId": Field(text(), null=True),
    "datasetName": Field(text(255), null=True),
}
TRAINING = shape({**DATASET, "assignmentInProgress": Field(flag)})
HOLDOUT = shape({**DATASET, "partitionColumn": Field(text(500), null=True)})


def _major(value: Any) -> bool:
    """A choice of four words in a form; a JSON caller sends them or a boolean."""
    return flag(value) if isinstance(value, bool) else flag(loose(flag)(value))


def _metadata(value: Any) -> list[dict[str, str]]:
    """The older form of the metadata, an object, as the newer list."""
    given = mapping(value)
    return METADATA_VALUES([{"fieldName": n, "value": v} for n, v in given.items()])  # type: ignore[no-any-return]  # a check of a list gives a list


NEW: Fields = {
    "isMajorUpdate": Field(_major, required=True),
    "baseEnvironmentId": Field(text()),
    "baseEnvironmentVersionId": Field(text()),
    "filePath": Field(one_or_many(text(1024, 1), 1000)),
    "maximumMemory": Field(loose(MEMORY), null=True),
    "desiredMemory": Field(loose(MEMORY), null=True),
    "replicas": Field(loose(REPLICAS), null=True),
    "networkEgressPolicy": Field(one_of("NONE", "PUBLIC"), null=True),
    "requiresHa": Field(loose(flag), null=True),
    "resourceBundleId": Field(text(), null=True),
    "requiredMetadata": Field(encoded(_metadata)),
    "requiredMetadataValues": Field(encoded(METADATA_VALUES)),
    "gitModelVersion": Field(encoded(GIT)),
    "trainingData": Field(encoded(TRAINING), null=True),
    "holdoutData": Field(encoded(HOLDOUT), null=True),
    "keepTrainingHoldoutData": Field(loose(flag)),
    **runtime_parameters.FIELDS,
}
NEXT: Fields = {**NEW, "filesToDelete": Field(one_or_many(text(), MOST_FILES))}
METADATA: Fields = {
    "description": Field(text(10_000)),
    "gitModelVersion": Field(GIT),
    "requiredMetadata": Field(_metadata),
    "requiredMetadataValues": Field(METADATA_VALUES),
}
FROM_REPOSITORY: Fields = {
    "repositoryId": Field(text(shortest=1), required=True),
    "ref": Field(text(shortest=1)),
    "sourcePath": Field(one_or_many(text(1024, 1), 100)),
    "baseEnvironmentId": Field(text()),
    "isMajorUpdate": Field(flag),
    "keepTrainingHoldoutData": Field(flag),
    "requiredMetadata": Field(_metadata),
    "requiredMetadataValues": Field(METADATA_VALUES),
}
WITH_TRAINING_DATA: Fields = {
    "trainingData": Field(TRAINING, required=True),
    "holdoutData": Field(HOLDOUT),
    "gitModelVersion": Field(GIT),
}


def uploads(form: Form) -> list[tuple[str, bytes]]:
    """The uploaded files: the n-th ``file`` goes to the n-th ``filePath``."""
    paths: list[str] = form.values.pop("filePath", [])
    files = form.of("file")
    if len(paths) != len(files):
        raise invalid(
            {"filePath": f"{len(files)} files were given with {len(paths)} paths; each needs one"}
        )
    wrong = {str(place): why for place, path in enumerate(paths) if (why := wrong_path(path))}
    if wrong:
        raise invalid({"filePath": wrong})
    contents = [file.read() for file in files]
    if sum(map(len, contents)) > _LARGEST_UPLOAD:
        raise Refusal(413, f"The files are larger than {_LARGEST_UPLOAD} bytes together.")
    return list(zip(paths, contents, strict=True))


def wrong_path(path: str) -> str | None:
    """Why the path cannot be one inside a version, or None."""
    parts = path.split("/")
    if "\0" in path or "\\" in path or any(part in ("", ".", "..") for part in parts):
        return "the path must be relative, with / between its parts and no . or .. among them"
    return None
