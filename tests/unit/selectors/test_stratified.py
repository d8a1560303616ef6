"""Coverage-centric stratified selection."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairprune.selectors.stratified import select


def _select(scores, n_keep, seed=0, **options):
    scores = np.asarray(scores, dtype=float)
    generator = np.random.default_rng(seed)
    return select(np.arange(len(scores)), n_keep, scores=scores, generator=generator, **options)


def _strata_counts(kept, scores, n_strata):
    return np.histogram(np.asarray(scores)[kept], n_strata, (min(scores), max(scores)))[0]


def test_budget_by_hand():
    # bins of 2, 50, 8 and 40; 31 to keep: 2 of 7, then 8 of 9, then 10 of 10, then 11 of 11
    scores = np.repeat([0.0, 1.1, 2.1, 3.0], [2, 50, 8, 40])
    kept = _select(scores, 31, n_strata=4)
    np.testing.assert_array_equal(_strata_counts(kept, scores, 4), [2, 11, 8, 10])


def test_hardest_share_is_dropped_from_the_end_named():
    scores = np.arange(100.0)
    assert _select(scores, 50, beta=0.25).max() == 74
    assert _select(scores, 75, beta=0.25).tolist() == list(range(75))
    assert _select(scores, 75, beta=0.25, hard="low").tolist() == list(range(25, 100))
    assert _select(scores, 43, beta=0.57).tolist() == list(range(43))  # as floats 56.99... of 100


def test_equal_scores_are_dropped_in_the_order_of_the_pool():
    given = {"scores": np.zeros(10), "beta": 0.3}
    pool = np.array([8, 2, 5, 0, 1, 3, 4, 6, 7, 9])
    kept = select(pool, 7, generator=np.random.default_rng(0), **given)
    assert kept.tolist() == [0, 1, 3, 4, 6, 7, 9]


def test_no_more_is_dropped_than_pruned():
    assert len(_select(np.arange(10.0), 10, beta=0.9)) == 10
    assert _select(np.arange(10.0), 8, beta=0.9).tolist() == list(range(8))


@given(
    scores=st.lists(st.integers(-9, 9), max_size=60),
    share=st.floats(0, 1),
    beta=st.floats(0, 0.99),
    n_strata=st.integers(1, 12),
)
def test_n_keep_is_met_without_duplicates(scores, share, beta, n_strata):
    n_keep = int(share * len(scores))
    kept = _select(scores, n_keep, beta=beta, n_strata=n_strata)
    assert len(kept) == n_keep
    assert (np.diff(kept) > 0).all()


@given(
    scores=st.lists(st.integers(0, 40), min_size=2, max_size=80).filter(lambda s: len(set(s)) > 1),
    share=st.floats(0.1, 1),
)
def test_budgets_are_even_up_to_the_bin_sizes(scores, share):
    kept = _select(scores, int(share * len(scores)), n_strata=4)
    sizes = _strata_counts(np.arange(len(scores)), scores, 4)
    counts = _strata_counts(kept, scores, 4)
    assert (counts <= sizes).all()
    incomplete = counts[counts < sizes]
    assert len(incomplete) == 0 or (counts <= incomplete.min() + 1).all()


def test_draws_within_bins_are_uniform_and_seeded():
    scores = np.repeat([0.0, 1.0], [30, 10])
    kept = [_select(scores, 10, seed, n_strata=2) for seed in range(1000)]
    frequency = np.bincount(np.concatenate(kept), minlength=40) / 1000
    expected = np.repeat([5 / 30, 5 / 10], [30, 10])
    assert (np.abs(frequency - expected) < 5 * np.sqrt(expected * (1 - expected) / 1000)).all()
    assert _select(scores, 10, 3).tolist() == _select(scores, 10, 3).tolist()


def test_pool_selects_among_its_own():
    scores = np.array([9.0, 0.0, 9.0, 1.0, 9.0])
    pool = np.array([1, 3])
    generator = np.random.default_rng(0)
    np.testing.assert_array_equal(select(pool, 2, scores=scores, generator=generator), pool)


def test_beta_is_below_one():
    with pytest.raises(ValueError, match=r"beta must be a number in \[0, 1\), got 1.0"):
        _select([1, 2, 3], 1, beta=1.0)
