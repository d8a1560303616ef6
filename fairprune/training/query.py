"""A trained query model and its record, as scores see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fairprune.seeds import numpy_generator
from fairprune.training.record import Record, read_record

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from fairprune.training.images import ImageSet


@dataclass(frozen=True)
class Query:
    """A trained query model, its record and its training images, each loaded when first used.

    Attributes
    ----------
    labels : ndarray of shape (N,), int64
        Labels of the training set of the experiment.
    n_classes : int
    names : tuple of str or int
        Names of the query's random streams.
    record_path : Path
    load_model : callable, optional
        Returns the trained model on its device; imports torch.
    load_images : callable, optional
        Returns the training images on the same device.
    """

    labels: np.ndarray
    n_classes: int
    names: tuple[str | int, ...]
    record_path: Path
    load_model: Callable[[], nn.Module] | None = None
    load_images: Callable[[], ImageSet] | None = None

    @cached_property
    def record(self) -> Record:
        """The record of the training."""
        record = read_record(self.record_path)
        if not np.array_equal(record.labels, self.labels):
            raise ValueError(f"{self.record_path} belongs to another training set")
        return record

    @cached_property
    def model(self) -> nn.Module:
        """The trained model in eval mode."""
        if self.load_model is None:
            raise ValueError("this query was opened without its model; NEEDS must be 'model'")
        return self.load_model().eval()

    @cached_property
    def images(self) -> ImageSet:
        """The training images, on the model's device."""
        if self.load_images is None:
            raise ValueError("this query was opened without images; NEEDS must be 'model'")
        return self.load_images()

    @property
    def device(self) -> torch.device:
        """The torch device of model and images."""
        return self.images.device

    @cached_property
    def _outputs(self) -> tuple[np.ndarray, np.ndarray]:
        from fairprune.training.evaluation import probabilities_and_embeddings

        return probabilities_and_embeddings(self.model, self.images)

    @property
    def probabilities(self) -> np.ndarray:
        """Softmax outputs in eval mode, shape (N, K), float32."""
        return self._outputs[0]

    @property
    def embeddings(self) -> np.ndarray:
        """Inputs of the last linear layer in eval mode, shape (N, D), float32."""
        return self._outputs[1]

    def batches(self, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Normalised images (B, C, H, W) and labels (B,) on the device, in index order."""
        from fairprune.training.images import in_order

        for index, batch in in_order(self.images, batch_size):
            yield batch, self.images.labels[index]

    def generator(self, name: str) -> np.random.Generator:
        """Seeded NumPy generator for one purpose of a score."""
        return numpy_generator(*self.names, name)
