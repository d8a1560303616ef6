import numpy as np
import pytest

from fairprune.algorithms.long_tail import long_tail_counts, training_set

LABELS = np.repeat(np.arange(4), 50)


def test_long_tail_by_hand():
    # mu = 1/8, K = 4: factors 8^0, 8^(-1/3) = 1/2, 8^(-2/3) = 1/4, 8^-1
    assert long_tail_counts(np.full(4, 80), 8).tolist() == [80, 40, 20, 10]
    assert long_tail_counts(np.full(3, 500), 20).tolist() == [500, 111, 25]
    assert long_tail_counts(np.full(3, 98), 49).tolist() == [98, 14, 2]  # 98 / 49 floats below 2
    assert long_tail_counts(np.array([7]), 10).tolist() == [7]


def test_largest_over_smallest_is_the_imbalance_factor():
    for factor in (2, 5, 10, 20, 100):
        counts = long_tail_counts(np.full(200, 500), factor)
        assert counts[0] == 500 and counts[0] / counts[-1] == factor
        assert (np.diff(counts) <= 0).all()


def test_no_class_vanishes_or_grows():
    assert long_tail_counts(np.array([10, 3, 0]), 1000).tolist() == [10, 1, 0]
    with pytest.raises(ValueError, match="at least 1, got 0.5"):
        long_tail_counts(np.array([10]), 0.5)


def test_training_sets_are_nested_balanced_and_sorted():
    whole = training_set(LABELS, 4)
    assert np.array_equal(whole, np.arange(200))
    thirty = training_set(LABELS, 4, examples_per_class=30)
    ten = training_set(LABELS, 4, examples_per_class=10)
    assert np.bincount(LABELS[ten]).tolist() == [10] * 4
    assert set(ten) < set(thirty) and (np.diff(thirty) > 0).all()
    tail = training_set(LABELS, 4, imbalance_factor=5)
    steeper = training_set(LABELS, 4, imbalance_factor=25)
    assert set(steeper) < set(tail)
    assert np.bincount(LABELS[steeper]).tolist() == [50, 17, 5, 2]


def test_examples_are_left_out_at_random_and_the_same_ones_each_time():
    first, again = (training_set(LABELS, 4, examples_per_class=25) for _ in range(2))
    assert np.array_equal(first, again)
    halves = (first % 50 < 25).reshape(4, 25).sum(axis=1)  # of the first half of each class
    assert ((halves > 5) & (halves < 20)).all()


def test_a_class_too_small_is_named():
    with pytest.raises(ValueError, match="is 60, but class 0 has only 50"):
        training_set(LABELS, 4, examples_per_class=60)
