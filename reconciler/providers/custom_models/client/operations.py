"""The table of operations of the custom models API: what a plan shows and what is sent.

Source: the operations of the DataRobot API, version 2.x, "Custom Models" and "Execution
Environments".  Paths are relative to the endpoint, which ends in ``/api/v2``.
"""

from __future__ import annotations

from reconciler.providers.answer import FINISHED, Answer, ContractBroken
from reconciler.providers.custom_models.client.responses import (
    Access,
    Build,
    BuildLog,
    BuiltVersion,
    Conversion,
    Created,
    Environment,
    FromTemplate,
    Impact,
    JobStatus,
    Limits,
    LogTail,
    Model,
    ModelTest,
    StartedConversion,
    Version,
)
from reconciler.providers.operation import (
    MULTIPART,
    NONE,
    Operation,
    OperationTable,
    listing,
    nothing,
    one,
    text,
)

OPERATIONS = OperationTable()
DONE = "COMPLETED"

ENVIRONMENT = "executionEnvironments/{id}/"
ENVIRONMENT_VERSION = ENVIRONMENT + "versions/{version}/"
MODEL = "customModels/{id}/"
VERSION = MODEL + "versions/{version}/"
TEST = "customModelTests/{test}/"
IMAGE = "customInferenceImages/{image}/"
FILES_TO_DELETE = frozenset({"filesToDelete"})


def job_id(answer: Answer) -> str:
    """The id of the job that a 202 names: ``Location``, which is a URL of ``status/{id}/``."""
    status = answer.headers.get("location", "").rstrip("/").rpartition("/")[2]
    if not status:
        raise ContractBroken(
            f"{answer.path} was accepted, but the platform named no job to follow",
            "Run it again: what it did is found.",
        )
    return status


def job_status(answer: Answer) -> JobStatus:
    """A finished job answers 303 to its result; a failed one 200 with ERROR or ABORTED."""
    location = answer.headers.get("location", "")
    if answer.status == FINISHED:
        return JobStatus(DONE, "", location)
    body = answer.json()
    return JobStatus(str(body.get("status", "")).upper(), str(body.get("message") or ""), location)


def build_log(answer: Answer) -> str:
    """Declared as JSON with ``data``; the platform also answers plain text."""
    if "json" not in answer.headers.get("content-type", ""):
        return answer.text
    body = answer.json()
    return str(body.get("data", "")) if isinstance(body, dict) else str(body)


# -- execution environments ------------------------------------------------------------------

LIST_ENVIRONMENTS = OPERATIONS.add(
    listing("list_environments", "executionEnvironments/", Environment)
)
GET_ENVIRONMENT = OPERATIONS.add(
    Operation("get_environment", "GET", ENVIRONMENT, one(Environment), NONE)
)
CREATE_ENVIRONMENT = OPERATIONS.add(
    Operation("create_environment", "POST", "executionEnvironments/", one(Created))
)
UPDATE_ENVIRONMENT = OPERATIONS.add(Operation("update_environment", "PATCH", ENVIRONMENT, nothing))
# Marks it as deleted; it is gone from every list.
DELETE_ENVIRONMENT = OPERATIONS.add(
    Operation("delete_environment", "DELETE", ENVIRONMENT, nothing, NONE)
)
# Takes only what was deleted before, ten ids a call.
ERASE_ENVIRONMENTS = OPERATIONS.add(
    Operation("erase_environments", "POST", "executionEnvironmentsPermadelete/", nothing)
)
LIST_ENVIRONMENT_VERSIONS = OPERATIONS.add(
    listing("list_environment_versions", ENVIRONMENT + "versions/", BuiltVersion)
)
GET_ENVIRONMENT_VERSION = OPERATIONS.add(
    Operation("get_environment_version", "GET", ENVIRONMENT_VERSION, one(BuiltVersion), NONE)
)
CREATE_ENVIRONMENT_VERSION = OPERATIONS.add(
    Operation(
        "create_environment_version", "POST", ENVIRONMENT + "versions/", one(Created), MULTIPART
    )
)
GET_ENVIRONMENT_BUILD_LOG = OPERATIONS.add(
    Operation(
        "get_environment_build_log", "GET", ENVIRONMENT_VERSION + "buildLog/", one(BuildLog), NONE
    )
)
DOWNLOAD_ENVIRONMENT_VERSION = OPERATIONS.add(
    Operation(
        "download_environment_version", "GET", ENVIRONMENT_VERSION + "download/", nothing, NONE
    )
)
LIST_ENVIRONMENT_ACCESS = OPERATIONS.add(
    listing("list_environment_access", ENVIRONMENT + "accessControl/", Access)
)
# 100 roles at most; 409 when no owner would be left; a null role takes a user off the list.
SHARE_ENVIRONMENT = OPERATIONS.add(
    Operation("share_environment", "PATCH", ENVIRONMENT + "accessControl/", nothing)
)

