"""The table of operations of the model registry: two lists; a path begins below one of two roots.

``GET /api/ml/v1/models`` is what the public documents describe, and the vendor's own client asks
``/api/svc/v1/models`` for the same.  Versions are documented under the second root only.  So each
list is asked for where it is documented first, and at the other root where that one is not served.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.providers.model_registry.responses import Model, ModelVersion
from reconciler.providers.operation import OperationTable, listing

ML, SVC = "api/ml/v1/", "api/svc/v1/"

OPERATIONS = OperationTable()
LIST_MODELS = OPERATIONS.add(listing("list_models", "models", Model))
LIST_VERSIONS = OPERATIONS.add(listing("list_versions", "model-versions", ModelVersion))

ROOTS: Mapping[str, tuple[str, str]] = {
    LIST_MODELS.name: (ML, SVC),
    LIST_VERSIONS.name: (SVC, ML),
}
