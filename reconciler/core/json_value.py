"""Names for JSON whose form is not ours to fix: of an author, of a platform, of a schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

JsonObject = dict[str, Any]
"""A JSON object that is being made, or was parsed and not yet checked."""
JsonSchema = Mapping[str, Any]
"""A JSON Schema, or a part of one."""
States = Mapping[str, Any]
"""Whole live objects as their platforms show them, as JSON, by address."""
