"""Which code made a record: the commit of the harness, and the versions of its packages."""

import platform
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path


@cache
def commit() -> str | None:
    """Return the commit of the harness, with '+' where its files differ from it.

    None outside a git checkout, as in an installed package.
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


@cache
def environment() -> dict[str, str]:
    """Return the versions of Python and of the packages that may move a result."""
    packages = ("differentiable-nas-harness", "numpy", "scipy", "pandas", "torch")
    return {
        "python": platform.python_version(),
        **{package: metadata.version(package) for package in packages},
    }
