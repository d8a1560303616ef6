"""Splitting a batch so that a layer's temporaries stay small."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

_LIMIT = {"cpu": 1 << 18, "cuda": 1 << 26}  # floats: the cache of a CPU, part of a GPU's memory


def in_chunks(
    function: Callable[[Tensor, Tensor], Tensor],
    inputs: Tensor,
    gradient: Tensor,
    values_per_example: int,
) -> Tensor:
    """Results (B,) of ``function`` on consecutive examples, concatenated.

    Parameters
    ----------
    function : callable
        Maps inputs (b, ...) and gradients (b, ...) to a tensor (b,).
    inputs, gradient : Tensor of shape (B, ...)
    values_per_example : int
        Size of the temporaries of one example, in floats.
    """
    limit = _LIMIT.get(inputs.device.type, _LIMIT["cuda"])
    size = max(1, limit // values_per_example)
    parts = zip(inputs.split(size), gradient.split(size), strict=True)
    return torch.cat([function(*part) for part in parts])
