"""After a write whose answer was lost: did it take effect?

Each operation that makes something is looked up by what identifies it: an id, the
``userProvidedId``, the mark, a digest, or being new since the plan and equal to what was sent.
Writes that only set values are simply sent again: twice is the same as once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from reconciler.core.fileset import normal_path
from reconciler.core.marker import split
from reconciler.core.resource import Resource
from reconciler.core.step import Call
from reconciler.errors import ApiError, LiveStateError
from reconciler.providers.custom_models.archive import read_archive
from reconciler.providers.custom_models.client import Client
from reconciler.providers.custom_models.copies import Copies
from reconciler.providers.custom_models.version_mark import FILES
from reconciler.providers.custom_models.wire import Version
from reconciler.providers.http import Runtime

LOOKS = (0.0, 1.0, 3.0)
"""Pauses before each look, in seconds: a write may take effect after its connection broke."""

MAY_STILL_COME = frozenset({"create_version_from_repository", "update_version_from_repository"})
"""Jobs that nothing lists while they run: sending them again could make the same thing twice."""

Found = Mapping[str, Any] | None


class Recovery:
    """Finds what a lost write made; None when there is nothing, so that it may be sent again."""

    def __init__(self, client: Client, outside: Runtime, derivations: Copies) -> None:
        self.client = client
        self.outside = outside
        self.derivations = derivations

    def recover(self, call: Call, resource: Resource | None) -> Found:
        """The outputs of the write, as if its answer had arrived.

        Raises LiveStateError when two things could be what it made.
        """
        look = LOOK_UPS.get(call.operation)
        if look is None:
            return None
        for pause in LOOKS:
            if pause:
                self.outside.sleep(pause)
            found = look(self, call, resource)
            if found is not None:
                return found
        if call.operation in MAY_STILL_COME:
            raise ApiError(
                f"{call.method} {call.path.format_map(call.params)}: "
                "its answer was lost, and what it does may take long",
                "Run again in some minutes: a version that has come by then is found.",
            )
        return None

    def _environment(self, call: Call, _: Resource | None) -> Found:
        mark = split(call.body["description"])[1]
        owner = mark.owner if mark else ""
        found = [
            environment.id
            for environment in self.client.list_environments()
            if (seen := split(environment.description)[1]) and seen.owner == owner
        ]
        return _only(found, "id", f"execution environments of {owner}")

    def _environment_version(self, call: Call, _: Resource | None) -> Found:
        wanted = split(call.body["description"])[1]
        versions = self.client.list_environment_versions(call.params["id"])
        found = [
            version.id
            for version in _newer([(v.id, v) for v in versions], call.params["latest"])
            if wanted and (seen := split(version.description)[1]) and seen.content == wanted.content
        ]
        return _only(found, "versionId", "environment versions with the same content")

    def _model(self, call: Call, _: Resource | None) -> Found:
        identity = call.body["userProvidedId"]
        found = [m.id for m in self.client.list_models() if m.user_provided_id == identity]
        return _only(found, "id", f"custom models with the userProvidedId {identity}")

    def _version(self, call: Call, resource: Resource | None) -> Found:
        versions = self.client.list_versions(call.params["id"])
        found = [
            version.id
            for version in _newer([(v.id, v) for v in versions], call.params["latest"])
            if self._is_what_was_sent(call, version, resource)
        ]
        return _only(found, "versionId", "model versions equal to what was sent")

    def _is_what_was_sent(self, call: Call, version: Version, resource: Resource | None) -> bool:
        if version.base_environment_version_id != call.body["baseEnvironmentVersionId"]:
            return False
        wanted = resource.files.get(FILES) if resource else None
        if wanted is None:
            return True
        if {normal_path(item.file_path) for item in version.items} != set(wanted.by_path):
            return False
        with self.client.download_version(call.params["id"], version.id) as content:
            return read_archive(content, "tree").files == wanted

    def _from_repository(self, call: Call, _: Resource | None) -> Found:
        versions = self.client.list_versions(call.params["id"])
        found = [
            version.id
            for version in _newer([(v.id, v) for v in versions], call.params["latest"])
            if any(item.commit_sha for item in version.items)
        ]
        # The job's status is lost with the answer; the wait reads the version itself.
        return (
            None if not found else {**(_only(found, "versionId", "versions") or {}), "status": ""}
        )

    def _build(self, call: Call, _: Resource | None) -> Found:
        build = self.client.get_build(call.params["id"], call.params["version"])
        if build is None or build.build_start == call.params["since"]:
            return None
        return {"building": True}

    def _test(self, call: Call, _: Resource | None) -> Found:
        version = call.params["version"]
        found = [
            test.id
            for test in self.client.list_tests(call.params["id"])
            if test.id not in call.params["known"]
            and test.custom_model_version
            and test.custom_model_version.id == version
        ]
        return _only(found, "testId", f"tests of version {version}")

    def _conversion(self, call: Call, _: Resource | None) -> Found:
        identity, version = call.params["id"], call.params["version"]
        found = self.client.list_conversions(identity, version, latest=False)
        new = [conversion.id for conversion in found if conversion.id not in call.params["known"]]
        return _only(new, "conversionId", f"conversions of version {version}")

    def _impact(self, call: Call, _: Resource | None) -> Found:
        try:
            found = self.client.get_impact(call.params["id"], call.params["version"])
        except ApiError as error:
            # 422: it is being computed; 404: there is none.
            return {"impactStatus": ""} if error.status == 422 else None
        asked = call.body.get("rowCount")
        return {"impactStatus": ""} if asked in (None, found.row_count) else None

    def _training(self, call: Call, _: Resource | None) -> Found:
        model = self.client.get_model(call.params["id"])
        held = {
            "datasetId": model.training_dataset_id,
            "datasetVersionId": model.training_dataset_version_id,
            "partitionColumn": model.training_data_partition_column,
        }
        came = all(held[key] == value for key, value in call.body.items())
        return (
            {"trainingStatus": ""} if came or model.training_data_assignment_in_progress else None
        )

    def _deleted(self, call: Call, read: Callable[[str], object]) -> Found:
        try:
            read(call.params["id"])
        except ApiError as error:
            if error.status == 404:
                return {}
            raise
        return None


LOOK_UPS: Mapping[str, Callable[[Recovery, Call, Resource | None], Found]] = {
    "create_environment": Recovery._environment,
    "create_environment_version": Recovery._environment_version,
    "delete_environment": lambda s, c, _: s._deleted(c, s.client.get_environment),
    "create_model": Recovery._model,
    "delete_model": lambda s, c, _: s._deleted(c, s.client.get_model),
    "copy_model": lambda s, c, r: s.derivations.find(c, r),
    "create_model_from_template": lambda s, c, r: s.derivations.find(c, r),
    "create_version": Recovery._version,
    "create_version_from_latest": Recovery._version,
    "create_version_from_repository": Recovery._from_repository,
    "update_version_from_repository": Recovery._from_repository,
    "start_build": Recovery._build,
    "start_test": Recovery._test,
    "start_conversion": Recovery._conversion,
    "start_impact": Recovery._impact,
    "assign_training_data": Recovery._training,
}


def _newer(versions: Sequence[tuple[str, Any]], latest: str | None) -> Iterable[Any]:
    """Those before the latest one that the plan knew; the lists run from new to old."""
    for identity, version in versions:
        if identity == latest:
            return
        yield version


def _only(found: Sequence[str], key: str, what: str) -> Found:
    if len(found) > 1:
        raise LiveStateError(
            f"after an answer that was lost there are {len(found)} {what}: "
            + ", ".join(sorted(found)),
            "Look at them, delete what is too much, and run again.",
        )
    return {key: found[0]} if found else None
