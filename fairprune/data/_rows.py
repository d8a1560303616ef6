"""The training rows of a table as published, with all of their columns, for exports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa


@dataclass(frozen=True)
class Rows:
    """The n rows that a source publishes for training, in its order.

    Attributes
    ----------
    labels : ndarray of shape (n,), int64
        As the source numbers them.
    ids : callable
        Returns the n ids, which may need images to be decoded.
    tables : callable
        Returns the rows in a mask (n,), in order, as tables small enough for memory.
    """

    labels: np.ndarray
    ids: Callable[[], list[str]]
    tables: Callable[[np.ndarray], Iterator[pa.Table]]

    def of(self, ids: Sequence[str], labels: np.ndarray) -> np.ndarray:
        """Find the rows (N,) of the canonical form's training examples by their ids.

        Raises
        ------
        ValueError
            If the source no longer holds what the canonical form was made from.
        """
        places = {name: i for i, name in enumerate(self.ids())}
        rows = np.array([places.get(name, -1) for name in ids])
        if rows.min() < 0 or not np.array_equal(self.labels[rows], labels):
            raise ValueError(
                "the source holds other examples than the data set that was made of it"
            )
        return rows
