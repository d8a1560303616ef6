"""SSP, self-supervised prototypes (Sorscher et al., "Beyond neural scaling laws: beating power
law scaling via data pruning", NeurIPS 2022).

k-means on the embeddings; the score is the distance to the nearest centroid,

    score(x) = min_k d(h(x), c_k)

and examples far from every prototype are hard and kept first. ``supervised=True`` replaces the
centroids by the mean embedding of the example's own class:

    score(x) = d(h(x), mean of h over the class of x)

Embeddings are the inputs of the last linear layer of the trained query, in eval mode.
Sorscher et al. embed ImageNet with a self-supervised model and use cosine distance,
``d(a, b) = 1 - a.b / (|a| |b|)``, which is ``metric="cosine"``; k-means then runs on embeddings of
unit length, whose squared Euclidean distance is twice the cosine distance. As many clusters
as classes by default: the paper found the choice to matter little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from fairprune._validation import Positive, check_integer, checked
from fairprune.scores._embeddings import class_centres, unit_rows

if TYPE_CHECKING:
    from fairprune.training.query import Query

QUERY = "full"
NEEDS = "model"


@checked
def score(
    query: Query,
    *,
    n_clusters: Positive | None = None,
    n_init: Positive = 1,
    metric: Literal["euclidean", "cosine"] = "euclidean",
    supervised: bool = False,
) -> np.ndarray:
    """Distance of each example to its nearest prototype.

    Parameters
    ----------
    query : Query
        Trained query with its embeddings.
    n_clusters : int, optional
        Number of centroids, at most N; the number of classes by default. Not used when
        supervised.
    n_init : int, default=1
        Runs of k-means, each from its own k-means++ start; the tightest one is taken.
    metric : {"euclidean", "cosine"}, default="euclidean"
        Distance between embeddings.
    supervised : bool, default=False
        Whether the prototypes are the class means.

    Returns
    -------
    ndarray of shape (N,), float64
        Not negative.
    """
    embeddings = np.asarray(query.embeddings, dtype=np.float64)
    if metric == "cosine":
        embeddings = unit_rows(embeddings)
    if supervised:
        prototypes = class_centres(embeddings, query.labels, query.n_classes)
        nearest = query.labels
    else:
        n_clusters = query.n_classes if n_clusters is None else n_clusters
        check_integer("n_clusters", n_clusters, minimum=1, maximum=len(embeddings))
        prototypes, nearest = _kmeans(embeddings, n_clusters, n_init, query.generator("ssp"))
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
    """Centroids (n_clusters, D) and the nearest one of each example (N,).

    On one thread: with several, scikit-learn adds up centroids in the order the threads finish.
    """
    from sklearn.cluster import KMeans  # takes a second to import
    from threadpoolctl import threadpool_limits

    kmeans = KMeans(n_clusters, n_init=n_init, random_state=int(generator.integers(2**31)))
    with threadpool_limits(1):
        nearest = kmeans.fit_predict(embeddings)
    return kmeans.cluster_centers_, nearest
