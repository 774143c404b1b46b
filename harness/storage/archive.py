"""Keep finished trials as a dated record that travels with the harness.

Searches of hours on a GPU are run once; their record stands under `reports/records/`, and every
report can show it, marked as recorded.
"""

from pathlib import Path

from benchmarks.errors import UserError
from harness import protocol
from harness.planning import plan
from harness.storage import frames, reporting
from harness.storage.store import Store
from reports import recorded


def archive(
    runs: Path, out: Path, *, methods: str | None, protocol_name: str | None, note: str
) -> int:
    """Write the trials of a run as a record, failures included; return how many they are.

    Raises:
        UserError: there are none, a name is unknown, the protocol is a machinery check, or the
            record is there already.
    """
    store = Store.open(runs.expanduser())
    chosen = plan.parse_methods(methods) if methods else None
    if protocol_name:
        protocol.check(protocol_name)
    records = [
        record
        for record in store.records()
        if (chosen is None or record.trial.method in chosen)
        and protocol_name in (None, record.trial.protocol)
    ]
    if not records:
        raise UserError(f"{runs} holds no finished trial of that kind; nothing is recorded.")
    about = recorded.about(reporting.manifest(records), note)
    recorded.write(
        frames.results(records),
        frames.history(store, records, with_arrays=True),
        about,
        out,
        protocol.MACHINERY_CHECKS,
    )
    return len(records)
