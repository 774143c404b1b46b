"""What each command does, from its parsed options to what it prints and its exit code.

Heavy imports stand inside the functions: the command line imports this module to parse.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from harness.execution import interrupts

EXIT_DONE, EXIT_NOT_ALL_WELL = 0, 1


def run(options: argparse.Namespace) -> int:
    """Run methods over seeds, then write the report."""
    from harness import api, protocol
    from harness.planning import plan, plugins

    plugins.load(options.plugin)
    asked = plan.campaign(
        options.methods,
        spaces=options.spaces,
        datasets=options.datasets,
        seeds=options.seeds,
        protocol=options.protocol,
        settings=protocol.parse_overrides(options.set),
        truth=options.truth,
        device=options.device,
    )
    if options.dry_run:
        from harness.terminal import dry_run

        print(dry_run.text(asked, out=options.out, jobs=options.jobs, retry=options.retry))
        return EXIT_DONE
    results = api.run_campaign(
        asked,
        jobs=options.jobs,
        out=options.out,
        report=not options.no_report,
        recorded=options.recorded,
        control=options.control,
        plugins=options.plugin,
        retry=options.retry,
        yes=options.yes,
        command=options.command_line,
        on_start=interrupts.raise_keyboard_interrupt,
    )
    rows = results.loc[results["state"] != "done"].to_dict("records")
    failed = list({row["key"]: row for row in rows}.values())
    for row in failed[:5]:
        print("harness: {method} seed {seed} {state}: {reason}".format(**row), file=sys.stderr)
    if len(failed) > 5:
        print(f"harness: ... {len(failed) - 5} more; see `results`.", file=sys.stderr)
    return EXIT_NOT_ALL_WELL if len(failed) else EXIT_DONE


def report(options: argparse.Namespace) -> int:
    """Write the report on a folder of trials."""
    from harness import api

    api.report(
        options.runs,
        out=options.out,
        formats=options.formats,
        recorded=options.recorded,
        control=options.control,
    )
    print(f"Report: {options.out or options.runs / 'report'}")
    return EXIT_DONE


def results(options: argparse.Namespace) -> int:
    """Print one row per trial and evaluated dataset."""
    from harness import api

    results = api.history(options.runs) if options.history else api.results(options.runs)
    if options.csv:
        print(results.to_csv(index=False), end="")
    elif options.json:
        print(results.to_json(orient="records", indent=1))
    elif results.empty:
        print("No trial is finished here.")
    else:
        shown = ["method", "protocol", "search_dataset", "dataset", "seed"]
        if options.history:
            shown += ["step", "seconds", "score", "entropy", "test_accuracy", "architecture"]
        else:
            shown += ["state", "valid_accuracy", "test_accuracy", "rank", "search_seconds"]
        told = results[shown].dropna(axis="columns", how="all")
        print(told.to_string(index=False, float_format="%.2f", na_rep="–"))
    return EXIT_DONE


def archive(options: argparse.Namespace) -> int:
    """Keep finished trials as a dated record."""
    from harness.storage import archive

    count = archive.archive(
        options.runs,
        options.out,
        methods=options.methods,
        protocol_name=options.protocol,
        note=options.note,
    )
    print(f"{count} trials recorded in {options.out}")
    return EXIT_DONE


def list_names(options: argparse.Namespace) -> int:
    """Print what can be named."""
    from harness.planning import plugins
    from harness.terminal import listing

    plugins.load(options.plugin)
    rows = listing.of(options.what)
    if options.json:
        print(json.dumps(rows, indent=1))
    else:
        width = max(len(row["name"]) for row in rows)
        for row in rows:
            print(f"{row['name']:{width}}  {row['description']}")
    return EXIT_DONE


def show(options: argparse.Namespace) -> int:
    """Print one architecture, or a folder of trials."""
    from harness.terminal import showing

    if os.path.isdir(options.what):  # unlike Path.is_dir, false for text that can be no path
        content, text = showing.run(Path(options.what))
    else:
        content, text = showing.architecture(options.what, options.space, options.truth)
    print(json.dumps(content, indent=1) if options.json else text)
    return EXIT_DONE


def check_method(options: argparse.Namespace) -> int:
    """Check a method's contract; exit code 1 where it is broken."""
    from harness.planning import plugins
    from methods import METHODS

    plugins.load(options.plugin)
    METHODS.check(options.name)
    from harness.contract import checks

    is_broken = False
    for name, wrong in checks.run(METHODS[options.name]):
        print(f"{name}: {wrong or 'yes'}")
        is_broken |= wrong is not None
    return EXIT_NOT_ALL_WELL if is_broken else EXIT_DONE


