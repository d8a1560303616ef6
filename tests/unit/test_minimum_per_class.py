"""A minimum per class that takes the whole budget, at densities whose products are inexact."""

import numpy as np
import pytest

from fairprune import metriq, quotas


@pytest.mark.parametrize("recall", ([1.0, 1.0], [1.0, 0.5], [0.5, 0.5], [1.0], [0.5]))
@pytest.mark.parametrize("n_examples", [50, 100, 700])
def test_a_minimum_of_the_whole_budget_is_met(recall, n_examples):
    counts = [n_examples] * len(recall)
    for minimum in range(1, n_examples):
        density = minimum / n_examples
        share = metriq(recall, counts, density, minimum_per_class=minimum)
        np.testing.assert_allclose(share, density)
        np.testing.assert_array_equal(quotas(share, counts), minimum)


def test_rounding_below_the_minimum_is_no_error():
    assert 0.29 * 100 < 29
    assert metriq([1.0], [100], 0.29, minimum_per_class=29) == pytest.approx(0.29)
