"""Intervals: closed forms, coverage by simulation, and what resampling must respect."""

import numpy as np
import pytest
from scipy import stats

from fairprune.metrics import STATISTICS, fairness
from fairprune.reporting.measurement import combined, measure
from fairprune.reporting.uncertainty import bounds, interval, recall_interval


def estimate(n_correct, n_test, statistic="worst_class_accuracy", *, seed=0, **more):
    streams = {"images": (seed, 0), "own": (seed, 1)}
    found = measure(n_correct, n_test, [statistic], **streams, **more)
    return interval(found[statistic], bounds=bounds(statistic))


def paired_difference(first, second, n_test, statistic="worst_class_accuracy", *, seed=0, **more):
    both = [
        measure(counts, n_test, [statistic], images=(seed, 0), own=(seed, number), **more)[
            statistic
        ]
        for number, counts in enumerate((first, second), 1)
    ]
    return interval(combined(both, [1, -1]), bounds=(-1.0, 1.0))


@pytest.mark.parametrize(("correct", "test"), [(0, 10), (8, 10), (50, 50), (263, 500)])
def test_recall_interval_is_wilsons(correct, test):
    reference = stats.binomtest(correct, test).proportion_ci(0.95, method="wilson")
    lower, upper = recall_interval(correct, test)
    np.testing.assert_allclose((lower, upper), (reference.low, reference.high), atol=1e-12)


def test_a_class_without_test_examples_could_have_any_recall():
    lower, upper = recall_interval(np.array([0, 5]), np.array([0, 10]))
    assert (lower[0], upper[0]) == (0, 1)
    assert 0 < lower[1] < 0.5 < upper[1] < 1


@pytest.mark.parametrize("statistic", STATISTICS)
def test_value_is_the_mean_over_seeds_of_the_reported_metric(statistic):
    correct, test = np.array([[3, 9, 7], [5, 10, 2]]), np.array([10, 40, 20])
    expected = np.mean([fairness(row / test, n_test=test)[statistic] for row in correct])
    assert estimate(correct, test, statistic).value == pytest.approx(expected)


def test_one_class_one_seed_has_the_standard_error_of_a_proportion():
    result = estimate(np.array([[400]]), np.array([1000]), "average_accuracy", n_resamples=20000)
    half = 1.96 * np.sqrt(0.4 * 0.6 / 1000)
    assert result.upper - result.lower == pytest.approx(2 * half, rel=0.03)
    assert result.bias == pytest.approx(0, abs=5e-4)


def test_seed_spread_enters_with_students_t():
    """Endless test examples leave the spread of the seeds alone: mean -+ t s / sqrt(S)."""
    share = np.array([0.50, 0.58, 0.65, 0.47, 0.51, 0.53, 0.39, 0.50, 0.54, 0.48])
    correct = (share[:, None] * 10**5).round().astype(int)
    result = estimate(correct, np.array([10**5]), "average_accuracy", n_resamples=20000)
    half = stats.t.ppf(0.975, 9) * share.std(ddof=1) / np.sqrt(10)
    assert result.upper - result.lower == pytest.approx(2 * half, rel=0.06)


def test_more_seeds_do_not_make_the_test_split_larger():
    once = estimate(np.array([[40, 80]]), np.full(2, 100), "average_accuracy", n_resamples=5000)
    often = estimate(np.tile([[40, 80]], (5, 1)), np.full(2, 100), "average_accuracy")
    assert often.upper - often.lower == pytest.approx(once.upper - once.lower, rel=0.08)


def test_bias_of_the_minimum_of_equal_classes_is_that_of_order_statistics():
    """One seed of K equal classes, whose counts are as spread out as a binomial has them."""
    n_classes, test = 100, 400
    counts = stats.binom.ppf((np.arange(n_classes) + 0.5) / n_classes, test, 0.5).astype(int)
    result = estimate(counts[None], np.full(n_classes, test))
    deviates = np.random.default_rng(0).normal(size=(20000, n_classes)).min(1)
    bias, error = (f(deviates) * np.sqrt(0.25 / test) for f in (np.mean, np.std))
    assert result.value == pytest.approx(0.5 + bias, abs=0.005)
    assert bias < result.bias < 0.5 * bias  # the recalls keep a part of their measured spread
    assert result.upper - result.lower == pytest.approx(2 * 1.96 * error, rel=0.15)


def test_a_class_that_is_clearly_worst_has_the_interval_of_its_recall():
    counts, test = np.array([[40] + 9 * [90]]), np.full(10, 100)
    result = estimate(counts, test)
    lower, upper = recall_interval(40, 100)
    assert result.upper - result.lower == pytest.approx(upper - lower, rel=0.08)
    assert abs(result.bias) < 0.01


def test_intervals_stay_where_the_statistic_can_be():
    correct, test = np.array([[0, 2], [1, 1]]), np.array([2, 2])
    spread = estimate(correct, test, "standard_deviation")
    least = estimate(correct, test, "worst_class_accuracy")
    paired = paired_difference(correct, correct[::-1], test)
    limits = [(found.lower, found.upper) for found in (spread, least, paired)]
    assert limits == [(0, 0.5), (0, 1), (-1, 1)]


def test_paired_difference_cancels_what_a_seed_does_to_both():
    generator = np.random.default_rng(0)
    seed_effect = generator.integers(-1000, 1000, (6, 1))
    first = 6000 + seed_effect + np.zeros((6, 4), int)
    second = 5500 + seed_effect + np.zeros((6, 4), int)
    test = np.full(4, 10**4)
    paired = paired_difference(first, second, test, "average_accuracy")
    shuffled = paired_difference(first, second[::-1], test, "average_accuracy")
    assert paired.value == pytest.approx(0.05)
    assert 0.035 < paired.lower < 0.05 < paired.upper < 0.065
    assert shuffled.upper - shuffled.lower > 3 * (paired.upper - paired.lower)


def test_paired_difference_covers_no_difference():
    generator = np.random.default_rng(1)
    test = np.full(10, 100)
    hits = 0
    for run in range(100):
        recall = generator.uniform(0.3, 0.9, 10) + generator.normal(0, 0.01, (3, 1))
        pair = [generator.binomial(100, recall) for _ in range(2)]
        result = paired_difference(*pair, test, n_resamples=200, seed=run)
        hits += result.lower <= 0 <= result.upper
    assert hits >= 90


def test_same_seed_same_interval_and_classes_without_test_examples_are_left_out():
    correct, test = np.array([[4, 0, 8]]), np.array([10, 0, 10])
    first, again = (estimate(correct, test, seed=1) for _ in range(2))
    assert first == again
    assert first == estimate(correct[:, [0, 2]], test[[0, 2]], seed=1)
    assert first != estimate(correct, test, seed=2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_correct": np.array([[11]])}, "n_correct must lie in"),
        ({"n_correct": np.array([[0.5]])}, "must hold integers"),
        ({"n_correct": np.array([1])}, "must have shape"),
        ({"n_resamples": 10}, "n_resamples must be at least 100"),
        (
            {"n_test": np.array([0]), "n_correct": np.array([[0]])},
            "at least one seed and one test example",
        ),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    good = {"n_correct": np.array([[5]]), "n_test": np.array([10])}
    with pytest.raises(ValueError, match=message):
        estimate(**(good | arguments))
