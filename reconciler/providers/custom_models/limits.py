"""What the platform allows one model to ask for, checked before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.core.kind import PlanContext
from reconciler.errors import Problem
from reconciler.providers.custom_models.description import problem_at
from reconciler.providers.custom_models.facts import ModelLimits

# Key of spec.version -> field of GET customModelLimits/; null there means no limit.
LIMITED = {
    "maximumMemory": "max_custom_model_container_size",
    "replicas": "max_custom_model_replicas_per_deployment",
}


def limit_problems(context: PlanContext) -> Iterator[Problem]:
    """Settings of the version that are over the user's limits."""
    limits = context.platform.limits if isinstance(context.platform, ModelLimits) else None
    wanted = context.resource.spec.get("version") or {}
    for key, name in LIMITED.items():
        limit = getattr(limits, name, None)
        if limit is not None and (wanted.get(key) or 0) > limit:
            yield problem_at(
                context.resource, f"spec.version.{key}", "over-limit",
                f"{key} {wanted[key]} is more than the platform allows: {limit}",
                "Ask for less, or have the platform's administrator raise the limit.",
            )  # fmt: skip
