"""Variances between few seeds, learned from all runs of a study."""

import numpy as np
import pytest
from scipy import stats

from fairprune.reporting.seed_spread import SeedSpread, _minus_log_likelihood, seed_spread
from fairprune.reporting.uncertainty import ALONE


def drawn(generator, n_runs, n_seeds, *, variance=4.0, freedom=np.inf):
    """Runs whose variances are variance * freedom / chi2(freedom)."""
    scale = 1.0 if np.isinf(freedom) else freedom / generator.chisquare(freedom, (n_runs, 1))
    return np.sqrt(variance * scale) * generator.normal(size=(n_runs, n_seeds))


@pytest.mark.parametrize("n_seeds", [2, 3, 6])
@pytest.mark.parametrize("freedom", [2.0, 6.0])
def test_prior_is_recovered_from_many_runs(n_seeds, freedom):
    runs = drawn(np.random.default_rng(0), 20_000, n_seeds, freedom=freedom)
    found = seed_spread(runs)
    assert found.variance == pytest.approx(4.0, rel=0.05)
    assert found.freedom == pytest.approx(freedom, rel=0.1)
    assert found.total_freedom == 20_000 * (n_seeds - 1)


def test_likelihood_is_that_of_the_f_distribution():
    variances, freedom = np.array([0.3, 1.0, 2.5]), np.array([1, 2, 4])
    expected, found = (
        np.diff([function(s, d0) for s, d0 in ((1.0, 3.0), (2.0, 7.0))])
        for function in (
            lambda s, d0: -stats.f.logpdf(variances, freedom, d0, scale=s).sum(),
            lambda s, d0: _minus_log_likelihood(np.log([s, d0]), variances, freedom),
        )
    )
    np.testing.assert_allclose(found, expected)


def test_runs_with_equal_variances_pool_them():
    pattern = np.array([[0.0, 1, 2], [5, 6, 7], [2, 4, 6]])  # variances 1, 1, 4
    found = seed_spread(pattern)
    assert (found.variance, found.freedom) == (pytest.approx(2.0), np.inf)
    assert found.moderate(pattern[0]) == (found.variance, 6.0)  # no more than all runs have


def test_moderation_by_hand():
    spread = SeedSpread(variance=2.0, freedom=3.0, total_freedom=100)
    assert spread.moderate(np.array([1.0, 5.0])) == (3.5, 4.0)  # (3 * 2 + 1 * 8) / 4
    assert spread.moderate(np.array([1.0])) == (2.0, 3.0)
    few = SeedSpread(variance=2.0, freedom=7.0, total_freedom=5)
    assert few.moderate(np.array([1.0, 5.0])) == (2.75, 5.0)  # (7 * 2 + 8) / 8


def test_a_run_alone_has_its_own_variance_and_one_seed_none():
    assert ALONE.moderate(np.array([1.0, 5.0])) == (8.0, 1.0)
    assert ALONE.moderate(np.array([1.0])) == (0.0, np.inf)
    assert seed_spread([np.array([1.0, 2.0])]) == ALONE
    assert seed_spread([np.array([1.0]), np.array([2.0])]) == ALONE


def test_ties_do_not_pass_for_runs_without_any_spread():
    """Of 40 runs of two seeds a few tie, since accuracies are counts: still much alike."""
    runs = drawn(np.random.default_rng(0), 40, 2)
    runs[:4] = 3.0
    found = seed_spread(runs)
    assert found.freedom > 3
    assert 1 < found.variance < 6
    assert seed_spread(np.ones((5, 2))).moderate(np.ones(2)) == (0.0, 5.0)


def test_runs_of_unequal_numbers_of_seeds_count_by_their_freedom():
    found = seed_spread([np.array([0.0, 1, 2]), np.array([0.0, 2.0]), np.array([7.0])])
    assert found.total_freedom == 3
    assert found.variance == pytest.approx((2 * 1 + 1 * 2) / 3)
