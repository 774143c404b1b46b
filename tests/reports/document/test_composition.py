"""What a report consists of, and what a machinery check leaves out."""

from __future__ import annotations

import pandas as pd
import pytest

from reports.document.composition import compose_document
from reports.figures import Picture
from reports.formats.markdown import document_to_markdown
from reports.frames import RESULT_COLUMNS, select
from tests.reports.fake_trials import (
    DRAWN,
    NO_HISTORY,
    epochs_of,
    failed,
    gradient_results,
    manifest,
    results_of,
    together,
)
from tests.reports.readers import markdown


def test_a_machinery_check_counts_collapsed_searches():
    found = gradient_results(collapsing=(2,), protocol="quick")
    one = select(found, found["dataset"].eq("cifar10"))
    report = compose_document(one, epochs_of(one), manifest(machinery_checks=frozenset({"quick"})))
    text = document_to_markdown(report)
    assert text.count("4 done; 1 collapsed (5 to 70 %)") == 2  # what was run, and the accuracies
    captions = [picture.caption for picture in report.of_type(Picture)]
    assert sum("n = 4, 1 collapsed" in caption for caption in captions) == 3
    assert "published" not in text.lower().replace("no published ones are shown", "")


def test_a_machinery_check_compares_nothing():
    # Under a protocol with published numbers and with the control: all there is to compare with.
    results = together(results_of("random-search", 4), results_of("random", 4, DRAWN))
    text = markdown(results, machinery_checks=frozenset({"paper"})).lower()
    assert text.startswith("# architecture search: machinery check")
    for word in ("published,", "verdict", "difference", "reproduced", "improvement"):
        assert word not in text
    assert all(word in markdown(results).lower() for word in ("published,", "improvement"))


def test_a_machinery_check_beside_a_paper_protocol_takes_nothing_from_it():
    whole = results_of("random-search", 4)
    quick = results_of("random-search", 4, protocol="quick")
    quick["key"] += "-quick"
    text = markdown(together(whole, quick), machinery_checks=frozenset({"quick"}))
    assert text.startswith("# Architecture search: results and reproduction")
    assert "Protocol quick is a machinery check" in text
    assert "## nas-bench-201, searched on CIFAR-10, protocol quick (machinery check)" in text
    assert "## nas-bench-201, searched on CIFAR-10, protocol paper\n" in text
    (block,) = [line for line in text.splitlines() if "Published: NAS-Bench-201" in line]
    assert "protocol paper" in block


@pytest.mark.parametrize("results", [pd.DataFrame(), pd.DataFrame(columns=list(RESULT_COLUMNS))])
def test_without_trials_the_report_says_so(results: pd.DataFrame):
    text = document_to_markdown(compose_document(results, NO_HISTORY, manifest(generated_at=None)))
    assert "No trials have been run yet." in text


def test_only_failed_trials_make_a_report_without_figures():
    results = failed(results_of("random-search", 2), {0, 1}, "boom")
    report = compose_document(results, NO_HISTORY, manifest())
    assert not list(report.of_type(Picture))
    assert "2 failed" in document_to_markdown(report)
