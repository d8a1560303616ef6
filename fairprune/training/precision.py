"""The precision of products in this process: that of a training, or exact float32."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch

from fairprune._processor import has_bfloat16

log = logging.getLogger(__name__)


def warn_if_emulated(precision: str, device: torch.device) -> None:
    """Warn that a training will be slow if the CPU has no instructions for its precision."""
    if precision == "bfloat16" and device.type == "cpu" and not has_bfloat16():
        log.warning(
            "this processor has no bfloat16, which PyTorch emulates far slower than float32 (13 "
            "times as slow where measured): set training.precision to float32, or use another"
        )


def set_tf32(precision: str, device: torch.device) -> None:
    """Make the process compute products as training in this precision does.

    Training in bfloat16 leaves the setting unchanged.
    """
    if precision != "bfloat16" and device.type == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
        torch.backends.cudnn.allow_tf32 = precision == "tf32"


def autocast(precision: str, device: torch.device) -> AbstractContextManager:
    """Context in which a model computes in this precision."""
    if precision == "bfloat16":
        return torch.autocast(device.type, torch.bfloat16)
    set_tf32(precision, device)
    return nullcontext()


@contextmanager
def exact_products() -> Iterator[None]:
    """Context in which a GPU computes products in float32; TF32 would cost the third digit."""
    cudnn: Any = torch.backends.cudnn
    products = [cudnn.conv, cudnn.rnn, torch.backends.cuda.matmul]
    before = [kind.fp32_precision for kind in products]
    deterministic, cudnn.deterministic = cudnn.deterministic, True
    try:
        for kind in products:
            kind.fp32_precision = "ieee"
        yield
    finally:
        cudnn.deterministic = deterministic
        for kind, precision in zip(products, before, strict=True):
            kind.fp32_precision = precision
