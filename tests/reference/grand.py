"""GraNd one example at a time: plain automatic differentiation."""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import Tensor, nn


def gradient_norms(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    parameters: list[nn.Parameter] | None = None,
    dtype: torch.dtype = torch.float64,
) -> np.ndarray:
    """Norms (N,) of the gradients of the cross-entropy of single examples, eval mode.

    ``parameters``, of ``model``, are what the gradient is taken with respect to; by default all
    that learn.
    """
    learning = [p for p in model.parameters() if p.requires_grad]
    chosen = [p in set(parameters or learning) for p in model.parameters()]
    model = copy.deepcopy(model).to(dtype).eval().requires_grad_(True)
    wanted = [p for p, take in zip(model.parameters(), chosen, strict=True) if take]
    norms = []
    for image, label in zip(images.to(dtype), labels, strict=True):
        model.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(model(image[None]), label[None]).backward()
        squares = [(p.grad**2).sum() for p in wanted if p.grad is not None]
        norms.append(torch.stack(squares).sum().sqrt().item())
    return np.array(norms)
