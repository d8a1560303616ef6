"""Closeness to the median distance to the class centre."""

from types import SimpleNamespace

import numpy as np

from fairprune.scores.moderate import score


def _query(embeddings, labels):
    return SimpleNamespace(
        embeddings=np.asarray(embeddings, np.float32),
        labels=np.asarray(labels),
        n_classes=max(labels) + 1,
    )


# class 0: mean 4, distances 4, 3, 1, 8; class 1: mean 2, distances 2, 0, 2; class 2 is empty
QUERY = _query([[0.0], [1.0], [3.0], [12.0], [0.0], [2.0], [4.0]], [0, 0, 0, 0, 1, 1, 1])
QUERY.n_classes = 3


def test_middle_ranks_over_all_examples():
    # sorted distances: 0 (5), 1 (2), 2 (4), 2 (6), 3 (1), 4 (0), 8 (3); the 2s share rank 2.5
    np.testing.assert_array_equal(score(QUERY), [-2, -1, -2, -3, -0.5, -3, -0.5])


def test_middle_ranks_within_classes():
    # class 0 sorted: 1 (2), 3 (1), 4 (0), 8 (3); class 1: 0 (5), 2 (4), 2 (6)
    expected = [-0.5, -0.5, -1.5, -1.5, -0.5, -1, -0.5]
    np.testing.assert_array_equal(score(QUERY, within="class"), expected)


def test_closeness_in_distance():
    # the median of 4, 3, 1, 8, 2, 0, 2 is 2; those of the classes are 3.5 and 2
    found = score(QUERY, closeness="distance")
    np.testing.assert_array_equal(found, [-2, -1, -1, -6, 0, -2, 0])
    found = score(QUERY, closeness="distance", within="class")
    np.testing.assert_array_equal(found, [-0.5, -0.5, -2.5, -4.5, 0, -2, 0])


def test_median_centre():
    # class 0: median 2, distances 2, 1, 1, 10; class 1: 2, 0, 2
    found = score(QUERY, centre="median", closeness="distance")
    np.testing.assert_array_equal(found, [0, -1, -1, -8, 0, -2, 0])


def test_highest_scores_are_the_middle_of_the_sorted_distances():
    generator = np.random.default_rng(0)
    labels = generator.integers(3, size=201)
    query = _query(generator.normal(size=(201, 4)), labels.tolist())
    means = np.stack([query.embeddings[labels == k].mean(axis=0) for k in range(3)])
    by_distance = np.argsort(np.linalg.norm(query.embeddings - means[labels], axis=1))
    kept = np.argsort(-score(query), kind="stable")[:101]
    assert set(kept) == set(by_distance[50:151])
