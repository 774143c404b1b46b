"""Searches that become reference results."""

import pandas as pd
import pytest

from tests.reports.fake_trials import failed, gradient_results


@pytest.fixture
def searches() -> pd.DataFrame:
    """Four searches on a GPU, of which one collapsed and one failed."""
    found = gradient_results(collapsing=(2,), device="cuda").assign(overrides="")
    found["key"] = "reference-" + found["seed"].astype(str)
    # Strings of digits, such as a digest or a version, stay strings.
    found = found.assign(settings_digest="12345678", table_version="1.0")
    return failed(found, {3}, "killed, at night")
