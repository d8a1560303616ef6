"""A small transformer encoder for tokens (Vaswani et al. 2017; pre-norm, as in GPT-2).

Its parts are embeddings of tokens and positions, blocks of attention and a perceptron, a layer
norm, the mean over the first token and all tokens that are not 0, and a linear ``head``. Attention
has only linear layers as parameters, so gradients of single examples are computed the fast way.
"""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor, nn

from fairprune._validation import Positive, Range, checked

INPUTS = ("tokens",)
_DEVIATION = 0.02  # of the initial embeddings, as in GPT-2


class Block(nn.Module):
    """Attention and a perceptron, each with a residual connection."""

    def __init__(self, width: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.norm, self.mlp_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.project = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, vectors: Tensor, mask: Tensor) -> Tensor:
        """Map vectors (B, L, D) to new ones; the mask (B, 1, 1, L) says which tokens count."""
        vectors = vectors + self.dropout(self._attend(self.norm(vectors), mask))
        return vectors + self.dropout(self.mlp(self.mlp_norm(vectors)))

    def _attend(self, vectors: Tensor, mask: Tensor) -> Tensor:
        heads = self.project(vectors).unflatten(2, (3, self.n_heads, -1))  # (B, L, 3, H, D / H)
        query, key, value = heads.permute(2, 0, 3, 1, 4)  # each (B, H, L, D / H)
        mixed = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return self.out(mixed.transpose(1, 2).flatten(2))


class Transformer(nn.Module):
    """Embeddings, blocks, the mean over the tokens, and a linear ``head``."""

    def __init__(
        self,
        n_classes: int,
        vocabulary: int,
        length: int,
        width: int,
        n_layers: int,
        n_heads: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.position = nn.Embedding(length, width)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(Block(width, n_heads, dropout) for _ in range(n_layers))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, n_classes)
        for embedding in (self.embedding, self.position):
            nn.init.normal_(embedding.weight, std=_DEVIATION)

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits (B, K) of tokens (B, L); 0 stands for no token."""
        counts = (tokens > 0) | (torch.arange(tokens.shape[1], device=tokens.device) == 0)
        positions = torch.arange(tokens.shape[1], device=tokens.device).expand_as(tokens)
        vectors = self.dropout(self.embedding(tokens) + self.position(positions))
        for block in self.blocks:
            vectors = block(vectors, counts[:, None, None])
        weights = counts[:, :, None].to(vectors.dtype)
        return self.head((self.norm(vectors) * weights).sum(1) / weights.sum(1))


@checked
def build(
    n_classes: Positive,
    in_channels: Positive,
    image_size: Positive,
    *,
    width: Positive = 64,
    n_layers: Positive = 2,
    n_heads: Positive = 4,
    dropout: Annotated[float, Range(0, 1, "[)")] = 0.1,
) -> Transformer:
    """Untrained model.

    Parameters
    ----------
    n_classes : int
        Number of classes K.
    in_channels, image_size : int
        Size of the vocabulary, and number of tokens per example.
    width : int, default=64
        Width of embeddings and blocks, a multiple of ``n_heads``.
    n_layers, n_heads : int, default=2 and 4
        Number of blocks, and of attention heads in each.
    dropout : float, default=0.1
        Share dropped, in [0, 1).
    """
    if width % n_heads:
        raise ValueError(f"width must be a multiple of n_heads={n_heads}, got {width}")
    sizes = (in_channels, image_size, width, n_layers, n_heads)
    return Transformer(n_classes, *sizes, dropout)
