"""Norms of sums of outer products, the weight gradients of linear maps.

A weight that maps a_t to the output at positions t = 1..T has the gradient sum_t g_t a_t^T, where
g_t is the gradient at the output. Its squared norm is either that of the product itself, at a
cost of T C O, or the sum over t, s of <a_t, a_s> <g_t, g_s> at a cost of T^2 (C + O) (the "ghost
norm", Goodfellow 2015). Both are exact; the cheaper one is used.
"""

from __future__ import annotations

import torch
from torch import Tensor


def outer_squared_norms(inputs: Tensor, gradient: Tensor) -> Tensor:
    """Squared Frobenius norms of sum_t g_t a_t^T.

    Parameters
    ----------
    inputs : Tensor of shape (B, T, C)
    gradient : Tensor of shape (B, T, O)

    Returns
    -------
    Tensor of shape (B,), float64
    """
    _, positions, in_features = inputs.shape
    shape = positions, in_features, gradient.shape[2]
    if gram_cost(*shape) < product_cost(*shape):
        return inner_products(gram(inputs), gram(gradient))
    product = torch.bmm(gradient.transpose(1, 2), inputs)  # (B, O, C)
    return product.square_().sum((1, 2)).double()


def gram_cost(positions: int, in_features: int, out_features: int) -> int:
    """Multiplications per example to get the norm from inner products of positions."""
    return positions**2 * (in_features + out_features)


def product_cost(positions: int, in_features: int, out_features: int) -> int:
    """Multiplications per example to get the norm from the gradient itself."""
    return positions * in_features * out_features


def gram(vectors: Tensor) -> Tensor:
    """Inner products (B, T, T) of the positions of ``vectors`` (B, T, C)."""
    return torch.bmm(vectors, vectors.transpose(1, 2))


def inner_products(left: Tensor, right: Tensor) -> Tensor:
    """Inner products (B,), float64, of matrices (B, T, T); overwrites ``left``."""
    return left.mul_(right).sum((1, 2)).double()
