"""One optimisation step: forward, loss, backward and SGD."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from fairprune.training.sgd import SGD


def autocast(precision: str, device: torch.device) -> AbstractContextManager:
    """The context in which a model computes in this precision."""
    if precision == "bfloat16":
        return torch.autocast(device.type, torch.bfloat16)
    if device.type == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
        torch.backends.cudnn.allow_tf32 = precision == "tf32"
    return nullcontext()


def batch_loss(logits: Tensor, labels: Tensor, weights: Tensor | None) -> Tensor:
    """Weighted mean cross-entropy of a batch; zero if all its weights are zero.

    Parameters
    ----------
    logits : Tensor of shape (B, K)
    labels : Tensor of shape (B,)
    weights : Tensor of shape (K,), optional
    """
    if weights is None:
        return nn.functional.cross_entropy(logits, labels)
    losses = nn.functional.cross_entropy(logits, labels, weight=weights, reduction="sum")
    return losses / weights[labels].sum().clamp_min(torch.finfo(losses.dtype).tiny)


class Step:
    """One optimisation step at each call.

    Parameters
    ----------
    model : Module
        In training mode when called.
    optimizer : SGD
    precision : str
        See :func:`autocast`.
    """

    def __init__(self, model: nn.Module, optimizer: SGD, precision: str) -> None:
        self.model = model
        self.optimizer = optimizer
        self.precision = precision

    def __call__(
        self, images: Tensor, labels: Tensor, weights: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Change the model's parameters; the loss () and the logits (B, K), detached.

        Parameters
        ----------
        images : Tensor of shape (B, C, H, W)
        labels : Tensor of shape (B,)
        weights : Tensor of shape (K,), optional
            Of the classes in the loss.
        """
        with autocast(self.precision, images.device):
            logits = self.model(images)
        loss = batch_loss(logits.float(), labels, weights)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.detach(), logits.detach()
