"""What this machine's processor offers: its cores, and bfloat16."""

from __future__ import annotations

import os


def n_cores() -> int:
    """Number of cores this process may use; on systems without such a limit (macOS), all."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def has_bfloat16() -> bool:
    """Whether oneDNN, which PyTorch uses on CPUs, supports bfloat16 on this processor."""
    import torch

    if not torch.backends.mkldnn.is_available():
        return False
    return torch.ops.mkldnn._is_mkldnn_bf16_supported()
