"""Two-dimensional convolutions of any stride, padding, dilation and number of groups.

The weight gradient of an example is sum_t g_t u_t^T, where u_t is the patch of the padded input
that position t of the output sees. Each layer uses the cheapest of three exact ways to its norm:

* the gradient itself, from the patches ("columns");
* inner products of patches and of output gradients
  (see :mod:`fairprune.algorithms.gradients.outer`);
* inner products of single pixels, computed once for all pairs. The inner product of two patches is
  the sum of those of their pixels over the kernel's positions. This saves a factor of the kernel's
  size and never forms the patches. It is usually the cheapest after the first layers.

Depthwise convolutions, with one channel in and out per group, use sums of elementwise products.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from fairprune.algorithms.gradients.chunks import in_chunks
from fairprune.algorithms.gradients.outer import (
    gram,
    gram_cost,
    inner_products,
    outer_squared_norms,
    product_cost,
)

_ADDITION_COST = 12  # multiplications in a matrix product that cost as much as a strided addition


def supports(layer: nn.Module, inputs: Tensor, n_examples: int) -> bool:
    """Whether this is a plain 2d convolution on inputs (B, C, H, W)."""
    return type(layer) is nn.Conv2d and inputs.ndim == 4 and len(inputs) == n_examples


def squared_norms(
    layer: nn.Conv2d, trained: Collection[str], inputs: Tensor, gradient: Tensor
) -> Tensor:
    """Squared gradient norms (B,), float64.

    Parameters
    ----------
    layer : Conv2d
    trained : collection of str
        ``"weight"`` and ``"bias"``, or one of them.
    inputs : Tensor of shape (B, C, H, W)
    gradient : Tensor of shape (B, O, H', W')
    """
    total = gradient.new_zeros(len(gradient)).double()
    if "weight" in trained:
        total += _weight(layer, inputs, gradient)
    if "bias" in trained:
        total += gradient.sum((2, 3)).square().sum(1).double()
    return total


def _weight(layer: nn.Conv2d, inputs: Tensor, gradient: Tensor) -> Tensor:
    inputs = _pad(layer, inputs).permute(0, 2, 3, 1)  # (B, H, W, C)
    gradient = gradient.permute(0, 2, 3, 1)  # (B, H', W', O)
    if layer.groups == layer.in_channels == layer.out_channels:
        return _depthwise(layer, inputs, gradient)
    inputs, gradient = _by_group(inputs, layer.groups), _by_group(gradient, layer.groups)
    by_pixels, values = _plan(layer, inputs.shape, gradient.shape)
    method = _from_pixels if by_pixels else _from_columns
    norms = in_chunks(partial(method, layer), inputs, gradient, values)  # (B * groups,)
    return norms.view(-1, layer.groups).sum(1)


def _pad(layer: nn.Conv2d, inputs: Tensor) -> Tensor:
    """Inputs with the layer's own padding around them."""
    if layer.padding == "valid" or layer.padding == (0, 0):
        return inputs
    if layer.padding == "same":
        extra = [d * (k - 1) for d, k in zip(layer.dilation, layer.kernel_size, strict=True)]
        (top, left), (bottom, right) = [e // 2 for e in extra], [e - e // 2 for e in extra]
    else:
        assert not isinstance(layer.padding, str)
        top, left = bottom, right = layer.padding
    mode = "constant" if layer.padding_mode == "zeros" else layer.padding_mode
    return nn.functional.pad(inputs, (left, right, top, bottom), mode=mode)


def _by_group(maps: Tensor, groups: int) -> Tensor:
    """Maps (B, H, W, C) as (B * groups, H, W, C / groups)."""
    if groups == 1:
        return maps
    split = maps.unflatten(3, (groups, -1))  # (B, H, W, groups, C / groups)
    return split.permute(0, 3, 1, 2, 4).flatten(0, 1)


def _plan(
    layer: nn.Conv2d, input_shape: torch.Size, gradient_shape: torch.Size
) -> tuple[bool, int]:
    """Whether to use products of pixels, and how many temporary values an example then takes."""
    _, height, width, channels = input_shape
    positions, out_channels = gradient_shape[1] * gradient_shape[2], gradient_shape[3]
    kernel = layer.kernel_size[0] * layer.kernel_size[1]
    pixels = height * width
    additions = _ADDITION_COST * kernel * positions**2
    by_pixels = pixels**2 * channels + positions**2 * out_channels + additions
    shape = positions, kernel * channels, out_channels
    copies = _ADDITION_COST * positions * kernel * channels
    by_columns = min(gram_cost(*shape), product_cost(*shape)) + copies
    if by_pixels < by_columns:
        return True, pixels**2 + 2 * positions**2
    return False, positions * kernel * channels


def _windows(layer: nn.Conv2d, rows: int, columns: int) -> Iterator[tuple[slice, slice]]:
    """Yield, for each position of the kernel, the pixels under it at all output positions."""
    for i in range(layer.kernel_size[0]):
        for j in range(layer.kernel_size[1]):
            top, left = i * layer.dilation[0], j * layer.dilation[1]
            bottom = top + (rows - 1) * layer.stride[0] + 1
            right = left + (columns - 1) * layer.stride[1] + 1
            yield slice(top, bottom, layer.stride[0]), slice(left, right, layer.stride[1])


def _from_columns(layer: nn.Conv2d, inputs: Tensor, gradient: Tensor) -> Tensor:
    windows = _windows(layer, *gradient.shape[1:3])
    patches = torch.stack([inputs[:, i, j] for i, j in windows], 3)  # (B, H', W', kernel, C)
    return outer_squared_norms(patches.flatten(1, 2).flatten(2), gradient.flatten(1, 2))


def _from_pixels(layer: nn.Conv2d, inputs: Tensor, gradient: Tensor) -> Tensor:
    _, height, width, _ = inputs.shape
    pixels = gram(inputs.flatten(1, 2)).unflatten(2, (height, width))
    pixels = pixels.unflatten(1, (height, width))  # (B, H, W, H, W)
    rows, columns = gradient.shape[1:3]
    patches: Any = 0  # (B, H', W', H', W')
    for i, j in _windows(layer, rows, columns):
        patches = pixels[:, i, j, i, j] + patches
    patches = patches.flatten(3).flatten(1, 2)  # (B, T, T)
    return inner_products(patches, gram(gradient.flatten(1, 2)))


def _depthwise(layer: nn.Conv2d, inputs: Tensor, gradient: Tensor) -> Tensor:
    total = gradient.new_zeros(len(gradient)).double()
    for i, j in _windows(layer, *gradient.shape[1:3]):
        total += (inputs[:, i, j] * gradient).sum((1, 2)).square().sum(1).double()
    return total
