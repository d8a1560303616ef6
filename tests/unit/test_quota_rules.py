"""Quota rules besides MetriQ: their numbers by hand, and what they refuse."""

import numpy as np
import pytest

from fairprune.allocation import metriq, proportional
from fairprune.quota_rules import tempered

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
    with pytest.raises(ValueError, match=r"recall is NaN \(no validation examples\) for class 0"):
        tempered.class_density(COUNTS, 0.2, recall=[np.nan, 0.5, 0.5])
    found = tempered.class_density(COUNTS, 0.2, recall=[np.nan, 0.5, 0.5], missing="mean")
    np.testing.assert_allclose(found, 0.2)
