"""The one line that the toy family adds to each of the three tables."""

from __future__ import annotations

from reconciler.emulator.apis import APIS
from reconciler.provider_source import SOURCES, SettingsSource
from reconciler.providers.all import FAMILIES, Family
from tests.support.sandbox import Tables
from tests.toy_family.aliases.kind import KIND
from tests.toy_family.emulator.api import ALIASES

TABLES = Tables(
    families=(
        *FAMILIES,
        Family("aliases", (KIND,), "tests.toy_family.aliases.provider:Aliases"),
    ),
    sources={**SOURCES, "aliases": SettingsSource("ALIASES_URL", (("token", "ALIASES_TOKEN"),))},
    apis=(*APIS, ALIASES),
)
