"""Embeddings: the gradient of a row is the sum over the positions that look it up.

The squared norm over all rows is the sum over t, s of [i_t = i_s] <g_t, g_s>, where i_t is the
index that position t looks up. The padding row has no gradient.
"""

from __future__ import annotations

from collections.abc import Collection

from torch import Tensor, nn

from fairprune.algorithms.gradients.chunks import in_chunks
from fairprune.algorithms.gradients.outer import gram, inner_products


def supports(layer: nn.Module, inputs: Tensor, n_examples: int) -> bool:
    """Whether this is a plain embedding of indices (B, ...)."""
    if type(layer) is not nn.Embedding or len(inputs) != n_examples:
        return False
    return layer.max_norm is None and not layer.scale_grad_by_freq


def squared_norms(
    layer: nn.Embedding, trained: Collection[str], inputs: Tensor, gradient: Tensor
) -> Tensor:
    """Squared gradient norms (B,), float64.

    Parameters
    ----------
    layer : Embedding
    trained : collection of str
        ``{"weight"}``.
    inputs : Tensor of shape (B, ...), int64
    gradient : Tensor of shape (B, ..., D)
    """
    index = inputs.reshape(len(inputs), -1)  # (B, T)
    gradient = gradient.reshape(*index.shape, -1)  # (B, T, D)
    if layer.padding_idx is not None:
        gradient = gradient * (index != layer.padding_idx)[:, :, None]
    return in_chunks(_norms, index, gradient, 2 * index.shape[1] ** 2)


def _norms(index: Tensor, gradient: Tensor) -> Tensor:
    same = (index[:, :, None] == index[:, None]).to(gradient.dtype)  # (B, T, T)
    return inner_products(same, gram(gradient))
