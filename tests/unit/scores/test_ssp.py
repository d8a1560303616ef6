"""Distance to prototypes."""

from types import SimpleNamespace

import numpy as np
import pytest

from fairprune.scores.ssp import score


def _query(embeddings, labels, seed=0):
    embeddings, labels = np.asarray(embeddings, np.float32), np.asarray(labels)
    return SimpleNamespace(
        embeddings=embeddings,
        labels=labels,
        n_classes=int(labels.max()) + 1,
        generator=lambda name: np.random.default_rng(seed),
    )


def _two_pairs(labels):
    return _query([[0.0, 0.0], [0.0, 2.0], [10.0, 0.0], [10.0, 6.0]], labels)


def test_distance_to_the_nearest_centroid_ignores_labels():
    # centroids (0, 1) and (10, 3) whatever the labels
    for labels in ([0, 0, 1, 1], [0, 1, 0, 1]):
        np.testing.assert_allclose(score(_two_pairs(labels)), [1, 1, 3, 3], rtol=1e-6)


def test_supervised_takes_the_mean_of_the_own_class():
    # means (0, 1) and (10, 3); then (5, 0) and (5, 4)
    np.testing.assert_allclose(score(_two_pairs([0, 0, 1, 1]), supervised=True), [1, 1, 3, 3])
    expected = [5, np.hypot(5, 2), 5, np.hypot(5, 2)]
    np.testing.assert_allclose(score(_two_pairs([0, 1, 0, 1]), supervised=True), expected)


def test_supervised_measures_to_the_own_mean_even_where_another_is_nearer():
    # means 0 and 8: the 9 of class 0 counts 9 although it lies beside the other mean
    query = _query([[-9.0], [9.0], [8.0], [8.0]], [0, 0, 1, 1])
    np.testing.assert_allclose(score(query, supervised=True), [9, 9, 0, 0])


def test_number_of_clusters():
    query = _two_pairs([0, 0, 1, 1])
    np.testing.assert_allclose(score(query, n_clusters=4), 0, atol=1e-9)
    np.testing.assert_allclose(
        score(query, n_clusters=1), np.linalg.norm(query.embeddings - [5, 2], axis=1)
    )


@pytest.mark.parametrize("supervised", [False, True])
def test_cosine_ignores_lengths(supervised):
    angles = np.array([0.0, 0.2, 2.0, 2.4])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    query = _query(vectors * np.array([[1], [7], [0.1], [3]]), [0, 0, 1, 1])
    found = score(query, metric="cosine", supervised=supervised)
    expected = 1 - np.cos([0.1, 0.1, 0.2, 0.2])  # the prototypes halve the angles
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_every_example_is_measured_to_its_nearest_centroid():
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    query = _query(pixels, labels)
    for metric in ("euclidean", "cosine"):
        found = score(query, metric=metric)
        assert found.shape == labels.shape
        assert (found >= 0).all()
        np.testing.assert_array_equal(found, score(query, metric=metric))
        nearer = score(query, metric=metric, n_clusters=50)
        assert nearer.mean() < found.mean()
    assert score(query).mean() < score(query, supervised=True).mean()


def test_bad_options():
    query = _two_pairs([0, 0, 1, 1])
    with pytest.raises(ValueError, match=r"n_clusters must be an integer in \[1, 4\], got 5"):
        score(query, n_clusters=5)
