"""Batch norm with running statistics: an affine map of each channel in eval mode.

With xhat the normalised input, the gradients are sum_t g_t xhat_t for the weight and sum_t g_t
for the bias.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

import torch
from torch import Tensor, nn

from fairprune.algorithms.gradients.chunks import in_chunks


def supports(layer: nn.Module, inputs: Tensor, n_examples: int) -> bool:
    """Whether this is a batch norm that treats the examples of inputs (B, C, ...) apart."""
    batch_norm = type(layer) in (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
    return batch_norm and layer.running_mean is not None and len(inputs) == n_examples


def squared_norms(
    layer: nn.BatchNorm2d, trained: Collection[str], inputs: Tensor, gradient: Tensor
) -> Tensor:
    """Squared gradient norms (B,), float64.

    Parameters
    ----------
    layer : BatchNorm1d, BatchNorm2d or BatchNorm3d
    trained : collection of str
        ``"weight"`` and ``"bias"``, or one of them.
    inputs, gradient : Tensor of shape (B, C, ...)
    """
    assert layer.running_var is not None
    scale = torch.rsqrt(layer.running_var + layer.eps)
    values = 2 * inputs[0].numel()
    return in_chunks(partial(_norms, layer, trained, scale), inputs, gradient, values)


def _norms(
    layer: nn.BatchNorm2d, trained: Collection[str], scale: Tensor, inputs: Tensor, gradient: Tensor
) -> Tensor:
    gradient = _positions(gradient)
    total = gradient.new_zeros(len(gradient)).double()
    if "weight" in trained:
        assert layer.running_mean is not None
        centred = _positions(inputs) - layer.running_mean
        total += ((centred * gradient).sum(1) * scale).square().sum(1).double()
    if "bias" in trained:
        total += gradient.sum(1).square().sum(1).double()
    return total


def _positions(maps: Tensor) -> Tensor:
    """Maps (B, C, ...) as (B, T, C)."""
    return maps.reshape(*maps.shape[:2], -1).transpose(1, 2)
