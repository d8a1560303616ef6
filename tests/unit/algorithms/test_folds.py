"""Stratified folds: sizes, order, and what they depend on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairprune.algorithms.folds import stratified_folds


@given(
    labels=st.lists(st.integers(0, 4), min_size=5, max_size=60),
    n_folds=st.integers(2, 5),
    seed=st.integers(0, 9),
)
def test_folds_differ_by_one_example_at_most_in_all_and_in_each_class(labels, n_folds, seed):
    labels = np.array(labels)
    folds = stratified_folds(labels, n_folds, np.random.default_rng(seed).random(len(labels)))
    for part in [folds, *(folds[labels == k] for k in np.unique(labels))]:
        sizes = np.bincount(part, minlength=n_folds)
        assert sizes.max() - sizes.min() <= 1 and len(sizes) == n_folds


def test_folds_follow_the_priorities_wherever_examples_stand():
    labels, priorities = np.arange(30) % 3, np.random.default_rng(0).random(30)
    folds, order = stratified_folds(labels, 3, priorities), np.random.default_rng(1).permutation(30)
    np.testing.assert_array_equal(
        stratified_folds(labels[order], 3, priorities[order]), folds[order]
    )


def test_more_folds_than_examples_are_refused():
    with pytest.raises(ValueError, match=r"n_folds must be an integer in \[2, 3\], got 4"):
        stratified_folds([0, 0, 1], 4, np.arange(3))
