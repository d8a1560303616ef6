"""One optimisation step: forward pass, loss, backward pass and the optimizer's update."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from fairprune import registry
from fairprune.training.optimizers import Optimizer
from fairprune.training.precision import autocast
from fairprune.training.settings import Settings


def batch_loss(
    logits: Tensor, labels: Tensor, weights: Tensor | None, label_smoothing: float = 0.0
) -> Tensor:
    """Weighted mean cross-entropy of a batch; zero if the weights of its labels are all zero.

    The target of class k is ``(1 - s) [k = y] + s / K`` with s the ``label_smoothing``. Its term
    has the weight of class k, and the sum is divided by the summed weights of the labels.

    Parameters
    ----------
    logits : Tensor of shape (B, K)
    labels : Tensor of shape (B,)
    weights : Tensor of shape (K,), optional
    label_smoothing : float, default=0.0
        In [0, 1].
    """
    if weights is None:
        return nn.functional.cross_entropy(logits, labels, label_smoothing=label_smoothing)
    losses = nn.functional.cross_entropy(
        logits, labels, weight=weights, reduction="sum", label_smoothing=label_smoothing
    )
    total = weights[labels].sum()
    return losses / total.where(total > 0, torch.inf)  # smoothing may leave a loss then


def with_teacher(settings: Settings) -> Callable[[Tensor, Tensor, Tensor], Tensor] | None:
    """The function by which the loss follows a teacher, or None; see :class:`Step`."""
    function = getattr(registry.load("losses", settings.loss), "with_teacher", None)
    return function and partial(function, **settings.loss_options)


class Step:
    """One optimisation step at each call.

    Parameters
    ----------
    model : Module
        In training mode when called.
    optimizer : Optimizer
    precision : str
        See :func:`fairprune.training.precision.autocast`.
    label_smoothing : float, default=0.0
    with_teacher : callable, optional
        Gives the loss () from the loss on the labels and the logits (B, K) of model and teacher.
    n_classes : int, optional
        What K must be; not checked by default.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        precision: str,
        label_smoothing: float = 0.0,
        with_teacher: Callable[[Tensor, Tensor, Tensor], Tensor] | None = None,
        n_classes: int | None = None,
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.precision = precision
        self.label_smoothing = label_smoothing
        self.with_teacher = with_teacher
        self.n_classes = n_classes

    def __call__(
        self,
        images: Tensor,
        labels: Tensor,
        weights: Tensor | None,
        teacher: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Update the model; return the loss () and the logits (B, K), detached.

        Parameters
        ----------
        images : Tensor of shape (B, C, H, W)
        labels : Tensor of shape (B,)
        weights : Tensor of shape (K,), optional
            Weights of the classes in the loss.
        teacher : Tensor of shape (B, K), optional
            Logits of the teacher.
        """
        with autocast(self.precision, images.device):
            logits = self.model(images)
        self._check(logits, len(labels))
        loss = batch_loss(logits.float(), labels, weights, self.label_smoothing)
        if self.with_teacher is not None and teacher is not None:
            loss = self.with_teacher(loss, logits.float(), teacher)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.detach(), logits.detach()

    def _check(self, logits: object, n: int) -> None:
        """Refuse outputs that are not logits (B, K), as a user's own model may give."""
        shape = logits.shape if isinstance(logits, Tensor) else None
        if self.n_classes is not None and shape != (n, self.n_classes):
            got = type(logits).__name__ if shape is None else f"shape {tuple(shape)}"
            raise ValueError(
                f"a model must give logits of shape {(n, self.n_classes)}, one for each class; "
                f"got {got} of {type(self.model).__name__}"
            )
