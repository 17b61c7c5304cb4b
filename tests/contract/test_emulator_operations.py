"""Every documented operation is served, under the documented method and path, and no other."""

from __future__ import annotations

import re

from tests.support.emulator import Emulator

# Method by method, below /api/v2.
DOCUMENTED = """
GET POST customInferenceImages/{}/featureImpact/
GET customModelLimits/
GET POST customModelTests/
GET DELETE customModelTests/{}/
GET customModelTests/{}/log/
GET customModelTests/{}/tail/
GET POST customModels/
POST customModels/fromCustomModel/
POST customModels/fromModelTemplate/
POST customModels/predictionExplanationsInitialization/
GET PATCH DELETE customModels/{}/
GET PATCH customModels/{}/accessControl/
GET customModels/{}/download/
PATCH customModels/{}/trainingData/
GET POST PATCH customModels/{}/versions/
POST PATCH customModels/{}/versions/fromRepository/
PATCH customModels/{}/versions/withTrainingData/
GET PATCH customModels/{}/versions/{}/
GET POST customModels/{}/versions/{}/conversions/
GET DELETE customModels/{}/versions/{}/conversions/{}/
GET POST DELETE customModels/{}/versions/{}/dependencyBuild/
GET customModels/{}/versions/{}/dependencyBuildLog/
GET customModels/{}/versions/{}/download/
GET POST customModels/{}/versions/{}/featureImpact/
POST customModels/{}/versions/{}/predictionExplanationsInitialization/
GET POST executionEnvironments/
GET PATCH DELETE executionEnvironments/{}/
GET PATCH executionEnvironments/{}/accessControl/
GET POST executionEnvironments/{}/versions/
GET executionEnvironments/{}/versions/{}/
GET executionEnvironments/{}/versions/{}/buildLog/
GET executionEnvironments/{}/versions/{}/download/
POST executionEnvironmentsPermadelete/
"""
# What the official client, the vendor's GitHub action and its Terraform provider need beside them.
AROUND = """
GET version/
GET status/{}/
POST datasets/fromFile/
GET DELETE datasets/{}/
GET /ping
GET ping
GET ping/
GET account/info/
GET customModelDeployments/
GET deployments/
GET deployments/{}/
GET modelPackages/
GET modelPackages/{}/
POST modelPackages/fromCustomModelVersion/
GET registeredModels/
GET PATCH registeredModels/{}/
GET registeredModels/{}/versions/
GET registeredModels/{}/versions/{}/
"""


def operations(table: str) -> set[tuple[str, str]]:
    found = set()
    for line in table.strip().splitlines():
        *methods, path = line.split()
        found |= {(method, f"/api/v2/{path}") for method in methods}
    return found


def served() -> set[tuple[str, str]]:
    """The routes of the app, with one rule that stands for two kinds written out."""
    kinds = ("customModels", "executionEnvironments")
    found = set()
    for rule in Emulator().app.url_map.iter_rules():
        paths = [rule.rule]
        if "<any(" in rule.rule:
            paths = [re.sub(r"<any\([^)]*\):kind>", kind, rule.rule) for kind in kinds]
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        found |= {(m, re.sub(r"<\w+>", "{}", path)) for m in methods for path in paths}
    return {(method, path) for method, path in found if path.startswith("/api/v2/")}


def test_the_documented_operations_are_fifty_four() -> None:
    assert len(operations(DOCUMENTED)) == 54


def test_they_and_no_others_are_served() -> None:
    assert served() == operations(DOCUMENTED) | operations(AROUND)
