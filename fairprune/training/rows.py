"""Rows of features or tokens on the device, in place of images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fairprune.training.images import ImageSet


class RowSet:
    """Labelled rows that give batches like :class:`fairprune.training.images.ImageSet`.

    Parameters
    ----------
    rows : ndarray of shape (N, D), float32, or (N, L), int32
        Features, or tokens.
    labels : ndarray of shape (N,), int
    mean, std : sequences of D floats
        Per feature; empty for tokens.
    device : torch device or str
    """

    def __init__(
        self,
        rows: np.ndarray,
        labels: np.ndarray,
        mean: Sequence[float],
        std: Sequence[float],
        device: torch.device | str,
    ) -> None:
        self.labels = torch.as_tensor(np.asarray(labels, dtype=np.int64)).to(device)
        self.device = self.labels.device
        if rows.dtype.kind == "f":
            rows = ((rows - np.asarray(mean)) / np.asarray(std)).astype(np.float32)
        else:
            rows = rows.astype(np.int64)
        self._rows = torch.from_numpy(rows).to(self.device)

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, index: Tensor, shifts: None = None) -> Tensor:
        """Normalised features (B, D), float32, or tokens (B, L), int64."""
        return self._rows[index.to(self.device)]

    def batches(
        self, order: Tensor, sizes: Sequence[int], shifts: None = None, augment: None = None
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Cut ``order`` into batches of ``sizes`` and yield pairs (index, rows), not augmented."""
        order = order.to(self.device)
        for start, end in pairwise(np.cumsum([0, *sizes]).tolist()):
            index = order[start:end]
            yield index, self._rows[index]


def labelled(
    kind: str,
    inputs: np.ndarray,
    labels: np.ndarray,
    mean: Sequence[float],
    std: Sequence[float],
    device: torch.device | str,
    max_shift: int = 0,
    rows: np.ndarray | None = None,
) -> Any:
    """An ``ImageSet``, or a ``RowSet`` if the inputs are features or tokens."""
    if kind != "images":
        return RowSet(inputs, labels, mean, std, device)
    return ImageSet(inputs, labels, mean, std, device, max_shift, rows)
