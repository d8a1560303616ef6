"""Initialisation of the package's own models (paper, appendix A)."""

from __future__ import annotations

import math
from typing import TypeVar

from torch import nn

Model = TypeVar("Model", bound=nn.Module)


def initialise(model: Model) -> Model:
    """Initialise convolutions and linear layers: Xavier normal with gain sqrt(2), biases zero.

    Batch norms keep their initial weight of one and bias of zero. Draws come from torch's default
    generator, in the order in which the layers were registered.
    """
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_normal_(layer.weight, gain=math.sqrt(2))
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return model
