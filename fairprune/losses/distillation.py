"""Knowledge distillation: the student follows a teacher that saw all the data.

With ``z`` and ``t`` the logits of student and teacher for an example, and temperature ``T``
(Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015):

    loss = (1 - w) L + w T^2 mean_i KL(softmax(t_i / T) || softmax(z_i / T))

``L`` is the cross-entropy of the labels, with label smoothing if the training uses it. The
teacher is the trained model of a query. It sees the training images without augmentation, so its
logits are computed once.

Ben-Baruch, Botach, Kviatkovsky, Aggarwal and Medioni, "Distilling the Knowledge in Data Pruning"
(ICML 2025), distil into models trained on pruned sets, and find that random pruning with
distillation is hard to beat. They choose ``w`` by the density, larger for smaller sets. The factor
``T^2`` is Hinton's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np

from fairprune._validation import Range, checked

if TYPE_CHECKING:
    from torch import Tensor

NEEDS_VALIDATION = False
NEEDS_TEACHER = True

Weight = Annotated[float, Range(0, 1)]
Temperature = Annotated[float, Range(0, 1000, "(]")]


@checked
def class_weights(
    recall: np.ndarray | None, *, weight: Weight = 0.5, temperature: Temperature = 4.0
) -> None:
    """No class weights, whatever the validation recalls (epochs so far, K) are.

    Parameters
    ----------
    weight : float, default=0.5
        Weight ``w`` of the teacher, in [0, 1].
    temperature : float, default=4.0
        ``T``, in (0, 1000].
    """
    return None


def with_teacher(
    loss: Tensor,
    logits: Tensor,
    teacher: Tensor,
    *,
    weight: Weight = 0.5,
    temperature: Temperature = 4.0,
) -> Tensor:
    """Loss () of a batch, from the loss on the labels and the logits (B, K) of both models."""
    from torch.nn.functional import kl_div

    target = (teacher / temperature).log_softmax(1)
    student = (logits / temperature).log_softmax(1)
    divergence = kl_div(student, target, reduction="batchmean", log_target=True)
    return (1 - weight) * loss + weight * temperature**2 * divergence
