"""A canonical folder of a few images, and settings of a training on them."""

from pathlib import Path

import numpy as np

from fairprune.storage import tables
from fairprune.storage.canonical import SPLITS, Dataset, write_canonical
from fairprune.storage.tables import write_table

TRAINING = {
    "epochs": 2,
    "drops": [],
    "epochs_rule": "fixed",
    "batch_size": 8,
    "learning_rate": 0.1,
    "max_shift": 1,
    "flip": True,
}


def write_images(folder: Path, labels: np.ndarray, index: np.ndarray) -> None:
    """Random images with these labels in each split, and the training set of an index."""
    generator, n = np.random.default_rng(0), len(labels)
    images = {s: generator.integers(0, 256, (n, 8, 8, 1), dtype=np.uint8) for s in SPLITS}
    ids = {s: [f"{s}{i}" for i in range(n)] for s in SPLITS}
    write_canonical(Dataset(images, dict.fromkeys(SPLITS, labels), ("a", "b"), ids), folder)
    columns = {"index": index, "label": labels[index]}
    write_table(folder / "training_set.parquet", columns, schema=tables.PRUNED)
