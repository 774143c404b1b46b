"""What tests share: the real public files where they are here, and a made-up table where not."""

import importlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from benchmarks.files.data_folder import data_folder
from benchmarks.registry import Registry
from benchmarks.spaces import SPACES
from benchmarks.spaces.nas_bench_201 import NAS_BENCH_201
from benchmarks.spaces.nas_bench_201.architecture import SIZE
from benchmarks.tables import table as tables
from benchmarks.tables.nas_bench_201 import public_files
from benchmarks.tables.nas_bench_201.fetch import SOURCES
from benchmarks.tables.nas_bench_201.layout import EVALUATIONS


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-golden`: write the golden numbers anew, in a commit that says why they moved."""
    parser.addoption("--update-golden", action="store_true", help="write golden numbers anew")


@pytest.fixture
def update_golden(request) -> bool:
    """Whether golden numbers are to be written instead of compared."""
    return request.config.getoption("--update-golden")


@pytest.fixture
def override() -> Iterator[Callable[[Registry, str, str], None]]:
    """A function that replaces an entry of a registry until the end of the test."""
    with ExitStack() as stack:
        yield lambda registry, name, target: stack.enter_context(registry.overridden(name, target))


@pytest.fixture
def examples(override) -> None:
    """The spaces of the documents' examples are registered until the end of the test."""
    # The module registers its space for good, so it is imported while another entry is overridden.
    with SPACES.overridden(NAS_BENCH_201.name, "benchmarks.spaces.nas_bench_201:NAS_BENCH_201"):
        importlib.import_module("docs.examples.my_cells")
    override(SPACES, "small-cells", "docs.examples.my_cells:SPACE")


REAL_DATA = data_folder()  # before any test points HARNESS_DATA elsewhere


def _missing(reason: str) -> NoReturn:
    """Skip a test whose data is not here; fail it where the data was promised."""
    if os.environ.get("HARNESS_DATA_REQUIRED"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def cifar10_home(monkeypatch) -> Path:
    """The real data folder, holding CIFAR-10 in torchvision's layout; for tests marked `data`."""
    if not (REAL_DATA / "cifar-10-batches-py").is_dir():
        _missing(f"CIFAR-10 is not in {REAL_DATA}; torchvision's files belong there")
    monkeypatch.setenv("HARNESS_DATA", str(REAL_DATA))
    return REAL_DATA


@pytest.fixture(scope="session")
def public_sources() -> Path:
    """The folder with the real public files of NAS-Bench-201; for tests marked `data`."""
    folder = REAL_DATA / "sources" / "nas-bench-201"
    if not all((folder / source.name).is_file() for source in SOURCES):
        _missing(f"NAS-Bench-201's public files are not in {folder}; `data fetch` gets them")
    return folder


@pytest.fixture(scope="session")
def real_table(public_sources, tmp_path_factory) -> tables.Table:
    """The table joined from the real public files."""
    path = tmp_path_factory.mktemp("real") / f"{public_files.NAME}.parquet"
    public_files.build(public_sources, path)
    return tables.read_table(path)


@pytest.fixture(scope="session")
def made_up_table(tmp_path_factory) -> Path:
    """A table of the right shape with made-up accuracies, for tests of the machinery alone."""
    path = tmp_path_factory.mktemp("made-up") / f"{public_files.NAME}.parquet"
    rng = np.random.default_rng(20)
    columns = {}
    for evaluation in EVALUATIONS.values():
        quality = rng.uniform(10, 90, SIZE)
        for query in evaluation.queries:
            for epochs in (12, 200):
                name = f"{query.dataset}/{query.split}/{epochs}/mean/accuracy"
                columns[name] = np.round(quality + rng.normal(0, 2, SIZE), 2)
            columns[f"{query.dataset}/train/12/mean/seconds"] = rng.uniform(50, 170, SIZE)
    tables.write_table(
        path,
        tables.Card(
            name=public_files.NAME,
            version="made up",
            description="made-up accuracies",
            space="nas-bench-201",
            architectures=SIZE,
            evaluations=EVALUATIONS,
            sources=[],
            notes=["Every accuracy is made up."],
        ),
        columns,
    )
    return path


def data_home_with(table: Path, home: Path) -> Path:
    """Lay a data folder out that holds one table of NAS-Bench-201."""
    (home / "nas-bench-201").mkdir(parents=True)
    shutil.copy(table, home / "nas-bench-201")
    return home


@pytest.fixture
def data_home(made_up_table, tmp_path, monkeypatch) -> Path:
    """A data folder of its own, holding the made-up table; subprocesses see it too."""
    home = data_home_with(made_up_table, tmp_path / "data")
    monkeypatch.setenv("HARNESS_DATA", str(home))
    return home


@pytest.fixture
def search_home(cifar10_home, public_sources, data_home) -> Path:
    """A data folder of its own with the real images and splits and the made-up table."""
    (data_home / "cifar-10-batches-py").symlink_to(cifar10_home / "cifar-10-batches-py")
    (data_home / "sources").mkdir()
    (data_home / "sources" / "nas-bench-201").symlink_to(public_sources)
    return data_home


@pytest.fixture
def empty_data_home(tmp_path, monkeypatch) -> Path:
    """A data folder with nothing in it, and no network."""
    home = tmp_path / "empty"
    home.mkdir()
    monkeypatch.setenv("HARNESS_DATA", str(home))
    # Port 9 on loopback: refused at once, as on a machine without a network.
    monkeypatch.setenv("HARNESS_GITHUB_MIRROR", "http://127.0.0.1:9")
    return home
