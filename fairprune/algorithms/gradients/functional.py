"""Any parameter: per-example gradients by ``torch.func``, in chunks of examples.

Exact and slow: the gradients are formed. Used for parameters that no layer file covers.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

_CHUNK_VALUES = 1 << 26  # floats of gradients at a time


def squared_norms(
    model: nn.Module, names: Sequence[str], images: Tensor, directions: Tensor
) -> Tensor:
    """Squared norms of the gradients of <logits, direction>, shape (B,), float64.

    Parameters
    ----------
    model : Module
        In eval mode.
    names : sequence of str
        Names of the parameters to differentiate by.
    images : Tensor of shape (B, C, H, W)
    directions : Tensor of shape (B, K)
    """
    parameters = {name: model.get_parameter(name).detach() for name in names}

    def projected(parameters: dict[str, Tensor], image: Tensor, direction: Tensor) -> Tensor:
        logits = torch.func.functional_call(model, parameters, (image[None],), tie_weights=True)
        return (logits[0] * direction).sum()

    size = max(1, _CHUNK_VALUES // sum(p.numel() for p in parameters.values()))
    per_example = torch.func.vmap(
        torch.func.grad(projected), in_dims=(None, 0, 0), chunk_size=min(size, len(images))
    )
    gradients = per_example(parameters, images, directions)
    return sum(g.flatten(1).square().sum(1).double() for g in gradients.values())
