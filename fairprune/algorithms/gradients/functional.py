"""Gradient norms for any parameter, by forming the gradients of single examples.

This is exact but slow, for parameters that no layer file covers. It uses ``torch.func`` in chunks
of examples or, if a model cannot be vectorised, plain automatic differentiation of each example.
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
        Names of the parameters to differentiate with respect to.
    images : Tensor of shape (B, ...)
    directions : Tensor of shape (B, K)
    """
    size = max(1, _CHUNK_VALUES // sum(model.get_parameter(name).numel() for name in names))
    parameters = {name: model.get_parameter(name).detach() for name in names}

    def projected(parameters: dict[str, Tensor], image: Tensor, direction: Tensor) -> Tensor:
        logits = torch.func.functional_call(model, parameters, (image[None],), tie_weights=True)
        return (logits[0] * direction).sum()

    per_example = torch.func.vmap(
        torch.func.grad(projected), in_dims=(None, 0, 0), chunk_size=min(size, len(images))
    )
    gradients = per_example(parameters, images, directions)
    return sum(g.flatten(1).square().sum(1).double() for g in gradients.values())


def squared_norms_one_by_one(
    model: nn.Module, names: Sequence[str], images: Tensor, directions: Tensor
) -> Tensor:
    """Same as :func:`squared_norms`, without vectorisation."""
    parameters = [model.get_parameter(name) for name in names]
    squares = []
    for image, direction in zip(images, directions, strict=True):
        squares.append(squared_norm(model, parameters, image[None], direction[None]))
    return torch.stack(squares)


def squared_norm(
    model: nn.Module, parameters: Sequence[nn.Parameter], image: Tensor, direction: Tensor
) -> Tensor:
    """Squared norm (), float64, for one example: an image (1, ...) and a direction (1, K).

    Only ``parameters`` count. Afterwards no parameter of the model requires a gradient.
    """
    for parameter in parameters:
        parameter.requires_grad_(True)
    with torch.enable_grad():
        along = (model(image) * direction).sum()  # given to `grad` apart, it would import SymPy
        gradients = torch.autograd.grad(
            along, parameters, allow_unused=True, materialize_grads=True
        )
    model.requires_grad_(False)
    return torch.stack([g.double().square().sum() for g in gradients]).sum()
