"""Shrunk errors: by hand, at both ends, and nearer to the truth than the observed ones."""

import numpy as np
import pytest

from fairprune.algorithms.shrinkage import shrunk, standard_error, true_variance


def test_by_hand():
    # m = 0.5, var = 0.09, by chance 0.16 / 16 = 0.01: t2 = 0.08, M = 0.25 / 0.08 - 1 = 2.125
    error, tries = np.array([0.2, 0.8]), np.array([16, 16])
    assert true_variance(error, tries) == pytest.approx(0.08)
    low = (3.2 + 2.125 * 0.5) / (16 + 2.125)
    np.testing.assert_allclose(shrunk(error, tries), [low, 1 - low])


def test_chance_alone_makes_all_classes_alike_and_certainty_none():
    error = np.array([0.2, 0.3, 0.25])
    assert true_variance(error, np.full(3, 20)) == 0
    np.testing.assert_allclose(shrunk(error, np.full(3, 20)), 0.25)
    np.testing.assert_allclose(shrunk(error, np.full(3, 10**9)), error, rtol=1e-6)
    np.testing.assert_allclose(shrunk(np.zeros(3), np.full(3, 9)), 0)
    np.testing.assert_allclose(shrunk(np.array([0.0, 1.0]), np.full(2, 9)), [0, 1])


def test_fewer_tries_are_pulled_further_and_none_to_the_mean():
    error, tries = np.array([0.5, 0.5, 0.1, 0.1, np.nan]), np.array([20, 2000, 20, 2000, 0])
    found = shrunk(error, tries)
    assert found[0] < found[1] < 0.5 and 0.1 < found[3] < found[2]
    assert found[4] == pytest.approx(0.3)
    with pytest.raises(ValueError, match="tries must not be 0 for every class"):
        shrunk(error, np.zeros(5))


def test_shrunk_errors_are_nearer_to_the_truth():
    generator = np.random.default_rng(0)
    truth = generator.beta(4, 12, (200, 20))
    observed = generator.binomial(50, truth) / 50
    found = np.array([shrunk(row, np.full(20, 50)) for row in observed])
    assert ((found - truth) ** 2).mean() < 0.85 * ((observed - truth) ** 2).mean()
    best = (50 * observed + 4) / (50 + 16)  # who knows the distribution
    assert ((found - truth) ** 2).mean() < 1.1 * ((best - truth) ** 2).mean()


def test_standard_error():
    found = standard_error(np.array([0.5, 1.0, np.nan]), np.array([100, 100, 0]))
    np.testing.assert_allclose(found, [0.05, 0, np.nan])


def test_a_class_without_tries_gets_the_mean_where_the_others_could_not_differ_more():
    found = shrunk(np.array([0.0, 1.0, np.nan]), np.array([5, 5, 0]))
    np.testing.assert_allclose(found, [0, 1, 0.5])
