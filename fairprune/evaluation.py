"""What is read off a model's outputs: record fields, predictions, embeddings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from fairprune.images import ImageSet, batch_sizes
from fairprune.records import View

EVALUATION_BATCH = 512


@dataclass
class Observation:
    """Outputs of N examples in one epoch, filled batch by batch on the device."""

    probability: Tensor
    correct: Tensor
    el2n: Tensor
    margin: Tensor

    @classmethod
    def empty(cls, n: int, device: torch.device | str) -> Observation:
        """Room for N examples; probabilities start at NaN so that a gap cannot pass unseen."""
        real = torch.full((3, n), torch.nan, device=device)
        return cls(real[0], torch.zeros(n, dtype=torch.bool, device=device), real[1], real[2])

    @torch.no_grad()
    def add(self, index: Tensor, logits: Tensor, labels: Tensor) -> None:
        """Enter the logits (B, K) of the examples ``index`` (B,).

        The class predicted is the first of the largest logits; EL2N is the norm of
        softmax(logits) - onehot(label), Paul et al. 2021, definition 3.
        """
        logits = logits.float()
        labels = labels[:, None]
        probability = logits.softmax(1)
        true = probability.gather(1, labels)[:, 0]
        others = logits.scatter(1, labels, -torch.inf)
        self.probability[index] = true
        self.correct[index] = logits.argmax(1) == labels[:, 0]
        self.el2n[index] = probability.scatter_add(
            1, labels, torch.full_like(probability[:, :1], -1)
        ).norm(dim=1)
        self.margin[index] = logits.gather(1, labels)[:, 0] - others.amax(1)

    def numpy(self) -> dict[str, np.ndarray]:
        """The fields as arrays of shape (N,), named as in :class:`fairprune.records.View`."""
        return {name: value.cpu().numpy() for name, value in vars(self).items()}


def stack(epochs: list[int], rows: list[dict[str, np.ndarray]]) -> View:
    """A view from one row of fields per epoch."""
    fields = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    return View(np.asarray(epochs, dtype=np.int32), **fields)


@torch.no_grad()
def observe(model: nn.Module, images: ImageSet) -> Observation:
    """Eval-mode outputs for all images, without augmentation."""
    observation = Observation.empty(len(images), images.device)
    training = model.training
    model.eval()
    for index, batch in _in_order(images):
        observation.add(index, model(batch), images.labels[index])
    model.train(training)
    return observation


def count_correct(
    correct: np.ndarray, labels: np.ndarray, n_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Correct examples and all examples of each class (or group).

    Parameters
    ----------
    correct : ndarray of shape (N,), bool
    labels : ndarray of shape (N,), int64
    n_classes : int

    Returns
    -------
    n_correct, n_examples : ndarray of shape (K,), int64
    """
    n_correct = np.bincount(labels[correct], minlength=n_classes)
    return n_correct, np.bincount(labels, minlength=n_classes)


def recalls(n_correct: np.ndarray, n_examples: np.ndarray) -> list[float | None]:
    """Recall of each class (or group); None for one without examples.

    Examples
    --------
    >>> recalls(np.array([1, 0]), np.array([4, 0]))
    [0.25, None]
    """
    pairs = zip(n_correct.tolist(), n_examples.tolist(), strict=True)
    return [correct / n if n else None for correct, n in pairs]


@torch.no_grad()
def probabilities_and_embeddings(
    model: nn.Module, images: ImageSet
) -> tuple[np.ndarray, np.ndarray]:
    """Softmax outputs (N, K) and inputs of ``model.head`` (N, D), eval mode, float32."""
    caught: list[Tensor] = []
    head = model.get_submodule("head")
    handle = head.register_forward_hook(lambda _, inputs, __: caught.append(inputs[0]))
    training = model.training
    model.eval()
    try:
        outputs = [model(batch).float().softmax(1).cpu() for _, batch in _in_order(images)]
    finally:
        handle.remove()
        model.train(training)
    embeddings = torch.cat([part.float().cpu() for part in caught])
    return torch.cat(outputs).numpy(), embeddings.numpy()


def _in_order(images: ImageSet) -> Iterator[tuple[Tensor, Tensor]]:
    order = torch.arange(len(images), device=images.device)
    return images.batches(order, batch_sizes(len(images), EVALUATION_BATCH))
