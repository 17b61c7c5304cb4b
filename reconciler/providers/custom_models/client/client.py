"""The typed client of the custom models API; paths are relative to an endpoint on ``/api/v2``."""

from __future__ import annotations

from reconciler.providers.custom_models.client.environment_calls import EnvironmentCalls
from reconciler.providers.custom_models.client.job_calls import JobCalls
from reconciler.providers.custom_models.client.model_calls import ModelCalls


class Client(EnvironmentCalls, ModelCalls, JobCalls):
    """Every operation of the API, each a typed method, over one ``Http``."""
