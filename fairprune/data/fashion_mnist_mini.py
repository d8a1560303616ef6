"""A class-balanced tenth of Fashion-MNIST, part of this package: 500 + 500 images per class.

It has the first 500 images of each class in the official training file, and the first 500 in the
official test file; see ``embedded/README.md``. Examples have the same ids as in ``fashion_mnist``.
"""

from __future__ import annotations

from pathlib import Path

from fairprune._validation import NotNegative
from fairprune.data import parquet
from fairprune.storage.canonical import Dataset

FOLDER = Path(__file__).parent / "embedded"
FILE = FOLDER / "fashion_mnist_mini.parquet"


def load(root: Path | None = None, *, seed: NotNegative = 0) -> Dataset:
    """Load the embedded images.

    Parameters
    ----------
    root : None
        Nothing is read from elsewhere.
    seed : int, default=0
        Seed for the choice of the validation split.
    """
    if root is not None:
        raise ValueError(f"source 'fashion_mnist_mini' is embedded and takes no root, got {root}")
    return parquet.load(FOLDER, train=FILE.name, split_column="split", seed=seed)
