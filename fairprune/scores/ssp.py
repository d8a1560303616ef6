"""SSP, self-supervised prototypes (Sorscher et al., "Beyond neural scaling laws: beating power
law scaling via data pruning", NeurIPS 2022).

k-means clusters the embeddings, and the score is the distance to the nearest centroid,

    score(x) = min_k d(h(x), c_k)

Examples far from every prototype are hard and are kept first. ``supervised=True`` replaces the
centroids by the mean embedding of the example's own class:

    score(x) = d(h(x), mean of h over the class of x)

Embeddings are the inputs of the last linear layer of the trained query, in eval mode.
Sorscher et al. embed ImageNet with a self-supervised model and use cosine distance,
``d(a, b) = 1 - a.b / (|a| |b|)``, which is ``metric="cosine"``; k-means then runs on embeddings of
unit length, whose squared Euclidean distance is twice the cosine distance. By default there are
as many clusters as classes; the paper found that the number matters little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike

from fairprune._optional import needed
from fairprune._validation import Positive, check_integer, checked
from fairprune.scores._embeddings import class_centres, labelled_points, unit_rows
from fairprune.seeds import numpy_generator

if TYPE_CHECKING:
    from fairprune.training.query import Query

QUERY = "full"
NEEDS = "model"
EMBEDDINGS = True  # the score needs nothing else of the model: they may come from a file


Metric = Literal["euclidean", "cosine"]


@checked
def ssp(
    embeddings: ArrayLike,
    labels: ArrayLike,
    *,
    n_clusters: Positive | None = None,
    n_init: Positive = 1,
    metric: Metric = "euclidean",
    supervised: bool = False,
    seed: int | np.random.Generator = 0,
) -> np.ndarray:
    """Distance of each example to its nearest prototype; needs scikit-learn unless supervised.

    Parameters
    ----------
    embeddings : array_like of shape (N, D)
    labels : array_like of shape (N,)
        Class of each example; unless supervised, only the number of classes is used.
    n_clusters : int, optional
        Number of centroids, at most N; the number of classes by default. Not used when
        supervised.
    n_init : int, default=1
        Runs of k-means, each from its own k-means++ start; the tightest result is used.
    metric : {"euclidean", "cosine"}, default="euclidean"
        Distance between embeddings.
    supervised : bool, default=False
        Whether the prototypes are the class means.
    seed : int or Generator, default=0
        Source of randomness for the starts of k-means.

    Returns
    -------
    ndarray of shape (N,), float64
        Not negative.
    """
    points, labels, n_classes = labelled_points(embeddings, labels)
    embeddings = points.astype(np.float64)
    if metric == "cosine":
        embeddings = unit_rows(embeddings)
    if supervised:
        prototypes = class_centres(embeddings, labels, n_classes)
        nearest = labels
    else:
        n_clusters = n_classes if n_clusters is None else n_clusters
        check_integer("n_clusters", n_clusters, minimum=1, maximum=len(embeddings))
        generator = seed if isinstance(seed, np.random.Generator) else numpy_generator("ssp", seed)
        prototypes, nearest = _kmeans(embeddings, n_clusters, n_init, generator)
    if metric == "euclidean":
        return np.linalg.norm(embeddings - prototypes[nearest], axis=1)
    prototypes = unit_rows(prototypes)
    if supervised:
        cosine = np.einsum("nd,nd->n", embeddings, prototypes[nearest])
    else:
        cosine = (embeddings @ prototypes.T).max(axis=1)
    return np.maximum(1 - cosine, 0.0)


def _kmeans(
    embeddings: np.ndarray, n_clusters: int, n_init: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Centroids (n_clusters, D), and which of them is nearest to each example (N,).

    Runs on one thread; with several, scikit-learn sums centroids in the order the threads finish.
    """
    cluster = needed("sklearn.cluster", "scores")  # takes a second to import
    state = int(generator.integers(2**31))
    kmeans = cluster.KMeans(n_clusters, n_init=n_init, random_state=state)
    with needed("threadpoolctl", "scores").threadpool_limits(1):
        nearest = kmeans.fit_predict(embeddings)
    return kmeans.cluster_centers_, nearest


@checked
def score(
    query: Query,
    *,
    n_clusters: Positive | None = None,
    n_init: Positive = 1,
    metric: Metric = "euclidean",
    supervised: bool = False,
) -> np.ndarray:
    """The :func:`ssp` score (N,) of a query's embeddings, with the same options."""
    return ssp(
        query.embeddings,
        query.labels,
        n_clusters=query.n_classes if n_clusters is None else n_clusters,
        n_init=n_init,
        metric=metric,
        supervised=supervised,
        seed=query.generator("ssp"),
    )
