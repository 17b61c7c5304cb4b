"""What every test shares: how hard Hypothesis tries, chosen by ``HYPOTHESIS_PROFILE``."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# No deadlines and no complaint about slow generation: both measure the machine, not the code.
_COMMON = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

# The default tries the same 500 cases each time, so that a red run is red for its change alone;
# the other two look at new cases each time.
settings.register_profile("ci", _COMMON, max_examples=500, derandomize=True, database=None)
settings.register_profile("dev", _COMMON, max_examples=50)
settings.register_profile("sweep", _COMMON, max_examples=20_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Long bytes are shown by the argument's name.

    Nobody reads them, and an archive made while tests are collected may hold the time, so that
    the workers of one run would not agree on the names of the tests.
    """
    return argname if isinstance(val, bytes) and len(val) > 20 else None
