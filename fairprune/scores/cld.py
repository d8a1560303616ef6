"""CLD, correlation of loss differences (Nagaraj, Ravikumar and Roy, "Coresets from Trajectories:
Selecting Data via Correlation of Loss Differences", TMLR 2025).

With ``l_t`` the cross-entropy of an example of class ``k`` after epoch ``t``, and ``v_t`` the mean
cross-entropy of the validation examples of class ``k``:

    CLD(x) = corr(l_{t+1} - l_t, v_{t+1} - v_t : t = 1 .. T - 1)        Pearson's

Losses are measured in eval mode after each epoch, as the published code does by default. As in that
code, the series begins with the difference between the first two epochs; the paper begins with the
untrained model. An example whose loss differences are all the same has no correlation and scores 0.
Higher is kept first. The paper keeps the highest scores of each class: combine the score with the
quota rule ``uniform``, as the method ``cld`` does.

Losses come from probabilities in float32, so they are at most 87.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from fairprune._arrays import as_labels, as_matrix
from fairprune._validation import Positive, check_integer, checked

if TYPE_CHECKING:
    from fairprune.training.query import Query

QUERY = "dynamics"
NEEDS = "record"
VIEW = "evaluation"  # needed of every epoch
SERIES = "validation_loss"  # the item that the query must also record

_ROUNDING = 1e-12  # of a loss, in float64
_SMALLEST = np.finfo(np.float32).tiny


def cld(losses: ArrayLike, labels: ArrayLike, validation: ArrayLike) -> np.ndarray:
    """Correlation of each example's loss differences with those of its class.

    Parameters
    ----------
    losses : array_like of shape (T, N)
        Cross-entropy of each example after each epoch; at least 3 epochs.
    labels : array_like of shape (N,)
        Class of each example, 0 to K - 1.
    validation : array_like of shape (T, K)
        Mean cross-entropy of each class of the validation split.

    Returns
    -------
    ndarray of shape (N,), float64
        In [-1, 1]; 0 for an example whose loss differences are all the same.
    """
    losses, validation = (
        as_matrix("losses", losses, "T, N"),
        as_matrix("validation", validation, "T, K"),
    )
    labels, _ = as_labels(labels, validation.shape[1])
    if len(losses) != len(validation) or losses.shape[1] != len(labels):
        raise ValueError(
            f"losses (T, N), labels (N,) and validation (T, K) do not fit: {losses.shape}, "
            f"{labels.shape} and {validation.shape}"
        )
    if len(losses) < 3:
        raise ValueError(f"cld needs at least 3 epochs, got {len(losses)}")
    scores = np.empty(len(labels))
    for k in np.unique(labels):
        members = labels == k
        own = _directions(losses[:, members])
        scores[members] = np.clip(_directions(validation[:, [k]])[:, 0] @ own, -1, 1)
    return scores


def _directions(losses: np.ndarray) -> np.ndarray:
    """Centred differences (T - 1, n) of losses (T, n), each column scaled to unit length.

    A column is 0 if its differences are constant, that is within rounding error of their mean.
    """
    losses = losses.astype(np.float64)
    moves = np.diff(losses, axis=0)
    moves -= moves.mean(axis=0)
    lengths = np.linalg.norm(moves, axis=0)
    return moves / np.where(lengths > _ROUNDING * np.abs(losses).max(axis=0), lengths, np.inf)


@checked
def score(query: Query, *, epochs: Positive | None = None) -> np.ndarray:
    """The :func:`cld` score of a query.

    Parameters
    ----------
    query : Query
        Trained query whose record has every epoch of the evaluation view, and validation losses.
    epochs : int, optional
        Use only the epochs up to this one; all of them by default.

    Returns
    -------
    ndarray of shape (N,), float64
        In [-1, 1].

    Raises
    ------
    ValueError
        If a class has no validation example, or there are fewer than 3 epochs.
    """
    probability = query.record.view("evaluation").probability
    validation = query.record.of_epochs("validation_loss")
    if epochs is not None:
        check_integer("epochs", epochs, minimum=1, maximum=len(validation))
    missing = np.flatnonzero(np.isnan(validation).any(axis=0))
    if len(missing):
        raise ValueError(
            f"cld needs validation examples of every class; class {missing[0]} has none"
        )
    losses = -np.log(np.maximum(probability[:epochs], _SMALLEST))
    return cld(losses, query.labels, validation[:epochs])
