"""Read the records of results folders that version 0.1 wrote before its first release.

They are not run again, resumed or reported: keys, settings and columns had other names. `results`
lists them.
"""

import json
import logging
from pathlib import Path
from typing import Any

from harness.trials.record import FORMAT, Record

_RENAMED = {"truth": "table", "truth_version": "table_version", "truth_sha256": "table_sha256",
            "truth_description": "table_description", "truth_notes": "table_notes"}  # fmt: skip

log = logging.getLogger("harness")


def read_format_1(trials: Path) -> list[Record]:
    """Return the records in a folder of trials of format 1, in the order of their keys."""
    records = []
    for path in sorted(trials.glob("*/record.json")):
        try:
            content = _renamed(json.loads(path.read_bytes()))
            content["trial"] = _renamed(content["trial"])
            records.append(Record.from_json(json.dumps(content | {"format": FORMAT}).encode()))
        except (ValueError, KeyError, AttributeError, OSError):
            log.warning("%s is damaged and left out.", path)
    return records


def _renamed(content: dict[str, Any]) -> dict[str, Any]:
    return {_RENAMED.get(name, name): value for name, value in content.items()}