def baseline(options: argparse.Namespace) -> int:
    """Record results as a baseline."""
    from harness.guard import recording
    from harness.planning import plugins

    plugins.load(options.plugin)
    made = recording.record(options.runs, options.out, plugins=options.plugin, tell=_tell)
    looks = ",".join(map(str, made.first_look))
    print(
        f"Baseline: {options.out} ({len(made.methods)} methods, {len(made.seeds)} seeds each). "
        f"Guard it with seeds {looks}."
    )
    return EXIT_DONE


def guard(options: argparse.Namespace) -> int:
    """Compare fresh results with a baseline; exit code 1 where something moved."""
    from benchmarks.errors import UserError
    from harness.guard import annotations, guarding, junit, moving
    from harness.planning import plan, plugins

    plugins.load(options.plugin)
    layers = guarding.parse_layers(options.layers)
    methods = plan.parse_names(options.methods) if options.methods else None
    if options.reason and not options.update:
        raise UserError("--reason is for --update, which moves the baseline: give both or none.")
    if options.update:
        moving.move(
            options.runs, options.baseline, options.reason,
            layers=layers, methods=methods, plugins=options.plugin, tell=_tell,
        )  # fmt: skip
        print(f"Baseline: {options.baseline} moved ({', '.join(layers)}).")
        return EXIT_DONE
    interrupts.raise_keyboard_interrupt()
    findings = []
    try:
        for finding in guarding.guard(
            options.runs, options.baseline, layers=layers, methods=methods,
            plugins=options.plugin, jobs=options.jobs, command=options.command_line,
        ):  # fmt: skip
            findings.append(finding)
            print(finding, flush=True)
    finally:  # what was found before a mistake that ends the rest
        if options.junit and findings:
            junit.write(options.junit, findings)
        if annotations.is_wanted():
            for line in annotations.lines(findings):
                print(line)
    print(guarding.summary(findings))
    return EXIT_NOT_ALL_WELL if any(each.is_red for each in findings) else EXIT_DONE


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def tabulate(options: argparse.Namespace) -> int:
    """Train every distinct architecture of a space, into a table."""
    from rich.console import Console

    from harness.planning import plan, plugins
    from harness.tabulation.tabulate import tabulate

    plugins.load(options.plugin)
    interrupts.raise_keyboard_interrupt()
    table = tabulate(
        options.space,
        options.dataset,
        options.protocol,
        plan.parse_seeds(options.seeds),
        options.out.expanduser(),
        jobs=options.jobs,
        limit=options.limit,
        yes=options.yes,
        plugin_files=options.plugin,
        command=options.command_line,
        console=Console(stderr=True),
    )
    if table is not None:
        print(f"Table: {table}")
    return EXIT_DONE


def data_status(options: argparse.Namespace) -> int:
    """Print what data is here."""
    from harness import data

    return _print_items(data.status())


def data_verify(options: argparse.Namespace) -> int:
    """Check everything that is here; exit code 1 where something is damaged."""
    from harness import data

    return _print_items(data.verify())


def _print_items(items) -> int:
    is_wrong = False
    for item in items:
        print(f"{item.name}: {item.state}\n    {item.path}\n    {item.detail}")
        is_wrong |= item.is_wrong
    return EXIT_NOT_ALL_WELL if is_wrong else EXIT_DONE


def data_fetch(options: argparse.Namespace) -> int:
    """Obtain public files and make their table."""
    from rich.console import Console

    from harness import data
    from harness.terminal.transfers import shown

    with shown(Console(stderr=True)) as progress:
        path = data.fetch(options.name, options.origin, progress)
    print(f"Here: {path}")
    return EXIT_DONE


def data_import(options: argparse.Namespace) -> int:
    """Convert official files into a table."""
    from rich.console import Console

    from harness import data
    from harness.terminal.transfers import shown

    with shown(Console(stderr=True)) as progress:
        path = data.import_official(
            options.name, options.file, is_confirmed=options.yes, progress=progress
        )
    print(f"Table: {path}")
    return EXIT_DONE
