"""The folder of downloaded data and tables."""

import os
from pathlib import Path

import platformdirs


def data_folder() -> Path:
    """Return the data folder: `HARNESS_DATA`, or the platform's folder for user data."""
    chosen = os.environ.get("HARNESS_DATA")
    if chosen:
        return Path(chosen).expanduser()
    return platformdirs.user_data_path("nas-harness", appauthor=False)
