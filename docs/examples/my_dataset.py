"""A dataset: large digits and small ones, told apart by how much ink they have.

python -m harness tabulate --plugin my_dataset.py --dataset ink --yes --out ink.parquet
python -m harness run --plugin my_dataset.py --datasets ink --table ink.parquet
"""

import os
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.datasets import DIGITS, Dataset, register

with np.load(str(DIGITS.file)) as digits:
    images, split = digits["images"], digits["split"]
ink = images.reshape(len(images), -1).sum(axis=1)
file = Path(tempfile.gettempdir()) / "ink.npz"
# Worker processes run this file as well, so it is put in its place whole.
made = file.with_name(f"ink-{os.getpid()}.npz")
np.savez(made, images=images, labels=(ink > np.median(ink)).astype(int), split=split)
made.replace(file)
register(Dataset("ink", classes=2, side=8, file=file, noise=0.5))
