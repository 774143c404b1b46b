"""Old names of options still work, with a hint."""

import pytest

import harness
from harness.settings.renamed import accept_old_keywords


@pytest.mark.parametrize("old", [["--truth", "digits"], ["--truth=digits"]])
def test_an_old_option(old, harness_process):
    done = harness_process("show", "0", *old)
    assert done.returncode == 0
    assert done.stderr == (
        "harness: --truth is now --table; the old name will be removed in 0.2.\n"
    )
    assert done.stdout == harness_process("show", "0", "--table", "digits").stdout


def test_an_old_switch(finished, tmp_path, harness_process):
    done = harness_process(
        "report", finished.folder, "--out", tmp_path, "--formats", "md", "--recorded"
    )
    assert done.returncode == 0
    assert "--recorded is now --reference" in done.stderr


def test_an_old_keyword():
    @accept_old_keywords
    def look_up(name: str, *, table: str) -> str:
        return f"{name} in {table}"

    with pytest.warns(DeprecationWarning, match="truth= is now table=; the old name will be"):
        assert look_up("0", truth="digits") == "0 in digits"  # pyright: ignore[reportCallIssue]
    assert look_up("0", table="digits") == "0 in digits"


def test_old_keywords_of_the_interface(tmp_path):
    with (
        pytest.warns(DeprecationWarning, match="recorded= is now reference="),
        pytest.raises(harness.UserError),
    ):
        harness.report(tmp_path, recorded=True)  # pyright: ignore[reportCallIssue]
