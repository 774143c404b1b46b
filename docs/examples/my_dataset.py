"""A dataset of one's own: large digits and small ones, told apart by how much ink they have.

python -m harness tabulate --plugin my_dataset.py --dataset ink --out ink.parquet
python -m harness run --plugin my_dataset.py --datasets ink --truth ink.parquet
"""

import tempfile
from pathlib import Path

import numpy as np

from benchmarks.datasets import DIGITS, Dataset, register

with np.load(str(DIGITS.file)) as digits:
    images, parts = digits["images"], digits["parts"]
ink = images.reshape(len(images), -1).sum(axis=1)
file = Path(tempfile.gettempdir()) / "ink.npz"
np.savez(file, images=images, labels=(ink > np.median(ink)).astype(int), parts=parts)
register(Dataset("ink", classes=2, side=8, file=file, noise=0.5))
