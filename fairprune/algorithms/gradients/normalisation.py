"""Normalisations: an affine map of each channel, or of each feature, of the normalised input.

With xhat the normalised input, the gradients are sum_t g_t xhat_t for the weight and sum_t g_t
for the bias. Batch norms are supported if they have running statistics, which make xhat an affine
map of each example alone in eval mode. Layer norms, RMS norms and group norms treat each example
separately anyway.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from fairprune.algorithms.gradients.chunks import in_chunks

_BATCH = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
_FEATURES = (nn.LayerNorm, nn.RMSNorm)


def supports(layer: nn.Module, inputs: Tensor, n_examples: int) -> bool:
    """Whether this is a normalisation that treats the examples of inputs (B, ...) separately."""
    if len(inputs) != n_examples:
        return False
    if type(layer) in _BATCH:
        return layer.running_mean is not None
    if type(layer) in _FEATURES:
        return inputs.ndim > len(layer.normalized_shape)  # type: ignore[arg-type]
    return type(layer) is nn.GroupNorm


def squared_norms(
    layer: nn.Module, trained: Collection[str], inputs: Tensor, gradient: Tensor
) -> Tensor:
    """Squared gradient norms (B,), float64.

    Parameters
    ----------
    layer : BatchNorm1d, BatchNorm2d, BatchNorm3d, LayerNorm, RMSNorm or GroupNorm
    trained : collection of str
        ``"weight"`` and ``"bias"``, or one of them.
    inputs, gradient : Tensor of shape (B, C, ...), or (B, ..., C) for layer and RMS norms
    """
    values = 2 * inputs[0].numel()
    return in_chunks(partial(_norms, layer, trained), inputs, gradient, values)


def _norms(layer: Any, trained: Collection[str], inputs: Tensor, gradient: Tensor) -> Tensor:
    if type(layer) in _FEATURES:
        n_features = layer.weight.numel()
        gradient = gradient.reshape(len(gradient), -1, n_features)  # (B, T, C)
    else:
        gradient = _positions(gradient)
    total = gradient.new_zeros(len(gradient)).double()
    if "weight" in trained:
        products = _normalised(layer, inputs).view_as(gradient).mul(gradient).sum(1)
        total += products.square().sum(1).double()
    if "bias" in trained:
        total += gradient.sum(1).square().sum(1).double()
    return total


def _normalised(layer: Any, inputs: Tensor) -> Tensor:
    """xhat as (B, T, C)."""
    if type(layer) in _BATCH:
        scale = torch.rsqrt(layer.running_var + layer.eps)
        return (_positions(inputs) - layer.running_mean) * scale
    if type(layer) is nn.GroupNorm:
        normalised = nn.functional.group_norm(inputs, layer.num_groups, eps=layer.eps)
        return _positions(normalised)
    function = nn.functional.layer_norm if type(layer) is nn.LayerNorm else nn.functional.rms_norm
    normalised = function(inputs, layer.normalized_shape, eps=layer.eps)
    return normalised.reshape(len(inputs), -1, layer.weight.numel())


def _positions(maps: Tensor) -> Tensor:
    """Maps (B, C, ...) as (B, T, C)."""
    return maps.reshape(*maps.shape[:2], -1).transpose(1, 2)
