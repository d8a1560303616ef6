"""Gradient norms of the cross-entropy of single examples, many at a time.

With u the unit vector along delta = softmax(f(x)) - onehot(y), the gradient of the
cross-entropy is J^T delta, so that its norm is ||delta|| ||J^T u||, with J the derivative of the
logits. delta is taken in float64, where 1 - p does not round to zero for confident examples; the
rest runs in the model's precision, free of underflow.

In eval mode examples do not affect each other, so one backward pass of sum_b <f(x_b), u_b> gives
every example's gradient at the output of every layer. Hooks combine it with the layer's input into
the layer's share of the squared norm and drop both. The cost is that of a training step, or less,
since no weight gradient is formed if positions are few.
"""

from __future__ import annotations

import copy
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from fairprune.algorithms.gradients import (
    convolution,
    embedding,
    functional,
    linear,
    normalisation,
)

_FILES = (linear, convolution, normalisation, embedding)
_CHECK_TOLERANCE = 1e-2  # relative, of the fast way against plain autograd on one example

log = logging.getLogger(__name__)


class GradientNorms:
    """Gradient norms of a classifier in eval mode.

    Works on a private copy of the model and counts the parameters that require gradients. The
    first batch decides how each of them is covered. On it, the result for one example is also
    compared with plain automatic differentiation.

    Parameters
    ----------
    model : Module
        Maps images (B, C, H, W), or any inputs (B, ...), to logits (B, K); in eval mode.
    last_layer : bool, default=False
        Count only the parameters of ``model.head`` or, without a head, of the last linear layer.

    Raises
    ------
    ValueError
        If the model is in training mode or has no parameters that count.
    """

    def __init__(self, model: nn.Module, *, last_layer: bool = False) -> None:
        if any(layer.training for layer in model.modules()):
            raise ValueError("model must be in eval mode, got a model with layers in training mode")
        self._model = copy.deepcopy(model)
        counted = _last_linear(self._model) if last_layer else self._model
        self._parameters = [p for p in counted.parameters() if p.requires_grad]
        if not self._parameters:
            raise ValueError("model must have parameters that require gradients, got none")
        self._model.requires_grad_(False)
        self._layers: dict[nn.Module, tuple[ModuleType, frozenset[str]]] = {}
        self._planned = False
        self._rest: list[str] = []
        self._vectorised = True

    def __call__(self, images: Tensor, labels: Tensor) -> Tensor:
        """Gradient norms (B,), float64, of images (B, ...) with labels (B,)."""
        with _plain_attention():
            return self._norms(images.detach(), labels)

    def _norms(self, images: Tensor, labels: Tensor) -> Tensor:
        if images.ndim == 4:
            images = images.to(memory_format=torch.channels_last)
            self._model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        first = not self._planned
        if first:
            self._cover(images)
        squares = torch.zeros(len(images), dtype=torch.float64, device=images.device)
        start = torch.zeros((), device=images.device, requires_grad=True)
        with self._recording(squares, start), torch.enable_grad():
            logits = self._model(images)
            lengths, directions = error_directions(logits.detach(), labels)
            if logits.requires_grad:
                along = (logits * directions).sum()  # given to `grad` apart, it would import SymPy
                torch.autograd.grad(along, start, allow_unused=True)
        if self._rest:
            squares += self._formed(images, directions)
        if first:
            self._check(images[:1], directions[:1], squares[0].item())
        return squares.sqrt() * lengths

    def _cover(self, images: Tensor) -> None:
        """Decide for every parameter whether a layer file or the functional way covers it.

        Trial runs with two and with three examples tell the dimension of examples from positions.
        """
        sizes = [n for n in (2, 3) if n <= len(images)] or [len(images)]
        tried = {n: self._inputs(images[:n]) for n in sizes}
        inputs = tried[sizes[0]]
        counted = set(self._parameters)
        owners = Counter(p for m in self._model.modules() for p in m.parameters(recurse=False))
        self._planned = True
        for layer, seen in inputs.items():
            own = {n: p for n, p in layer.named_parameters(recurse=False) if p in counted}
            once = len(seen) == 1 and all(owners[p] == 1 for p in own.values())
            if own and own.keys() <= {"weight", "bias"} and once:
                pairs = [(tried[n][layer][0], n) for n in sizes]
                fitting = (f for f in _FILES if all(f.supports(layer, *pair) for pair in pairs))
                file = next(fitting, None)
                if file is not None:
                    self._layers[layer] = file, frozenset(own)
                    counted.difference_update(own.values())
        self._rest = [name for name, p in self._model.named_parameters() if p in counted]
        if self._rest:
            log.info("gradients formed per example for: %s", ", ".join(self._rest))

    def _inputs(self, images: Tensor) -> dict[nn.Module, list[Tensor]]:
        """The arguments of each call of each layer with parameters of its own."""
        inputs: dict[nn.Module, list[Tensor]] = {}
        hooks = [
            layer.register_forward_hook(lambda m, args, _: inputs.setdefault(m, []).extend(args))
            for layer in self._model.modules()
            if any(True for _ in layer.parameters(recurse=False))
        ]
        with _removed_after(hooks), torch.no_grad():
            self._model(images)
        return inputs

    def _formed(self, images: Tensor, directions: Tensor) -> Tensor:
        """Squared norms (B,) for the parameters that no layer file covers."""
        given = self._model, self._rest, images, directions
        if self._vectorised:
            try:
                return functional.squared_norms(*given)
            except (RuntimeError, NotImplementedError, ValueError) as error:
                if isinstance(error, torch.OutOfMemoryError):
                    raise
                self._vectorised = False
                reason = next(iter(str(error).splitlines()), type(error).__name__)
                log.warning("gradients formed one example at a time, as torch says: %s", reason)
        return functional.squared_norms_one_by_one(*given)

    @contextmanager
    def _recording(self, squares: Tensor, start: Tensor) -> Iterator[None]:
        """Context in which a forward and a backward pass add the layers' shares to ``squares``."""

        def forward_hook(layer: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> Tensor:
            file, trained = self._layers[layer]
            inputs, version = [args[0].detach()], args[0]._version
            if not output.requires_grad:
                output = _StartOfGraph.apply(output, start)

            def backward_hook(gradient: Tensor) -> None:
                seen = inputs.pop()
                if seen._version != version:
                    raise ValueError(f"the input of {layer} is changed in place after its use")
                squares.add_(file.squared_norms(layer, trained, seen, gradient))

            output.register_hook(backward_hook)
            return output

        with _removed_after([m.register_forward_hook(forward_hook) for m in self._layers]):
            yield

    def _check(self, image: Tensor, direction: Tensor, square: float) -> None:
        """Compare with plain automatic differentiation on one example."""
        exact = functional.squared_norm(self._model, self._parameters, image, direction)
        expected = exact.item()
        if abs(square - expected) > _CHECK_TOLERANCE * expected:
            raise ValueError(
                f"the squared gradient norm of one example is {expected:g} by itself and "
                f"{square:g} in a batch: model must treat examples apart in eval mode and use "
                "a layer's parameters only by calling the layer"
            )


def _last_linear(model: nn.Module) -> nn.Module:
    head = getattr(model, "head", None)
    if isinstance(head, nn.Module):
        return head
    linear = [layer for layer in model.modules() if isinstance(layer, nn.Linear)]
    if not linear:
        raise ValueError("model must have a linear layer for its last one to count, it has none")
    return linear[-1]


@contextmanager
def _plain_attention() -> Iterator[None]:
    """Context without torch's fused encoder layers, which call none of the layers inside them.

    Fused attention is off too, as torch cannot vectorise it over examples.
    """
    fused = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fused)


