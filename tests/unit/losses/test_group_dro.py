"""Group-robust class weights."""

import math

import numpy as np
import pytest

from fairprune.losses.group_dro import class_weights


def slow(recalls, step):
    """One update after the other, as in Algorithm 1 of Sagawa et al."""
    q = [1 / len(recalls[0])] * len(recalls[0])
    for epoch in recalls:
        q = [weight * math.exp(step * (1 - r)) for weight, r in zip(q, epoch, strict=True)]
        q = [weight / sum(q) for weight in q]
    return [len(q) * weight for weight in q]


def test_by_hand():
    # errors 1 and 0, then 0 and 0: e to 1, of mean 1
    weights = class_weights(np.array([[0.0, 1.0], [1.0, 1.0]]), step=1.0)
    np.testing.assert_allclose(weights, [2 * math.e / (math.e + 1), 2 / (math.e + 1)])
    assert class_weights(None) is None


@pytest.mark.parametrize("step", [0.0, 0.1, 3.0])
def test_against_one_update_after_the_other(step):
    recalls = np.random.default_rng(0).random((7, 5))
    np.testing.assert_allclose(class_weights(recalls, step=step), slow(recalls, step))


def test_weights_stay_finite_over_a_long_training():
    weights = class_weights(np.tile([0.0, 1.0], (10_000, 1)), step=1.0)
    np.testing.assert_allclose(weights, [2, 0])


@pytest.mark.parametrize("recall, problem", [(np.nan, "has no validation examples"), (1.2, "1.2")])
def test_recalls_of_no_use_are_refused(recall, problem):
    with pytest.raises(ValueError, match=rf"class 1 (is )?{problem}; group DRO needs"):
        class_weights(np.array([[0.5, recall]]))
