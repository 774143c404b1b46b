"""Which harness this is: its commit, where it runs from a checkout."""

import subprocess
from functools import cache
from pathlib import Path


@cache
def commit() -> str | None:
    """The commit of the harness's own files, with '+' where they differ from it.

    None where they are no git checkout, as in an installed package.
    """
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        return None
    try:
        head = _git(root, "rev-parse", "--short=12", "HEAD").strip()
        changed = _git(root, "status", "--porcelain", "--untracked-files=no").strip()
    except (OSError, subprocess.CalledProcessError):
        return None
    return head + ("+" if changed else "")


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(root), *arguments], check=True, capture_output=True, text=True
    ).stdout
