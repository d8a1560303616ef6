"""MetriQ class densities and integer quotas."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from fairprune.allocation import metriq, n_keep, proportional, quotas
from fairprune.quota_rules import metriq as metriq_rule
from fairprune.quota_rules import strategy as strategy_rule
from fairprune.registry import declared
from fairprune.ties import tie_order
from tests.reference.metriq import metriq_rounds

PERCENT = st.integers(1, 100)


@st.composite
def problems(draw, lowest_error=1):
    """Errors in percent, class sizes and a density in percent."""
    n_classes = draw(st.integers(1, 8))
    error = draw(st.lists(st.integers(lowest_error, 100), min_size=n_classes, max_size=n_classes))
    counts = draw(st.lists(st.integers(1, 60), min_size=n_classes, max_size=n_classes))
    return error, counts, draw(PERCENT)


def _recall(error):
    return 1 - np.array(error) / 100


@pytest.mark.parametrize("rule", ["paper", "authors"])
@given(problem=problems())
def test_closed_form_equals_the_rounds_of_algorithm_1(rule, problem):
    error, counts, density = problem
    expected = metriq_rounds(
        [Fraction(e, 100) for e in error],
        counts,
        Fraction(density, 100),
        by_size=rule == "authors",
    )
    actual = metriq(_recall(error), counts, density / 100, rule=rule)
    np.testing.assert_allclose(actual, [float(d) for d in expected], atol=1e-12)


def test_rational_example_by_hand():
    # budget 150; class 0 would need 180 of its 100, and 50 are left for errors 0.3 and 0.1
    np.testing.assert_allclose(metriq([0.1, 0.7, 0.9], [100, 100, 100], 0.5), [1, 0.375, 0.125])


def test_rules_agree_on_balanced_and_differ_on_long_tailed_classes():
    recall = [0.2, 0.6, 0.9]
    balanced = [50, 50, 50]
    np.testing.assert_allclose(
        metriq(recall, balanced, 0.3), metriq(recall, balanced, 0.3, rule="authors")
    )
    paper = metriq([0.5, 0.5], [90, 10], 0.1)
    authors = metriq([0.5, 0.5], [90, 10], 0.1, rule="authors")
    np.testing.assert_allclose(paper, [0.1, 0.1])
    np.testing.assert_allclose(authors * [90, 10], [5, 5])


@given(problem=problems(lowest_error=0), minimum=st.integers(0, 3))
def test_total_bounds_and_proportion(problem, minimum):
    error, counts, density = problem
    counts = np.array(counts)
    floor = np.minimum(minimum, counts)
    if floor.sum() > density / 100 * counts.sum():
        with pytest.raises(ValueError, match="minimum_per_class"):
            metriq(_recall(error), counts, density / 100, minimum_per_class=minimum)
        return
    actual = metriq(_recall(error), counts, density / 100, minimum_per_class=minimum)
    assert actual @ counts == pytest.approx(density / 100 * counts.sum(), abs=1e-9)
    assert (actual <= 1).all()
    assert (actual * counts >= floor - 1e-9).all()
    free = (actual < 1 - 1e-9) & (actual * counts > floor + 1e-9) & (np.array(error) > 0)
    slopes = actual[free] / np.array(error)[free]
    np.testing.assert_allclose(slopes, slopes[:1].repeat(len(slopes)), rtol=1e-9)
    target = quotas(actual, counts)
    assert (target >= floor).all()


def test_relabelling_classes_permutes_densities():
    rng = np.random.default_rng(3)
    recall, counts, order = rng.random(30), rng.integers(1, 99, 30), rng.permutation(30)
    np.testing.assert_allclose(
        metriq(recall[order], counts[order], 0.4), metriq(recall, counts, 0.4)[order]
    )


def test_class_without_errors_is_pruned_away_unless_a_minimum_is_asked_for():
    np.testing.assert_allclose(metriq([1, 0.5], [10, 10], 0.3), [0, 0.6])
    np.testing.assert_allclose(metriq([1, 0.5], [10, 10], 0.3, minimum_per_class=1), [0.1, 0.5])
    # a floor above a class's size asks for the whole class
    np.testing.assert_allclose(metriq([1, 0.5], [2, 10], 0.5, minimum_per_class=3), [1, 0.4])


def test_budget_left_when_only_classes_without_errors_remain_is_spread_evenly():
    np.testing.assert_allclose(metriq([1, 1, 1], [10, 20, 70], 0.3), [0.3, 0.3, 0.3])
    np.testing.assert_allclose(metriq([0.5, 1, 1], [10, 20, 70], 0.4), [1, 1 / 3, 1 / 3])


def test_density_one_keeps_all_and_one_class_gets_the_density():
    np.testing.assert_array_equal(metriq([0.2, 1.0, 0.3], [5, 0, 7], 1.0), [1, 1, 1])
    np.testing.assert_allclose(metriq([0.7], [10], 0.3), [0.3])


def test_empty_class_gets_nothing():
    for rule in ("paper", "authors"):
        np.testing.assert_allclose(metriq([0.5, 0.5], [0, 10], 0.3, rule=rule), [0, 0.3])
    np.testing.assert_array_equal(quotas([0, 0.3], [0, 10]), [0, 3])


def test_budget_below_one_example_per_class():
    recall, counts = np.linspace(0, 0.9, 10), np.full(10, 5)
    target = quotas(metriq(recall, counts, 0.06), counts)
    np.testing.assert_array_equal(target, [1, 1, 1, 0, 0, 0, 0, 0, 0, 0])


def test_tiny_errors_do_not_overflow():
    actual = metriq(np.nextafter([1.0, 1.0], 0), [10, 10], 0.5)
    np.testing.assert_allclose(actual, [0.5, 0.5])


def test_missing_recall_names_the_class_or_stands_for_the_mean():
    with pytest.raises(ValueError, match="class 1, which has no validation"):
        metriq([0.5, np.nan], [10, 10], 0.5)
    np.testing.assert_allclose(
        metriq([0.2, np.nan, 0.6], [9, 9, 9], 0.3, missing="mean"),
        metriq([0.2, 0.4, 0.6], [9, 9, 9], 0.3),
    )
    np.testing.assert_allclose(  # a class without examples is no part of the mean
        metriq([0.2, np.nan, np.nan], [9, 9, 0], 0.3, missing="mean"), [0.3, 0.3, 0]
    )
    with pytest.raises(ValueError, match="class 0, 1"):
        metriq([np.nan, np.nan], [10, 10], 0.5, missing="mean")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.5, 1.5], [1, 1], 0.5), r"recall must be at most 1, got recall\[1\] = 1.5"),
        (([0.5, 1.0000001], [1, 1], 0.5), r"at most 1, got recall\[1\] = 1.0000001$"),
        (([0.5], [-1234567], 0.5), r"at least 0, got class_counts\[0\] = -1234567$"),
        (([0.5, -0.1], [1, 1], 0.5), r"recall must be at least 0, got recall\[1\] = -0.1"),
        (([0.5], [1, 1], 0.5), "class_counts must have length 1, got 2"),
        (([0.5, 0.5], [1, -1], 0.5), r"class_counts must be at least 0"),
        (([0.5, 0.5], [1, 1.5], 0.5), r"class_counts must be a whole number"),
        (([0.5, 0.5], [1, 1], 0), "density is the share kept.*got 0"),
        (([0.5, 0.5], [1, 1], 30), "density is the share kept.*got 30"),
        (([0.5, 0.5], [1, 1], "0.3"), "density is the share kept.*got '0.3'"),
        (([[0.5]], [1], 0.5), "recall must be one-dimensional"),
        (([], [], 0.5), "recall must hold at least one class"),
    ],
)
def test_bad_input_names_argument_and_value(arguments, message):
    with pytest.raises(ValueError, match=message):
        metriq(*arguments)


def test_unknown_rule_and_infeasible_minimum():
    with pytest.raises(ValueError, match="rule must be one of paper, authors"):
        metriq([0.5], [10], 0.5, rule="other")
    with pytest.raises(ValueError, match="minimum_per_class=6 needs 6 examples"):
        metriq([0.5], [10], 0.5, minimum_per_class=6)


def test_torch_tensors_and_lists_pass():
    expected = metriq(np.array([0.25, 0.75]), np.array([10, 10]), 0.5)
    tensors = torch.tensor([0.25, 0.75], requires_grad=True), torch.tensor([10, 10])
    np.testing.assert_array_equal(metriq(*tensors, 0.5), expected)
    np.testing.assert_array_equal(
        metriq(torch.tensor([0.25, 0.75], dtype=torch.bfloat16), [10, 10], 0.5), expected
    )


def test_n_keep_rounds_halves_to_even_and_ignores_floating_noise():
    assert [n_keep(0.5, n) for n in (0, 2, 3, 5, 7)] == [0, 1, 2, 2, 4]
    for n_examples in range(5, 5000, 10):
        assert n_keep(0.1 + 0.2, n_examples) == n_keep(0.3, n_examples)
    assert n_keep(0.7, 45) == 32  # 0.7 * 45 == 31.499999999999996


def test_a_density_that_keeps_nothing_is_refused():
    message = r"density 1e-06 keeps none of 50 examples .*; it must be above 0.5 / N = 0.01"
    with pytest.raises(ValueError, match=message):
        n_keep(1e-6, 50)
    with pytest.raises(ValueError, match="density 0.5 keeps none of 1 examples"):
        n_keep(0.5, 1)
    assert n_keep(0.0101, 50) == 1


def test_quotas_by_hand():
    # 2.5 + 1.5 + 1.25 + 0.75 = 6: one more for the remainder 0.75 and for one of the two 0.5
    hand = [quotas([0.25, 0.15, 0.125, 0.075], [10] * 4, seed=seed).tolist() for seed in range(9)]
    assert {tuple(found) for found in hand} == {(3, 1, 1, 1), (2, 2, 1, 1)}


def test_equal_remainders_are_ordered_by_class_and_seed_even_under_noise():
    noisy = np.array([0.25, np.nextafter(0.25, 1), 0.25, 0.25])
    for seed in range(5):
        expected = np.full(4, 2)
        expected[tie_order(np.arange(4), "quotas", seed)[:2]] = 3
        np.testing.assert_array_equal(quotas(noisy, [10] * 4, seed=seed), expected)
    # in floats 7.3 - 7 < 1.3 - 1
    found = quotas([0.73, 0.13, 0.23, 0.01], [10] * 4, seed=1)  # whose order begins with class 0
    np.testing.assert_array_equal(found, [8, 1, 2, 0])


@given(
    counts=st.lists(st.integers(0, 50), min_size=1, max_size=12).filter(any),
    data=st.data(),
)
def test_quotas_sum_and_stay_within_classes(counts, data):
    share = np.array([data.draw(st.floats(0, 1)) for _ in counts])
    target = quotas(share, counts)
    assert target.sum() == round(round(float(share @ counts), 6))
    assert (target <= counts).all()
    assert (np.abs(target - share * counts) < 1 + 1e-6).all()
    assert target.dtype == np.int64


@given(problem=problems(lowest_error=0))
def test_quotas_of_metriq_sum_to_n_keep(problem):
    error, counts, density = problem
    share = metriq(_recall(error), counts, density / 100)
    assume(density / 100 * sum(counts) > 0.51)
    expected = n_keep(density / 100, sum(counts))
    assert quotas(share, counts).sum() == expected
    np.testing.assert_array_equal(quotas(share, counts), quotas(share, counts, n_keep=expected))


@given(st.lists(st.tuples(st.integers(1, 10**6), st.floats(0, 1)), min_size=1, max_size=9))
def test_whole_class_sizes_are_met_exactly(classes):
    counts = np.array([n for n, _ in classes])
    kept = np.array([int(n * share) for n, share in classes])
    np.testing.assert_array_equal(quotas(kept / counts, counts), kept)


def test_no_class_is_always_the_one_emptied():
    """One example of each of 6 of 10 classes: every class is kept at 60% of the seeds."""
    found = np.array([quotas([0.06] * 10, [10] * 10, seed=seed) for seed in range(1000)])
    assert (found.sum(axis=1) == 6).all() and (found <= 1).all()
    assert np.abs(found.mean(axis=0) - 0.6).max() < 5 * (0.6 * 0.4 / 1000) ** 0.5


def test_equal_remainders_leave_larger_quotas_larger():
    """The order of the classes is that of all totals, so that index sets are nested."""
    totals = [quotas([n / 100] * 10, [10] * 10, seed=3) for n in range(1, 100)]
    assert all((small <= large).all() for small, large in itertools.pairwise(totals))


def test_quotas_refuse_a_distant_n_keep():
    np.testing.assert_array_equal(quotas([0.25, 0.5], [10, 10], n_keep=7), [2, 5])
    with pytest.raises(ValueError, match=r"n_keep must be within 1 of sum\(d_k N_k\) = 7.5"):
        quotas([0.25, 0.5], [10, 10], n_keep=9)
    with pytest.raises(ValueError, match="class_density must be at most"):
        quotas([1.5], [10])
    with pytest.raises(ValueError, match=r"= 1234567, got 7"):
        quotas([1], [1234567], n_keep=7)


def test_a_common_factor_of_the_weights_changes_nothing():
    weight, counts = np.array([0.3, 0.1, 0.7]), [5000, 400, 90]
    expected = proportional(weight, counts, 0.37)
    for factor in (2.0**-900, 2.0**1020):
        np.testing.assert_array_equal(proportional(weight * factor, counts, 0.37), expected)


def test_quota_rules():
    counts = np.array([10, 30, 0])
    np.testing.assert_array_equal(
        metriq_rule.class_density(counts, 0.5, recall=[0.5, 0.9, 1], rule="authors"),
        metriq([0.5, 0.9, 1], counts, 0.5, rule="authors"),
    )
    share = strategy_rule.class_density(counts, 0.5, strategy_counts=[7, 13, 0])
    np.testing.assert_array_equal(quotas(share, counts), [7, 13, 0])
    for rule, argument in ((metriq_rule, "recall"), (strategy_rule, "strategy_counts")):
        with pytest.raises(ValueError, match=f"needs {argument}, got None"):
            declared(rule.class_density, {"recall": None, "strategy_counts": None})
    with pytest.raises(ValueError, match="must sum to 20 at density 0.5, got 19"):
        strategy_rule.class_density(counts, 0.5, strategy_counts=[6, 13, 0])
    with pytest.raises(ValueError, match=r"strategy_counts\[0\] = 11"):
        strategy_rule.class_density(counts, 0.5, strategy_counts=[11, 9, 0])
