"""Official files of NAS-Bench-201 and NATS-Bench, written by the packages' own classes."""

import bz2
import collections
import pickle
import random
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import nas_201_api.api_utils
import nats_bench.api_utils
import numpy as np
import pytest
import torch

from benchmarks.errors import UserError
from benchmarks.spaces.nas_bench_201.architecture import Architecture
from benchmarks.tables import table
from benchmarks.tables.nas_bench_201.layout import IMAGES

COUNT = 4
SPLITS = {
    "cifar10-valid": ("x-valid", "ori-test"),
    "cifar10": ("ori-test",),
    "cifar100": ("x-valid", "x-test", "ori-test"),
    "ImageNet16-120": ("x-valid", "x-test", "ori-test"),
}
SEEDS_200 = [(777,), (777, 888), (777, 888, 999), (888, 999)]
OLD = 1  # the architecture whose 200-epoch trainings were evaluated as in the first months

Import = Callable[..., table.Card]


def quiet(done: int, total: int) -> None:
    pass


def result(api: ModuleType, rng: random.Random, dataset: str, seed: int, epochs: int) -> Any:
    made = api.ResultsCount(
        dataset,
        None,
        {},
        {},
        np.float64(0.5),  # the authors' count of parameters is a numpy scalar
        71.3,
        {"channel": 16, "num_cells": 5, "arch_str": "", "class_num": 10},
        str(seed),
        epochs,
        None,
    )
    made.update_train_info(*({e: rng.uniform(0, 9) for e in range(epochs)} for _ in range(4)))
    made.update_latency([rng.random()])
    return made


def accuracy(rng: random.Random, dataset: str, split: str) -> float:
    images = IMAGES[dataset, split]
    return 100 * rng.randint(0, images) / images + rng.uniform(-1e-6, 1e-6)  # float noise


def evaluate(made: Any, rng: random.Random) -> None:
    keys = [(split, e) for split in SPLITS[made.name] for e in range(made.epochs)]
    accuracies = {f"{split}@{e}": accuracy(rng, made.name, split) for split, e in keys}
    losses, times = ({key: rng.random() for key in accuracies} for _ in range(2))
    made.update_eval(accuracies, losses, times)


def evaluate_at_the_end(made: Any, rng: random.Random) -> None:
    for split in SPLITS[made.name]:
        last = {made.epochs - 1: accuracy(rng, made.name, split)}
        made.update_OLD_eval(split, last, {made.epochs - 1: rng.random()})
    made.train_times = None


def states(api: ModuleType, index: int) -> dict[int, dict[str, Any]]:
    rng = random.Random(index)
    made = {}
    for epochs, seeds in ((12, (111,)), (200, SEEDS_200[index])):
        of_length = api.ArchResults(index, str(Architecture.from_index(index)))
        for dataset in SPLITS:
            extra = (777,) if (dataset, epochs) == ("cifar10-valid", 12) else ()
            for seed in (*seeds, *extra):
                training = result(api, rng, dataset, seed, epochs)
                if (index, epochs) == (OLD, 200):
                    evaluate_at_the_end(training, rng)
                    if dataset == "cifar100":  # a clock that was put in later, by the authors
                        training.reset_pseudo_train_times(rng.random())
                        training.reset_pseudo_eval_times("x-valid", rng.random())
                else:
                    evaluate(training, rng)
                of_length.update(dataset, seed, training)
        of_length.clear_params()
        made[epochs] = of_length.state_dict()
    return made


def contents() -> dict[str, Any]:
    """What `torch.load` gives for a file like NAS-Bench-201-v1_1-096897.pth."""
    infos = {}
    for index in range(COUNT):
        made = states(nas_201_api.api_utils, index)
        infos[index] = {"full": made[200], "less": made[12]}
    return {
        "meta_archs": [str(Architecture.from_index(index)) for index in range(COUNT)],
        "total_archs": COUNT,
        "arch2infos": infos,
        "evaluated_indexes": set(range(COUNT)),
    }


def save(data: Any, path: Path, is_zip: bool = False) -> Path:
    torch.save(data, path, _use_new_zipfile_serialization=is_zip)  # pyright: ignore
    return path


def pack(data: Any, path: Path) -> None:
    path.write_bytes(bz2.compress(pickle.dumps(data, protocol=4)))


def make_folder(folder: Path) -> Path:
    folder.mkdir()
    meta: dict[str, Any] = {
        "meta_archs": [str(Architecture.from_index(index)) for index in range(COUNT)],
        "total_archs": COUNT,
        "arch2infos": None,
        "evaluated_indexes": set(),
    }
    nats_bench.api_utils.pickle_save(meta, str(folder / "meta.pickle"))
    for index in range(COUNT):
        made = states(nats_bench.api_utils, index)
        nats_bench.api_utils.pickle_save(
            collections.OrderedDict({str(epochs): made[epochs] for epochs in made}),
            str(folder / f"{index:06d}.pickle"),
        )
    return folder


def refused(convert: Import, source: Path, tmp_path: Path, architectures: int = COUNT) -> str:
    """The message, after it was checked to be one paragraph and nothing to be left behind."""
    out = tmp_path / "tables" / "out"
    with pytest.raises(UserError) as error:
        convert(source, out, quiet, architectures=architectures)
    assert not out.parent.exists() or list(out.parent.iterdir()) == []
    text = str(error.value)
    assert "\n" not in text
    assert str(source) in text
    return text
