"""Where data lies on this computer."""

import os
from pathlib import Path

import platformdirs


def data_folder() -> Path:
    """The user's data folder: `HARNESS_DATA`, or the platform's own place for such data."""
    chosen = os.environ.get("HARNESS_DATA")
    if chosen:
        return Path(chosen).expanduser()
    return platformdirs.user_data_path("nas-harness", appauthor=False)