# -- models and versions ---------------------------------------------------------------------

LIST_MODELS = OPERATIONS.add(listing("list_models", "customModels/", Model))
GET_MODEL = OPERATIONS.add(Operation("get_model", "GET", MODEL, one(Model), NONE))
CREATE_MODEL = OPERATIONS.add(Operation("create_model", "POST", "customModels/", one(Model)))
# The page says 201, the vendor's own action expects 200: any success counts.
UPDATE_MODEL = OPERATIONS.add(Operation("update_model", "PATCH", MODEL, nothing))
DELETE_MODEL = OPERATIONS.add(Operation("delete_model", "DELETE", MODEL, nothing, NONE))
COPY_MODEL = OPERATIONS.add(
    Operation("copy_model", "POST", "customModels/fromCustomModel/", one(Model))
)
CREATE_MODEL_FROM_TEMPLATE = OPERATIONS.add(
    Operation(
        "create_model_from_template", "POST", "customModels/fromModelTemplate/", one(FromTemplate)
    )
)
DOWNLOAD_MODEL = OPERATIONS.add(
    Operation("download_model", "GET", MODEL + "download/", nothing, NONE)
)
LIST_MODEL_ACCESS = OPERATIONS.add(listing("list_model_access", MODEL + "accessControl/", Access))
SHARE_MODEL = OPERATIONS.add(Operation("share_model", "PATCH", MODEL + "accessControl/", nothing))
GET_LIMITS = OPERATIONS.add(Operation("get_limits", "GET", "customModelLimits/", one(Limits), NONE))

LIST_VERSIONS = OPERATIONS.add(listing("list_versions", MODEL + "versions/", Version))
GET_VERSION = OPERATIONS.add(Operation("get_version", "GET", VERSION, one(Version), NONE))
# POST makes a version of these files only.
CREATE_VERSION = OPERATIONS.add(
    Operation(
        "create_version",
        "POST",
        MODEL + "versions/",
        one(Version),
        MULTIPART,
        FILES_TO_DELETE,
        "filePath",
    )
)
# PATCH puts files into the latest version, or takes them out.
CREATE_VERSION_FROM_LATEST = OPERATIONS.add(
    Operation(
        "create_version_from_latest",
        "PATCH",
        MODEL + "versions/",
        one(Version),
        MULTIPART,
        FILES_TO_DELETE,
        "filePath",
    )
)
UPDATE_VERSION = OPERATIONS.add(Operation("update_version", "PATCH", VERSION, nothing))
DOWNLOAD_VERSION = OPERATIONS.add(
    Operation("download_version", "GET", VERSION + "download/", nothing, NONE)
)
CREATE_VERSION_FROM_REPOSITORY = OPERATIONS.add(
    Operation("create_version_from_repository", "POST", MODEL + "versions/fromRepository/", job_id)
)
UPDATE_VERSION_FROM_REPOSITORY = OPERATIONS.add(
    Operation("update_version_from_repository", "PATCH", MODEL + "versions/fromRepository/", job_id)
)
# Deprecated: versions carry the data themselves.
CREATE_VERSION_WITH_TRAINING_DATA = OPERATIONS.add(
    Operation(
        "create_version_with_training_data", "PATCH", MODEL + "versions/withTrainingData/", job_id
    )
)
# Deprecated, and the only way for models without the version-level switch.
ASSIGN_TRAINING_DATA = OPERATIONS.add(
    Operation("assign_training_data", "PATCH", MODEL + "trainingData/", job_id)
)

