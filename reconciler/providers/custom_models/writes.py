"""Every write by its name: one call of the plan is one request that changes something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reconciler.core.resource import Resource
from reconciler.core.step import Call
from reconciler.errors import ApiError, LiveStateError, UnknownOutcome
from reconciler.providers.answer import ContractBroken
from reconciler.providers.custom_models.client.client import Client
from reconciler.providers.custom_models.concurrency import keep_one_environment, refuse_newer
from reconciler.providers.custom_models.copies import Copies
from reconciler.providers.custom_models.version_mark import marked_text
from reconciler.providers.http import LOST_HINT
from reconciler.providers.upload import readers

Write = Callable[["Writes", Call, Resource | None], Mapping[str, Any] | None]


class Writes:
    """Makes the calls of a plan; their outputs are what the call ``outputs``."""

    def __init__(self, client: Client, derivations: Copies) -> None:
        self.client = client
        self.derivations = derivations

    def send(self, call: Call, resource: Resource | None) -> Mapping[str, Any]:
        """One write, by the operation's name."""
        if "latest" in call.params:
            refuse_newer(self.client, call)
        try:
            return WRITES[call.operation](self, call, resource) or {}
        except (ContractBroken, KeyError, TypeError) as error:
            # It was accepted, and the answer does not tell what it made.
            raise UnknownOutcome(
                f"{call.operation}: the platform's answer cannot be read ({error})", LOST_HINT
            ) from error

    def _create_environment(self, call: Call, _: Resource | None) -> Mapping[str, Any]:
        made = self.client.create_environment(call.body)
        keep_one_environment(self.client, call, made)
        return {"id": made}

    def _share(self, call: Call, _: Resource | None) -> None:
        collection, identity, roles = (
            call.params["collection"],
            call.params["id"],
            call.body["data"],
        )
        self.client.share(collection, identity, roles)
        if any(entry["role"] is None for entry in roles):
            self._still_seen(collection, identity)

    def _still_seen(self, collection: str, identity: str) -> None:
        """LiveStateError when a list took away our own role: the next run would make it again.

        No operation tells who we are, so that it cannot be known before.
        """
        try:
            self.client.http.get(f"{collection}/{identity}/")
        except ApiError as error:
            if error.status not in (403, 404):
                raise
            raise LiveStateError(
                f"{identity} is shared as the list says, and this token's user is not on it",
                "Have an owner give it a role and name it in the list, before anything is applied.",
            ) from error

    def _start_impact(self, call: Call, _: Resource | None) -> Mapping[str, Any]:
        identity, version = call.params["id"], call.params["version"]
        try:
            return {"impactStatus": self.client.start_impact(identity, version, call.body)}
        except ApiError as error:
            # 404 is what the platform answers when it was submitted before.
            if error.status == 404:
                raise UnknownOutcome(error.message, LOST_HINT) from error
            raise

    def _create_environment_version(
        self, call: Call, resource: Resource | None
    ) -> Mapping[str, Any]:
        with readers(call.uploads, resource) as files:
            version = self.client.create_environment_version(
                call.params["id"], call.body, {f.field: (f.filename, f.open) for f in files}
            )
        return {"versionId": version}

    def _create_version(self, call: Call, resource: Resource | None) -> Mapping[str, Any]:
        create = getattr(self.client, call.operation)
        with readers(call.uploads, resource) as files:
            made = create(call.params["id"], call.body, {f.filename: f.open for f in files})
        return {"versionId": made.id}

    def _mark_version(self, call: Call, _: Resource | None) -> None:
        body = {"description": marked_text(call.body)}
        self.client.update_version(call.params["id"], call.params["version"], body)

    def _start_build(self, call: Call, _: Resource | None) -> Mapping[str, Any]:
        identity, version = call.params["id"], call.params["version"]
        unsure = call.params["onlyWithDependencies"]
        if unsure and not self.client.get_version(identity, version).dependencies:
            return {"building": False}
        self.client.start_build(identity, version)
        return {"building": True}

    def _start_test(self, call: Call, _: Resource | None) -> Mapping[str, Any]:
        self.client.start_test(call.body)
        # The answer names a status only; the test itself is in the list at once, newest first.
        for test in self.client.list_tests(call.params["id"]):
            if test.custom_model_version and test.custom_model_version.id == call.params["version"]:
                return {"testId": test.id}
        raise ApiError(
            f"the test of version {call.params['version']} was accepted, but is not listed",
            "Run it again: a test that is there is waited for.",
        )

    def _start_conversion(self, call: Call, _: Resource | None) -> Mapping[str, Any]:
        identity, version = call.params["id"], call.params["version"]
        program = call.params["mainProgram"]
        items = self.client.get_version(identity, version).items
        found = [item.id for item in items if item.file_path == program]
        if not found:
            raise ApiError(
                f"version {version} has no file {program}",
                "conversion.mainProgram names a file of the version, relative to its root.",
            )
        return {"conversionId": self.client.start_conversion(identity, version, found[0])}

    def _erase(self, call: Call, _: Resource | None) -> None:
        ids = call.body["ids"]
        try:
            self.client.erase_environments(ids)
        except ApiError as error:
            if error.status == 404:
                return  # erased before, by a sending whose answer was lost
            if isinstance(error, UnknownOutcome):
                raise
            raise ApiError(
                f"{error.message}; {', '.join(ids)} is deleted, but not erased",
                "No later run can see it: have an administrator erase it, by this id.",
                status=error.status,
            ) from error


WRITES: Mapping[str, Write] = {
    "create_environment": Writes._create_environment,
    "update_environment": lambda w, c, _: w.client.update_environment(c.params["id"], c.body),
    "delete_environment": lambda w, c, _: w.client.delete_environment(c.params["id"]),
    "create_environment_version": Writes._create_environment_version,
    "create_model": lambda w, c, _: {"id": w.client.create_model(c.body).id},
    "copy_model": lambda w, c, r: w.derivations.copy(c, r),
    "create_model_from_template": lambda w, c, r: w.derivations.from_template(c, r),
    "update_model": lambda w, c, _: w.client.update_model(c.params["id"], c.body),
    "delete_model": lambda w, c, _: w.client.delete_model(c.params["id"]),
    "create_version": Writes._create_version,
    "create_version_from_latest": Writes._create_version,
    "create_version_from_repository": lambda w, c, _: {
        "status": w.client.create_version_from_repository(c.params["id"], c.body)
    },
    "update_version_from_repository": lambda w, c, _: {
        "status": w.client.update_version_from_repository(c.params["id"], c.body)
    },
    "assign_training_data": lambda w, c, _: {
        "trainingStatus": w.client.assign_training_data(c.params["id"], c.body)
    },
    "erase_environments": Writes._erase,
    "mark_version": Writes._mark_version,
    "share": Writes._share,
    "start_build": Writes._start_build,
    "start_test": Writes._start_test,
    "start_impact": Writes._start_impact,
    "start_explanations": lambda w, c, _: {
        "explanationsStatus": w.client.start_explanations(c.params["id"], c.params["version"])
    },
    "start_conversion": Writes._start_conversion,
}
