"""What the processor of this machine has for a process."""

from __future__ import annotations

import os


def n_cores() -> int:
    """Cores that this process may use; those of the machine where, as on macOS, none are set."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def has_bfloat16() -> bool:
    """Whether oneDNN, which PyTorch computes with on a processor, has bfloat16 on this one."""
    import torch

    if not torch.backends.mkldnn.is_available():
        return False
    return torch.ops.mkldnn._is_mkldnn_bf16_supported()
