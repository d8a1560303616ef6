"""Variances between few seeds, learned from all runs of a study."""

import numpy as np
import pytest
from scipy import stats

from fairprune.reporting.recall_counts import seed_values
from fairprune.reporting.seed_spread import SeedSpread, _minus_log_likelihood, seed_spread
from fairprune.reporting.uncertainty import ALONE, estimate, paired_difference


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


def simulated_study(generator, *, n_runs, n_seeds, n_classes=10, n_test=250):
    """Counts (S, K) of runs with spreads of their own, and the expected least recall of each."""
    for _ in range(n_runs):
        logit = generator.normal(1.2, 0.8, n_classes)
        spread = 0.25 * np.exp(0.7 * generator.normal())
        seeds = logit + spread * generator.normal(size=(1000 + n_seeds, n_classes))
        recall = 1 / (1 + np.exp(-seeds))
        difficulty = generator.random((n_test, n_classes))
        correct = (difficulty < recall[:n_seeds, None, :]).sum(1)
        yield correct, recall[n_seeds:].min(1).mean()


def test_two_seeds_cover_and_say_something_where_runs_learn_from_each_other():
    """95% intervals of the worst class; by themselves two seeds often leave nothing out."""
    generator, test = np.random.default_rng(5), np.full(10, 250)
    hits, widths = [], {"together": [], "alone": []}
    for _ in range(6):
        runs = list(simulated_study(generator, n_runs=25, n_seeds=2))
        values = (seed_values(correct, test, "worst_class_accuracy") for correct, _ in runs)
        spreads = {"together": seed_spread(values), "alone": ALONE}
        for correct, target in runs:
            for name, spread in spreads.items():
                found = estimate(correct, test, spread=spread, n_resamples=200)
                widths[name].append(found.upper - found.lower)
                if name == "together":
                    hits.append(found.lower <= target <= found.upper)
    assert np.mean(hits) >= 0.9
    assert np.quantile(widths["together"], 0.9) < 0.35
    assert np.quantile(widths["alone"], 0.9) > 0.7


def test_seeds_enter_by_the_moderated_variance():
    """Endless test examples leave the seeds alone: mean -+ t sqrt(variance / S)."""
    spread = SeedSpread(variance=0.03**2, freedom=5.0, total_freedom=100)
    share = np.array([[0.52], [0.48]])
    correct, test = (share * 10**5).astype(int), np.array([10**5])
    other = np.full((2, 1), 50_000)
    variance = (5 * 0.03**2 + 0.04**2 / 2) / 6
    half = stats.t.ppf(0.975, 6) * np.sqrt(variance / 2)
    options = {"spread": spread, "n_resamples": 20_000}
    single = estimate(correct, test, "average_accuracy", **options)
    paired = paired_difference(correct, other, test, "average_accuracy", **options)
    for found in (single, paired):
        assert found.upper - found.lower == pytest.approx(2 * half, rel=0.02)
