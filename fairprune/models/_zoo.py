"""Helpers for models of other libraries: access to their head, and a trial with one image."""

from __future__ import annotations

from typing import Any, TypeVar

import torch
from torch import Tensor, nn


class Classifier(nn.Module):
    """A network that gives logits, with its last linear layer as ``head``.

    Parameters
    ----------
    network : Module
    head_name : str
        Name of the last linear layer in ``network``.
    """

    def __init__(self, network: Any, head_name: str) -> None:
        super().__init__()
        self.network = network
        self._head_name = head_name

    @property
    def head(self) -> nn.Linear:
        """The last linear layer."""
        head = self.network.get_submodule(self._head_name)
        assert isinstance(head, nn.Linear)
        return head

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, K) of images (B, C, H, W)."""
        return self.network(images)


Model = TypeVar("Model", bound=Classifier)


@torch.no_grad()
def tried(
    model: Model, architecture: str, n_classes: int, in_channels: int, image_size: int
) -> Model:
    """Return the model after a trial: it must map an image of this size to one logit per class.

    Raises
    ------
    ValueError
        If it does not, so that the error comes before any training.
    """
    shape = (1, in_channels, image_size, image_size)
    try:
        logits = model.eval()(torch.zeros(shape))
    except (RuntimeError, ValueError, TypeError, AssertionError) as error:
        raise ValueError(
            f"architecture {architecture!r} does not take images of shape {shape} (set image_size "
            f"of the data set): {error}"
        ) from error
    if logits.shape != (1, n_classes):
        raise ValueError(f"architecture {architecture!r} gives outputs of shape {logits.shape}")
    return model.train()
