"""Pruned index sets for training code outside the workflow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fairprune.tables import PRUNED, read_table

if TYPE_CHECKING:
    from torch.utils.data import Dataset, Subset


def load_pruned(path: Path | str, dataset: Dataset | None = None) -> Subset | np.ndarray:
    """The examples that a method keeps.

    Parameters
    ----------
    path : path
        ``results/{experiment}/pruned/{method}/density{density}/seed{seed}.parquet``.
    dataset : torch Dataset, optional
        The training set in canonical order.

    Returns
    -------
    torch.utils.data.Subset, or ndarray of shape (n,), int64
        The part of ``dataset`` that is kept; without one, the kept indices, ascending.

    Raises
    ------
    ValueError
        If the file is no index set, or an index lies outside ``dataset``.
    """
    index = read_table(path, PRUNED)["index"].to_numpy()
    if dataset is None:
        return index
    if len(index) and index.max() >= len(dataset):
        raise ValueError(f"{path} keeps index {index.max()}; the data set has {len(dataset)}")
    from torch.utils.data import Subset

    return Subset(dataset, index.tolist())
