"""Linear layers: the weight gradient is a sum of outer products over positions."""

from __future__ import annotations

from collections.abc import Collection

from torch import Tensor, nn

from fairprune.algorithms.gradients.outer import outer_squared_norms


def supports(layer: nn.Module, inputs: Tensor, n_examples: int) -> bool:
    """Whether this is a plain linear layer on inputs (B, ..., C)."""
    return type(layer) is nn.Linear and inputs.ndim > 1 and len(inputs) == n_examples


def squared_norms(
    layer: nn.Linear, trained: Collection[str], inputs: Tensor, gradient: Tensor
) -> Tensor:
    """Squared gradient norms (B,), float64.

    Parameters
    ----------
    layer : Linear
    trained : collection of str
        ``"weight"`` and ``"bias"``, or one of them.
    inputs : Tensor of shape (B, ..., C)
    gradient : Tensor of shape (B, ..., O)
    """
    inputs = inputs.reshape(len(inputs), -1, layer.in_features)  # (B, T, C)
    gradient = gradient.reshape(len(gradient), -1, layer.out_features)  # (B, T, O)
    total = gradient.new_zeros(len(gradient)).double()
    if "weight" in trained:
        total += outer_squared_norms(inputs, gradient)
    if "bias" in trained:
        total += gradient.sum(1).square().sum(1).double()
    return total