class _StartOfGraph(torch.autograd.Function):
    """Identity that starts the tracking of gradients, although nothing before it needs them."""

    @staticmethod
    def forward(ctx: Any, output: Tensor, start: Tensor) -> Tensor:
        ctx.mark_dirty(output)
        return output

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, None]:
        return None, None


@contextmanager
def _removed_after(hooks: list) -> Iterator[None]:
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def error_directions(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Length and direction of softmax(logits) - onehot(labels).

    Parameters
    ----------
    logits : Tensor of shape (B, K)
    labels : Tensor of shape (B,)

    Returns
    -------
    lengths : Tensor of shape (B,), float64
    directions : Tensor of shape (B, K)
        Unit vectors in the type of the logits; zero where the length is zero.

    Raises
    ------
    ValueError
        If ``logits`` has fewer than two classes, or ``labels`` are not among these classes.
    """
    if logits.ndim != 2 or logits.shape[1] < 2:
        raise ValueError(f"logits must be (B, K) of K >= 2 classes, got {tuple(logits.shape)}")
    if labels.shape != logits.shape[:1] or labels.is_floating_point():
        raise ValueError(
            f"labels must be {len(logits)} whole numbers, got {labels.dtype} of shape "
            f"{tuple(labels.shape)}"
        )
    if len(labels) and not 0 <= labels.min() <= labels.max() < logits.shape[1]:
        raise ValueError(
            f"labels must be in 0 .. {logits.shape[1] - 1}, got {labels.min()} .. {labels.max()}"
        )
    column = labels.long()[:, None]
    probability = logits.double().softmax(1)
    others = probability.scatter(1, column, 0)
    error = others.scatter(1, column, -others.sum(1, keepdim=True))  # p - 1 without cancellation
    lengths = error.norm(dim=1)
    directions = error / lengths.clamp_min(torch.finfo(torch.float64).tiny)[:, None]
    return lengths, directions.to(logits.dtype)
