"""A multilayer perceptron: hidden layers with batch norm and ReLU, and a linear ``head``.

It takes features, or images, which it flattens.
"""

from __future__ import annotations

from typing import Annotated

from torch import Tensor, nn

from fairprune._validation import Positive, Range, checked
from fairprune.models._common import initialise

INPUTS = ("features", "images")


class MLP(nn.Module):
    """Hidden layers of one width, and a linear ``head``."""

    def __init__(
        self, n_inputs: int, n_classes: int, width: int, n_layers: int, dropout: float
    ) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Flatten())
        for _ in range(n_layers):
            layers = [nn.Linear(n_inputs, width), nn.BatchNorm1d(width), nn.ReLU(inplace=True)]
            self.features.extend([*layers, nn.Dropout(dropout)])
            n_inputs = width
        self.head = nn.Linear(n_inputs, n_classes)

    def forward(self, rows: Tensor) -> Tensor:
        """Logits (B, K) of features (B, D) or images (B, C, H, W)."""
        return self.head(self.features(rows))


@checked
def build(
    n_classes: Positive,
    in_channels: Positive,
    image_size: Positive,
    *,
    width: Positive = 128,
    n_layers: Positive = 2,
    dropout: Annotated[float, Range(0, 1, "[)")] = 0.0,
) -> MLP:
    """Untrained model.

    Parameters
    ----------
    n_classes : int
        Number of classes K.
    in_channels, image_size : int
        Number of features and 1, or channels and pixels per side.
    width : int, default=128
        Width of the hidden layers.
    n_layers : int, default=2
        Number of hidden layers.
    dropout : float, default=0.0
        Share dropped after each hidden layer, in [0, 1).
    """
    n_inputs = in_channels * image_size**2
    return initialise(MLP(n_inputs, n_classes, width, n_layers, dropout))
