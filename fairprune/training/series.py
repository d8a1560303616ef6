"""Series over the epochs, which a record holds if its query asks for them.

``kl_step``: with ``p`` the softmax outputs for an example in the training minibatches of epoch
``t`` and ``q`` those of the epoch before, the Kullback-Leibler divergence

    kl_step          = sum_k p_k (log p_k - log q_k)
    absolute_kl_step = sum_k |p_k (log(p_k + 1e-8) - log(q_k + 1e-8))|

The second is what the published code of TDDS computes (Zhang et al., CVPR 2024).

``validation_loss``: the mean cross-entropy of each class of the validation split after epoch
``t``, in eval mode; NaN for a class without validation examples.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from fairprune.training.evaluation import observe
from fairprune.training.images import ImageSet

_BLOCK = 1 << 22  # outputs at a time
_EPSILON = 1e-8  # of the published code


@torch.no_grad()
def kl_steps(before: Tensor, after: Tensor) -> dict[str, np.ndarray]:
    """``kl_step`` and ``absolute_kl_step`` (N,), float32, of log-probabilities (N, K)."""
    kl, absolute = [], []
    rows = max(1, _BLOCK // after.shape[1])
    for q, p in zip(before.split(rows), after.split(rows), strict=True):
        probability = p.exp()
        kl.append((probability * (p - q)).sum(1))
        change = (probability + _EPSILON).log() - (q.exp() + _EPSILON).log()
        absolute.append((probability * change).abs().sum(1))
    steps = {"kl_step": torch.cat(kl).clamp_min(0.0), "absolute_kl_step": torch.cat(absolute)}
    return {name: values.cpu().numpy() for name, values in steps.items()}


def class_losses(model: nn.Module, images: ImageSet, n_classes: int) -> np.ndarray:
    """Mean cross-entropy of each class (K,), float32, in eval mode without augmentation."""
    observation = observe(model, images, n_classes=n_classes)
    assert observation.log_probabilities is not None
    labels = images.labels[:, None]
    losses = -observation.log_probabilities.gather(1, labels)[:, 0].double().cpu().numpy()
    classes = images.labels.cpu().numpy()
    counts = np.bincount(classes, minlength=n_classes)
    totals = np.bincount(classes, weights=losses, minlength=n_classes)
    means = np.full(n_classes, np.nan)
    return np.divide(totals, counts, out=means, where=counts > 0).astype(np.float32)
