"""Splitting a batch so that a layer's temporaries stay small."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

_CPU_LIMIT = 1 << 19  # floats per thread: about a core's cache
_GPU_LIMIT = 1 << 26  # floats: a small part of the memory


def in_chunks(
    function: Callable[[Tensor, Tensor], Tensor],
    inputs: Tensor,
    gradient: Tensor,
    values_per_example: int,
) -> Tensor:
    """Results (B,) of ``function`` on consecutive chunks of examples, concatenated.

    Parameters
    ----------
    function : callable
        Maps inputs (b, ...) and gradients (b, ...) to a tensor (b,).
    inputs, gradient : Tensor of shape (B, ...)
    values_per_example : int
        Size of the temporaries of one example, in floats.
    """
    on_cpu = inputs.device.type == "cpu"
    limit = _CPU_LIMIT * torch.get_num_threads() if on_cpu else _GPU_LIMIT
    size = max(1, limit // values_per_example)
    parts = zip(inputs.split(size), gradient.split(size), strict=True)
    return torch.cat([function(*part) for part in parts])
