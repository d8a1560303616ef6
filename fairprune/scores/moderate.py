"""Moderate (Xia et al., "Moderate Coreset: A Universal Method of Data Selection for Real-world
Data-efficient Deep Learning", ICLR 2023).

With ``d_i`` the Euclidean distance of an embedding to the centre of its class, the paper sorts
all distances and keeps the examples in the middle of the order, those closest to the median
in rank:

    score(x_i) = -|rank(d_i) - (N - 1) / 2|      ranks 0 to N - 1, equal distances share the mean

Embeddings are the inputs of the last linear layer of the trained query, in eval mode. Options:

``centre``
    ``"mean"`` of the class's embeddings (the paper, default) or their ``"median"`` in each
    dimension (the published code).
``within``
    ranks over ``"all"`` examples (the paper, default) or within each ``"class"``, which keeps
    the middle of every class.
``closeness``
    ``"rank"`` (the paper, default) or ``"distance"``: ``score = -|d_i - median(d)|``.

When N is even, the two middle ranks are equally close.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike

from fairprune._validation import checked
from fairprune.scores._embeddings import class_centres, labelled_points

if TYPE_CHECKING:
    from fairprune.training.query import Query

QUERY = "full"
NEEDS = "model"
EMBEDDINGS = True  # the score needs nothing else of the model: they may come from a file


Centre = Literal["mean", "median"]
Within = Literal["all", "class"]
Closeness = Literal["rank", "distance"]


@checked
def moderate(
    embeddings: ArrayLike,
    labels: ArrayLike,
    *,
    centre: Centre = "mean",
    within: Within = "all",
    closeness: Closeness = "rank",
) -> np.ndarray:
    """How close each example's distance to its class centre is to the median distance.

    Parameters
    ----------
    embeddings : array_like of shape (N, D)
    labels : array_like of shape (N,)
        Class of each example.
    centre : {"mean", "median"}, default="mean"
        Centre of a class.
    within : {"all", "class"}, default="all"
        Whether the median is over all examples or over the example's class.
    closeness : {"rank", "distance"}, default="rank"
        Whether closeness to the median is counted in ranks or in distance.

    Returns
    -------
    ndarray of shape (N,), float64
        Not positive.
    """
    embeddings, labels, n_classes = labelled_points(embeddings, labels)
    reduce = np.mean if centre == "mean" else np.median
    centres = class_centres(embeddings, labels, n_classes, reduce)
    distances = np.linalg.norm(embeddings - centres[labels], axis=1)
    measure = _from_middle_rank if closeness == "rank" else _from_median
    if within == "all":
        return -measure(distances)
    scores = np.empty(len(labels))
    for k in np.unique(labels):
        scores[labels == k] = -measure(distances[labels == k])
    return scores


def _from_middle_rank(distances: np.ndarray) -> np.ndarray:
    _, position, counts = np.unique(distances, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts + 1) / 2  # of each distinct distance
    return np.abs(ranks[position] - (len(distances) - 1) / 2)


def _from_median(distances: np.ndarray) -> np.ndarray:
    return np.abs(distances - np.median(distances))


@checked
def score(
    query: Query,
    *,
    centre: Centre = "mean",
    within: Within = "all",
    closeness: Closeness = "rank",
) -> np.ndarray:
    """The :func:`moderate` score (N,) of a query's embeddings, with the same options."""
    points = query.embeddings, query.labels
    return moderate(*points, centre=centre, within=within, closeness=closeness)
