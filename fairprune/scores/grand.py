"""GraNd: the norm of an example's loss gradient (Paul, Ganguli and Dziugaite, NeurIPS 2021).

    GraNd(x, y) = || d l(f(x), y) / d theta ||_2        l: cross-entropy, theta: all parameters

theta holds the weights of convolutions and linear layers, biases, and the weights and biases of
batch norms. Batch norm is in eval mode and images are not augmented. The score is taken early in
training, after 10% of the full epochs, where the short query ends. The workflow averages over
the seeds of the query. Higher is harder and is kept first.

The norms are exact, and gradients of large layers are never formed; see
:mod:`fairprune.algorithms.gradients`. ``parameters="last_layer"`` takes only the weight and bias of
the last linear layer. It is a common, cheaper substitute and not the paper's score.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from fairprune._validation import Positive, checked

if TYPE_CHECKING:
    from torch import Tensor, nn

    from fairprune.training.query import Query

QUERY = "short"
NEEDS = "model"


Parameters = Literal["all", "last_layer"]


@checked
def gradient_norms(
    model: nn.Module,
    loader: Iterable[tuple[Tensor, Tensor]],
    *,
    parameters: Parameters = "all",
) -> np.ndarray:
    """Norm of the gradient of each example's cross-entropy, in eval mode; needs torch.

    Linear layers, convolutions, normalisations and embeddings are fast. Other parameters, such as
    those of attention and recurrent layers, need automatic differentiation per example. It is
    vectorised if torch allows it and runs example by example otherwise; the log says which. All
    ways are exact, and the first example is checked against plain automatic differentiation.

    Parameters
    ----------
    model : Module
        Maps inputs (B, ...) to logits (B, K) and treats examples independently in eval mode. It
        is copied and stays unchanged.
    loader : iterable of (inputs, labels)
        Tensors with B examples each, moved to the model's device. The result has the order of the
        loader, which must not shuffle.
    parameters : {"all", "last_layer"}, default="all"
        All parameters that require gradients, or only those of the last linear layer.

    Returns
    -------
    ndarray of shape (N,), float64

    Raises
    ------
    ValueError
        If a gradient is not finite, the model mixes examples, or the loader does not give pairs,
        shuffles, or drops the last batch.
    """
    import torch

    from fairprune.algorithms.gradients.norms import GradientNorms
    from fairprune.training.precision import exact_products

    copied = copy.deepcopy(model).eval()
    device = next(copied.parameters()).device
    of_batch = GradientNorms(copied, last_layer=parameters == "last_layer")
    _check_order(loader)
    with exact_products():
        parts = [of_batch(x.to(device), y.to(device)).cpu() for x, y in map(_pair, loader)]
    if not parts:
        raise ValueError("loader must give at least one batch")
    return _finite(torch.cat(parts).numpy())


def _check_order(loader: object) -> None:
    """Refuse a loader that does not give all examples in order."""
    from torch.utils.data import DataLoader, RandomSampler

    if not isinstance(loader, DataLoader):
        return
    if isinstance(loader.sampler, RandomSampler):
        raise ValueError("loader must not shuffle: norms are of the examples in its order")
    if loader.drop_last:
        raise ValueError("loader must not drop the last batch: norms are of all examples")


def _pair(batch: Any) -> Any:
    if not isinstance(batch, list | tuple) or len(batch) != 2:
        raise ValueError(
            "loader must give pairs of inputs and labels, got "
            f"{f'{len(batch)} parts' if isinstance(batch, list | tuple) else type(batch).__name__}"
        )
    return batch


def _finite(scores: np.ndarray) -> np.ndarray:
    if not np.isfinite(scores).all():
        raise ValueError(
            f"the model's gradient of example {np.argmin(np.isfinite(scores))} is "
            "not finite; its training has diverged"
        )
    return scores


@checked
def score(
    query: Query, *, parameters: Parameters = "all", micro_batch: Positive = 128
) -> np.ndarray:
    """Gradient norm of each example.

    Parameters
    ----------
    query : Query
        Trained query with its model.
    parameters : {"all", "last_layer"}, default="all"
        What the gradient is taken with respect to.
    micro_batch : int, default=128
        Examples at a time. It bounds the memory, which is that of a training step, and is halved
        when a GPU runs out of memory.

    Returns
    -------
    ndarray of shape (N,), float64

    Raises
    ------
    ValueError
        If a gradient is not finite.
    """
    from fairprune.training.evaluation import halving

    def norms(batch_size: int) -> np.ndarray:
        return gradient_norms(query.model, query.batches(batch_size), parameters=parameters)

    return halving(norms, micro_batch)
