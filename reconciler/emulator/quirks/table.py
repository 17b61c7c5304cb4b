"""Every quirk that there is."""

from __future__ import annotations

from reconciler.emulator.quirks.ascending import Ascending
from reconciler.emulator.quirks.bundle_memory import BundleMemory
from reconciler.emulator.quirks.empty_objects import EmptyObjects
from reconciler.emulator.quirks.frozen_metadata import FrozenMetadata
from reconciler.emulator.quirks.hide_versionless import HideVersionless
from reconciler.emulator.quirks.inherit_description import InheritDescription
from reconciler.emulator.quirks.lag import Lag
from reconciler.emulator.quirks.late import Late
from reconciler.emulator.quirks.lower_users import LowerUsers
from reconciler.emulator.quirks.nfc_names import NfcNames
from reconciler.emulator.quirks.nulls import Nulls
from reconciler.emulator.quirks.other_host import OtherHost
from reconciler.emulator.quirks.quirk import Quirk
from reconciler.emulator.quirks.slow_404 import Slow404
from reconciler.emulator.quirks.strict_forms import StrictForms
from reconciler.emulator.quirks.tar_gz_log import TarGzLog
from reconciler.emulator.quirks.trim_text import TrimText

# Answers are shaped in this order: what is null after `nulls` is an object after `empty-objects`.
QUIRKS: tuple[type[Quirk], ...] = (
    InheritDescription,
    FrozenMetadata,
    Ascending,
    HideVersionless,
    BundleMemory,
    Nulls,
    EmptyObjects,
    OtherHost,
    StrictForms,
    Lag,
    Slow404,
    TrimText,
    LowerUsers,
    NfcNames,
    TarGzLog,
    Late,
)
