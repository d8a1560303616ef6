"""One optimisation step: forward, loss, backward and SGD, eager or captured as a CUDA graph.

A small network leaves a large GPU waiting for the launches of its few hundred kernels. A CUDA
graph launches them at once: the step is recorded for one shape of batch and replayed on buffers
that each batch is copied into. The order follows PyTorch's notes on CUDA graphs, "whole-network
capture", with real batches as the warm-up: the first steps are ordinary ones on a side stream,
so that libraries and momentum exist before the recording, which itself computes nothing. The
steps taken, and with them the training, are those of :class:`EagerStep`.

What a graph holds for good are the addresses of the buffers, the shape of the batch, the
learning rate, and whether classes have weights. A batch of another size is taken eagerly; another
learning rate, or the first weights, are recorded anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from fairprune.training.sgd import SGD

WARM_UP = 3  # steps before the recording, as in PyTorch's notes

Results = tuple[Tensor, Tensor]
Step = Callable[[Tensor, Tensor, Tensor | None], Results]

log = logging.getLogger(__name__)


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


class EagerStep:
    """One step at each call, launched operation by operation.

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


class CudaRecorder:
    """Records calls as CUDA graphs, after a warm-up on a stream of its own."""

    def __init__(self) -> None:
        self._stream = torch.cuda.Stream()
        self._graph = torch.cuda.CUDAGraph()

    def warm_up(self, call: Callable[[], Results]) -> Results:
        """Run ``call`` on the side stream."""
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            results = call()
        torch.cuda.current_stream().wait_stream(self._stream)
        return results

    def record(self, call: Callable[[], Results]) -> Results:
        """Record ``call`` without running it; the tensors that :meth:`replay` fills."""
        self._graph = torch.cuda.CUDAGraph()  # the graph before goes, and its memory
        # another thread may be pinning the next batch meanwhile
        with torch.cuda.graph(self._graph, stream=self._stream, capture_error_mode="thread_local"):
            return call()

    def replay(self) -> None:
        """Run what was recorded last."""
        self._graph.replay()

    def random_state(self) -> Tensor:
        """State of the generator that the model may draw from."""
        return torch.cuda.get_rng_state()


class CapturedStep:
    """An :class:`EagerStep` that is recorded once and replayed.

    A model that draws random numbers in its forward pass, such as one with dropout, stays eager,
    and the log says so.

    Parameters
    ----------
    step : EagerStep
    batch_size : int
        Size of the batches that are recorded; others are taken eagerly.
    recorder : CudaRecorder
    """

    def __init__(self, step: EagerStep, batch_size: int, recorder: CudaRecorder) -> None:
        self._step = step
        self._batch_size = batch_size
        self._recorder = recorder
        self._warm = 0
        self._random = False
        self._recorded: tuple | None = None
        self._buffers: tuple[Tensor | None, ...] = ()
        self._results: tuple[Tensor, ...] = ()

    def __call__(
        self, images: Tensor, labels: Tensor, weights: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """As :meth:`EagerStep.__call__`."""
        if self._random or len(images) != self._batch_size:
            return self._step(images, labels, weights)
        if self._warm < WARM_UP:
            return self._warm_up(images, labels, weights)
        key = self._step.optimizer.learning_rate, weights is None
        if key != self._recorded:
            self._record(key, images, labels, weights)
        for buffer, value in zip(self._buffers, (images, labels, weights), strict=True):
            if buffer is not None and value is not None:
                buffer.copy_(value)
        self._recorder.replay()
        loss, logits = self._results
        return loss.clone(), logits.clone()  # the next replay overwrites them

    def _warm_up(
        self, images: Tensor, labels: Tensor, weights: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        before = self._recorder.random_state()
        results = self._recorder.warm_up(lambda: self._step(images, labels, weights))
        self._warm += 1
        self._random = not torch.equal(before, self._recorder.random_state())
        if self._random:
            log.warning("the model draws random numbers: its steps are not captured")
        return results

    def _record(self, key: tuple, images: Tensor, labels: Tensor, weights: Tensor | None) -> None:
        """New buffers, and a graph that reads them."""
        inputs = images.clone(), labels.clone(), None if weights is None else weights.clone()
        self._buffers = inputs
        self._step.optimizer.zero_grad()  # gradients then live in the graph
        self._results = self._recorder.record(lambda: self._step(*inputs))
        self._recorded = key
        log.info("training step captured as a CUDA graph")
