"""Keep finished trials as reference results, which come with the harness.

Searches of hours on a GPU are run once; their results lie under `reports/reference/`, and every
report can show them, marked as reference results.
"""

from pathlib import Path

from benchmarks.errors import UserError
from harness.planning.request import parse_methods
from harness.settings import names
from harness.storage import frames
from harness.storage.evaluated import read_searches, read_trainings
from harness.storage.manifest import make_manifest
from harness.storage.store import Store
from reports.reference.files import write_reference
from reports.reference.results import Origin


def archive(
    runs: Path,
    out: Path,
    *,
    methods: str | None,
    protocol_name: str | None,
    table: str | None,
    note: str,
) -> int:
    """Write the trials of a run as reference results, failures included; return their number.

    Raises:
        UserError: there are none, a name is unknown, the protocol is a machinery check, or `out`
            exists already.
    """
    store = Store.open(runs.expanduser())
    chosen = parse_methods(methods) if methods else None
    if protocol_name:
        names.check(protocol_name)
    searches = [
        search
        for search in read_searches(store, table)
        if (chosen is None or search.trial.method in chosen)
        and protocol_name in (None, search.trial.protocol)
    ]
    if not searches:
        raise UserError(f"{runs} holds no finished trial of that kind; nothing is archived.")
    origin = Origin.from_manifest(make_manifest(searches, read_trainings(store, searches)), note)
    write_reference(
        frames.results(searches),
        frames.history(store, searches, with_arrays=True),
        origin,
        out,
        names.MACHINERY_CHECKS,
    )
    return len(searches)