# -- jobs of a version -----------------------------------------------------------------------

GET_STATUS = OPERATIONS.add(Operation("get_status", "GET", "status/{status}/", job_status, NONE))

START_BUILD = OPERATIONS.add(
    Operation("start_build", "POST", VERSION + "dependencyBuild/", one(Build), NONE)
)
# 422 when none was started.
GET_BUILD = OPERATIONS.add(
    Operation("get_build", "GET", VERSION + "dependencyBuild/", one(Build), NONE)
)
CANCEL_BUILD = OPERATIONS.add(
    Operation("cancel_build", "DELETE", VERSION + "dependencyBuild/", nothing, NONE)
)
GET_BUILD_LOG = OPERATIONS.add(
    Operation("get_build_log", "GET", VERSION + "dependencyBuildLog/", build_log, NONE)
)

LIST_TESTS = OPERATIONS.add(listing("list_tests", "customModelTests/", ModelTest))
START_TEST = OPERATIONS.add(Operation("start_test", "POST", "customModelTests/", job_id))
GET_TEST = OPERATIONS.add(Operation("get_test", "GET", TEST, one(ModelTest), NONE))
CANCEL_TEST = OPERATIONS.add(Operation("cancel_test", "DELETE", TEST, nothing, NONE))
GET_TEST_LOG = OPERATIONS.add(Operation("get_test_log", "GET", TEST + "log/", text, NONE))
GET_TEST_TAIL = OPERATIONS.add(
    Operation("get_test_tail", "GET", TEST + "tail/", one(LogTail), NONE)
)

LIST_CONVERSIONS = OPERATIONS.add(listing("list_conversions", VERSION + "conversions/", Conversion))
START_CONVERSION = OPERATIONS.add(
    Operation("start_conversion", "POST", VERSION + "conversions/", one(StartedConversion))
)
GET_CONVERSION = OPERATIONS.add(
    Operation("get_conversion", "GET", VERSION + "conversions/{conversion}/", one(Conversion), NONE)
)
STOP_CONVERSION = OPERATIONS.add(
    Operation("stop_conversion", "DELETE", VERSION + "conversions/{conversion}/", nothing, NONE)
)

# 404 when none exists, 422 while one is computed.
GET_IMPACT = OPERATIONS.add(
    Operation("get_impact", "GET", VERSION + "featureImpact/", one(Impact), NONE)
)
START_IMPACT = OPERATIONS.add(Operation("start_impact", "POST", VERSION + "featureImpact/", job_id))
# Deprecated: for versions that were tested as images.
GET_IMAGE_IMPACT = OPERATIONS.add(
    Operation("get_image_impact", "GET", IMAGE + "featureImpact/", one(Impact), NONE)
)
START_IMAGE_IMPACT = OPERATIONS.add(
    Operation("start_image_impact", "POST", IMAGE + "featureImpact/", job_id)
)
START_EXPLANATIONS = OPERATIONS.add(
    Operation(
        "start_explanations",
        "POST",
        VERSION + "predictionExplanationsInitialization/",
        job_id,
        NONE,
    )
)
# Deprecated: the version's own route took its place.
START_EXPLANATIONS_OF_MODEL = OPERATIONS.add(
    Operation(
        "start_explanations_of_model",
        "POST",
        "customModels/predictionExplanationsInitialization/",
        job_id,
    )
)
