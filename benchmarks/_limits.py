"""The limits of the machine, from large matrix products, convolutions and copies."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch

_TYPES = {
    "float64": torch.float64,
    "float32": torch.float32,
    "tf32": torch.float32,
    "bfloat16": torch.bfloat16,
}


@cache
def arithmetic(precision: str, device: str, quick: bool) -> tuple[tuple[Callable, float], ...]:
    """A matrix product and a convolution, as calls with their floating-point operations."""
    dtype = _TYPES[precision]
    size = 128 if quick else 2048 if device == "cpu" else 8192
    a, b = (torch.randn(size, size).to(device, dtype) for _ in range(2))
    batch, channels, width = (2, 16, 8) if quick else (128, 128, 32)
    images = torch.randn(batch, channels, width, width).to(device, dtype)
    images = images.contiguous(memory_format=torch.channels_last)
    layer = torch.nn.Conv2d(channels, channels, 3, padding=1, bias=False).to(device, dtype)
    layer = layer.requires_grad_(False).to(memory_format=torch.channels_last)

    def product() -> None:
        torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
        a @ b

    def convolution() -> None:
        torch.backends.cudnn.allow_tf32 = precision == "tf32"
        layer(images)

    return (product, 2.0 * size**3), (convolution, 2.0 * images.numel() * channels * 9)


@cache
def memory(device: str, quick: bool) -> tuple[tuple[Callable, float], ...]:
    """A copy far larger than the caches, as a call with the bytes it reads and writes."""
    source = torch.ones(1 << (16 if quick else 26), device=device)
    target = torch.empty_like(source)
    return ((lambda: target.copy_(source), 2.0 * source.nbytes),)


def forget() -> None:
    """Free the memory that the limits use."""
    arithmetic.cache_clear()
    memory.cache_clear()
