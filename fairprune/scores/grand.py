"""GraNd: the norm of an example's loss gradient (Paul, Ganguli and Dziugaite, NeurIPS 2021).

    GraNd(x, y) = || d l(f(x), y) / d theta ||_2        l: cross-entropy, theta: all parameters

theta holds the weights of convolutions and linear layers, biases, and the weights and biases of
batch norms. Batch norm is in eval mode and images are not augmented. The score is taken early in
training, after 10% of the full epochs, where the short query ends; the workflow averages over
the seeds of the query. Higher is harder and is kept first.

The gradients are exact and never formed for large layers, see
:mod:`fairprune.algorithms.gradients`. ``parameters="last_layer"``, only the weight and bias of the
last linear layer, is a common and cheaper substitute, not the paper's score.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from fairprune._validation import Positive, checked

if TYPE_CHECKING:
    from fairprune.training.query import Query

QUERY = "short"
NEEDS = "model"


@checked
def score(
    query: Query, *, parameters: Literal["all", "last_layer"] = "all", micro_batch: Positive = 128
) -> np.ndarray:
    """Gradient norm of each example.

    Parameters
    ----------
    query : Query
        Trained query with its model.
    parameters : {"all", "last_layer"}, default="all"
        What the gradient is taken with respect to.
    micro_batch : int, default=128
        Examples at a time; bounds the memory, which is that of a training step. Halved where
        that of a GPU does not suffice.

    Returns
    -------
    ndarray of shape (N,), float64

    Raises
    ------
    ValueError
        If a gradient is not finite.
    """
    import torch

    from fairprune.algorithms.gradients.norms import GradientNorms
    from fairprune.training.evaluation import halving

    def norms(batch_size: int) -> torch.Tensor:
        of_batch = GradientNorms(query.model, last_layer=parameters == "last_layer")
        return torch.cat([of_batch(*batch).cpu() for batch in query.batches(batch_size)])

    # float32 throughout, as tf32 products would cost the third digit
    with torch.backends.cudnn.flags(deterministic=True, allow_tf32=False):
        scores = halving(norms, micro_batch).numpy()
    if not np.isfinite(scores).all():
        raise ValueError(
            f"the model's gradient of example {np.argmin(np.isfinite(scores))} is "
            "not finite; its training has diverged"
        )
    return scores
