"""Quota rules besides MetriQ: their numbers by hand, and what they refuse."""

import numpy as np
import pytest

from fairprune.allocation import metriq, proportional
from fairprune.quota_rules import metriq as metriq_rule
from fairprune.quota_rules import nucs, tempered, uniform, variance
from fairprune.selectors import window

COUNTS = np.array([100, 100, 100])


def test_weights_share_the_budget_and_a_full_class_passes_the_rest_on():
    np.testing.assert_allclose(proportional([2, 1, 1], COUNTS, 0.2), [0.3, 0.15, 0.15])
    np.testing.assert_allclose(proportional([200, 100, 100], COUNTS, 0.2), [0.3, 0.15, 0.15])
    np.testing.assert_allclose(proportional([8, 1, 1], COUNTS, 0.5), [1, 0.25, 0.25])
    with pytest.raises(ValueError, match=r"weight must be at least 0, got weight\[1\] = -1"):
        proportional([1, -1, 1], COUNTS, 0.2)


def test_tempered_errors_by_hand():
    # errors 0.64, 0.16, 0.04: roots 0.8, 0.4, 0.2 share the budget of 105 as 60, 30, 15
    found = tempered.class_density(COUNTS, 0.35, recall=[0.36, 0.84, 0.96])
    np.testing.assert_allclose(found, [0.6, 0.3, 0.15])


@pytest.mark.parametrize("counts", [[100, 100, 100], [90, 30, 7]])
def test_exponent_1_is_metriq_and_0_is_uniform(counts):
    recall = [0.3, 0.7, 0.9]
    one = tempered.class_density(counts, 0.4, recall=recall, exponent=1, minimum_per_class=3)
    np.testing.assert_array_equal(one, metriq(recall, counts, 0.4, minimum_per_class=3))
    zero = tempered.class_density(counts, 0.4, recall=recall, exponent=0)
    np.testing.assert_allclose(zero, 0.4)


def test_a_class_without_errors_and_one_without_validation_examples():
    found = tempered.class_density(COUNTS, 0.2, recall=[1, 0.75, 0.75])
    np.testing.assert_allclose(found, [0, 0.3, 0.3])
    with pytest.raises(ValueError, match=r"recall is NaN for class 0, which has no"):
        tempered.class_density(COUNTS, 0.2, recall=[np.nan, 0.5, 0.5])
    found = tempered.class_density(COUNTS, 0.2, recall=[np.nan, 0.5, 0.5], missing="mean")
    np.testing.assert_allclose(found, 0.2)


@pytest.mark.parametrize("rule", [metriq_rule, tempered])
def test_a_class_without_errors_by_luck_keeps_something_of_shrunk_errors(rule):
    """Errors in 20 tries as CIFAR-10's cats, dogs, birds and trucks showed them in a study."""
    recall, tries = 1 - np.array([5, 6, 8, 0]) / 20, np.full(4, 20)
    counts = np.full(4, 1000)
    assert rule.class_density(counts, 0.3, recall=recall, tries=tries)[3] == 0
    found = rule.class_density(counts, 0.3, recall=recall, tries=tries, shrink=True)
    assert found[3] > 0.1 and (np.diff(found)[:2] > 0).all()


def by_class(*scores):
    found = np.empty(len(scores), dtype=object)
    found[:] = [np.array(values) for values in scores]
    return found


def test_uniform_keeps_the_proportions():
    found = uniform.class_density([10, 20, 70], 0.3)
    np.testing.assert_allclose(found, 0.3)
    found = uniform.class_density([10, 20, 70], 0.3, minimum_per_class=9)
    np.testing.assert_allclose(found * [10, 20, 70], [9, 9, 12])


def test_winsorised_means_by_hand():
    assert nucs.winsorised_mean(np.array([100.0, 0, 1, 2, 3]), 0.2) == 2
    assert nucs.winsorised_mean(np.array([100.0, 0, 1, 2, 3]), 0) == 21.2
    assert nucs.winsorised_mean(np.array([1.0, 9]), 0.49) == 5
    assert nucs.winsorised_mean(np.array([]), 0.05) == 0


def test_nucs_follows_the_difficulty_of_the_classes():
    scores = by_class([1.0, 1, 1, 1], [2.0, 2, 2, 2], [3.0, 3, 3, 3])
    found = nucs.class_density([4, 4, 4], 0.3, class_scores=scores)
    np.testing.assert_allclose(found, [0.15, 0.3, 0.45])
    outlier = by_class([1.0] * 9 + [1e6], [2.0] * 10, [3.0] * 10)
    found = nucs.class_density([10] * 3, 0.3, class_scores=outlier, winsorise=0.1)
    np.testing.assert_allclose(found, [0.15, 0.3, 0.45])
    with pytest.raises(ValueError, match="means are not negative, got -1 for class 1"):
        nucs.class_density([2, 2], 0.5, class_scores=by_class([1, 1], [-1, -1]))


def test_variance_is_the_root_mean_square_of_distances():
    scores = by_class([3.0, 4.0], [1.0, 7.0], [])  # mean squares 12.5 and 25
    found = variance.class_density([2, 2, 0], 0.25, class_scores=scores, power=2)
    np.testing.assert_allclose(found, [1 / 6, 1 / 3, 0])
    found = variance.class_density([2, 2, 0], 0.25, class_scores=scores)
    assert found[1] / found[0] == pytest.approx(2**0.5)


def test_a_window_is_of_neighbours_in_score():
    scores, pool = np.array([5.0, 1, 4, 2, 3, 9]), np.array([0, 1, 2, 3, 4])
    kept = {start: window.select(pool, 2, scores=scores, start=start) for start in (0, 0.5, 1)}
    assert {start: found.tolist() for start, found in kept.items()} == {
        0: [0, 2], 0.5: [2, 4], 1: [1, 3],
    }  # fmt: skip
