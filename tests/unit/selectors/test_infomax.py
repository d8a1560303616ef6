"""InfoMax."""

import itertools

import numpy as np
import pytest

from fairprune.algorithms.neighbours import nearest
from fairprune.selectors.infomax import select


def objective(subset, scores, similarity, alpha):
    """What is to be maximised."""
    pairs = sum(similarity[i, j] for i in subset for j in subset if i != j)
    return sum(scores[i] for i in subset) - alpha * pairs


def make(n=12, k=3, seed=0):
    generator = np.random.default_rng(seed)
    points, scores = generator.normal(size=(n, 3)), generator.random(n)
    scores = (scores - scores.min()) / np.ptp(scores)
    neighbours, distances = nearest(points, k, "cosine")
    similarity = np.zeros((n, n))
    for i in range(n):
        for j, d in zip(neighbours[i], distances[i], strict=True):
            similarity[i, j] = similarity[j, i] = max(0.0, 1 - d)
    artifact = {"neighbours": neighbours, "distances": distances, "metric": np.array("cosine")}
    return scores, similarity, artifact


def test_by_hand():
    # 0 and 1 are alike, 2 is like neither: of two, 1 would add 0.9 - 2 * 0.3, and 2 adds 0.4
    artifact = {
        "neighbours": np.array([[1], [0], [3], [2]]),
        "distances": np.array([[0.0], [0.0], [2.0], [2.0]]),
        "metric": np.array("cosine"),
    }
    scores = np.array([1.0, 0.9, 0.4, 0.0])
    assert select(np.arange(4), 2, scores=scores, artifact=artifact).tolist() == [0, 2]
    assert select(np.arange(4), 2, scores=scores, artifact=artifact, alpha=0.2).tolist() == [0, 1]
    assert select(np.arange(1, 4), 2, scores=scores, artifact=artifact).tolist() == [1, 2]


@pytest.mark.parametrize("seed", range(4))
def test_each_step_adds_most_and_the_sum_is_near_the_best_of_all_sets(seed):
    scores, similarity, artifact = make(seed=seed)
    taken = []
    for n_keep in range(1, 7):
        best = max(
            (i for i in range(12) if i not in taken),
            key=lambda i: objective([*taken, i], scores, similarity, 0.3),
        )
        taken.append(best)
        kept = select(np.arange(12), n_keep, scores=scores, artifact=artifact)
        assert kept.tolist() == sorted(taken)
    every = itertools.combinations(range(12), 6)
    largest = max(objective(subset, scores, similarity, 0.3) for subset in every)
    assert objective(taken, scores, similarity, 0.3) > 0.9 * largest


def test_scores_are_scaled():
    scores, _, artifact = make()
    expected = select(np.arange(12), 5, scores=scores, artifact=artifact)
    found = select(np.arange(12), 5, scores=100 - 3 + 50 * scores, artifact=artifact)
    assert found.tolist() == expected.tolist()


def test_euclidean_distances_are_refused():
    scores, _, artifact = make()
    artifact["metric"] = np.array("euclidean")
    with pytest.raises(ValueError, match="neighbours of metric 'cosine', got euclidean"):
        select(np.arange(12), 5, scores=scores, artifact=artifact)
