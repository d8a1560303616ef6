"""Record fields, predictions and embeddings, computed from a model's outputs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from fairprune._text import is_out_of_gpu_memory
from fairprune.training.images import ImageSet, in_order
from fairprune.training.precision import exact_products
from fairprune.training.record import FIELDS, View

EVALUATION_BATCH = {"cpu": 128, "cuda": 512}  # a CPU's caches favour small ones
_ENTERED = 1 << 18  # logits that are entered in one go

T = TypeVar("T")

log = logging.getLogger(__name__)


class Observation:
    """Outputs of N examples in one epoch, filled batch by batch on the device.

    Batches are collected until they have enough logits to be worth a dozen small operations.

    Attributes
    ----------
    probability, el2n, margin : Tensor of shape (N,), float32
    correct : Tensor of shape (N,), bool
        As in :class:`fairprune.training.record.View`; probabilities start at NaN so that a gap
        cannot pass unseen. The last batches are missing until :meth:`finish` or :meth:`numpy`.
    log_probabilities : Tensor of shape (N, K), float32, or None
        Log-probabilities of all classes, if ``n_classes`` is given.
    """

    def __init__(self, n: int, device: torch.device | str, n_classes: int | None = None) -> None:
        self.probability, self.el2n, self.margin = torch.full((3, n), torch.nan, device=device)
        self.correct = torch.zeros(n, dtype=torch.bool, device=device)
        self.log_probabilities = None
        if n_classes is not None:
            self.log_probabilities = torch.full((n, n_classes), torch.nan, device=device)
        self._waiting: list[tuple[Tensor, Tensor, Tensor]] = []

    def add(self, index: Tensor, logits: Tensor, labels: Tensor) -> None:
        """Add the logits (B, K) of examples ``index`` (B,); the tensors must not change later."""
        self._waiting.append((index, logits.detach(), labels))
        if len(self._waiting) * logits.numel() >= _ENTERED:
            self.finish()

    @torch.no_grad()
    def finish(self) -> None:
        """Enter the batches collected so far.

        The class predicted is the first of the largest logits; EL2N is the norm of
        softmax(logits) - onehot(label), Paul et al. 2021, definition 3.
        """
        if not self._waiting:
            return
        index, logits, labels = (torch.cat(parts) for parts in zip(*self._waiting, strict=True))
        self._waiting.clear()
        logits = logits.float()
        if self.log_probabilities is not None:
            self.log_probabilities[index] = logits.log_softmax(1)
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
        """The fields as arrays of shape (N,), as in :class:`fairprune.training.record.View`."""
        self.finish()
        return {name: getattr(self, name).cpu().numpy() for name in FIELDS}


def stack(epochs: list[int], rows: list[dict[str, np.ndarray]]) -> View:
    """Build a view from one row of fields per epoch."""
    fields = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    return View(np.asarray(epochs, dtype=np.int32), **fields)


def halving(work: Callable[[int], T], batch_size: int) -> T:
    """Return ``work(batch_size)``, halving the batch size each time a GPU runs out of memory.

    The result of ``work`` must not depend on the batch size.
    """
    while True:
        try:
            return work(batch_size)
        except RuntimeError as error:
            if batch_size == 1 or not is_out_of_gpu_memory(error):
                raise
        batch_size //= 2
        log.warning("out of GPU memory: starting again with batches of %d", batch_size)
        torch.cuda.empty_cache()


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(training)


def observe(
    model: nn.Module, images: ImageSet, *, mirrored: bool = False, n_classes: int | None = None
) -> Observation:
    """Eval-mode outputs for all images, without augmentation.

    With ``mirrored``, the logits are averaged over the image and its mirror image. With
    ``n_classes``, the log-probabilities of all classes are kept.
    """

    def observed(batch_size: int) -> Observation:
        observation = Observation(len(images), images.device, n_classes)
        for index, batch in in_order(images, batch_size):
            logits = model(batch)
            if mirrored:
                logits = (logits + model(batch.flip(3))) / 2
            observation.add(index, logits, images.labels[index])
        observation.finish()
        return observation

    with _evaluating(model):
        return halving(observed, EVALUATION_BATCH[images.device.type])


def probabilities_and_embeddings(
    model: nn.Module, images: ImageSet
) -> tuple[np.ndarray, np.ndarray]:
    """Softmax outputs (N, K) and inputs of ``model.head`` (N, D), eval mode, float32.

    Both are collected in host memory. Products are computed in float32 on a GPU too.
    """
    caught: list[Tensor] = []

    def outputs(batch_size: int) -> Tensor:
        caught.clear()
        batches = in_order(images, batch_size)
        return torch.cat([model(batch).float().softmax(1).cpu() for _, batch in batches])

    head = model.get_submodule("head")

    def catch(_: nn.Module, inputs: tuple[Tensor, ...], __: Tensor) -> None:
        caught.append(inputs[0].to("cpu", torch.float32, copy=True))  # may be a view of far more

    handle = head.register_forward_hook(catch)
    try:
        with _evaluating(model), exact_products():
            probabilities = halving(outputs, EVALUATION_BATCH[images.device.type])
    finally:
        handle.remove()
    return probabilities.numpy(), torch.cat(caught).numpy()
