"""The closed loop: its update by hand, and that it is stable and fair to the others."""

import numpy as np
import pytest

from fairprune.quota_rules import closed_loop
from fairprune.quota_rules.closed_loop import class_density, started, updated


def test_an_update_by_hand():
    # e = (2 + 1) / (2 + 2) and 1/4: logits log 3 and -log 3, weights 3 to 1 of mean 1
    found = updated([0, 0], [2, 0], [2, 2], step=0.5)
    np.testing.assert_allclose(np.exp(found), [1.5, 0.5])
    np.testing.assert_allclose(updated(found, [1, 1], [2, 2]), found)  # alike: nothing moves
    again = updated(found, [2, 0], [2, 2], step=0.5, bound=3)
    np.testing.assert_allclose(np.exp(again), [1.8, 0.2])


def test_the_weights_are_the_mean_of_what_the_rounds_propose():
    """Of three rounds, each by chance elsewhere; steps that stay end where the last one points."""
    rounds = [([2, 0], [2, 2]), ([5, 6], [9, 9]), ([1, 1], [4, 6])]
    log_weight, proposals = np.zeros(2), []
    for number, (errors, tries) in enumerate(rounds, start=1):
        proposals.append(updated(log_weight, errors, tries, decay=0))
        log_weight = updated(log_weight, errors, tries, number=number)
        odds = [proposal[0] - proposal[1] for proposal in proposals]
        np.testing.assert_allclose(log_weight[0] - log_weight[1], np.mean(odds))
    half = updated([0, 0], *rounds[0], number=4, decay=0.5)
    np.testing.assert_allclose(half[0] - half[1], odds[0] / 2)


def test_the_clip_limits_a_round_and_the_bound_all_of_them():
    errors, tries = [10_000, 0, 5000], [10_000] * 3
    once = updated(np.zeros(3), errors, tries, step=1, bound=10)
    np.testing.assert_allclose(once - once[2], [2, -2, 0], atol=1e-9)
    log_weight = np.zeros(3)
    for _ in range(50):
        log_weight = updated(log_weight, errors, tries, step=1, bound=1)
        assert np.abs(log_weight).max() <= 1
    np.testing.assert_allclose(log_weight[1], -1)


def test_a_class_without_tries_keeps_its_weight_and_none_leaves_all():
    found = updated(np.log([1.2, 1.0, 0.8]), [0, 2, 0], [0, 2, 2], step=0.5)
    weight = np.array([1.2, 3**0.5, 0.8 / 3**0.5])
    np.testing.assert_allclose(np.exp(found), weight / weight.mean())
    np.testing.assert_array_equal(updated([0.5, -0.5], [0, 0], [0, 0]), [0.5, -0.5])


def test_other_quotas_are_where_rounds_may_start():
    log_weight = started([0.6, 0.3, 0.15], 0.35)
    given = {"log_weight": log_weight, "errors": [0] * 3, "tries": [0] * 3}
    np.testing.assert_allclose(class_density([100] * 3, 0.35, **given), [0.6, 0.3, 0.15])
    np.testing.assert_allclose(np.exp(started([0.0, 0.6], 0.3)), [np.exp(-1.5), 2])


def learner(counts, difficulty, generator, tries=4000):
    """Errors of classes whose error falls as a power of their number, and rises with others'."""
    rivals = counts.sum() - counts
    odds = difficulty * (rivals / rivals.mean()) / (counts / counts.mean()) ** 0.8
    return generator.binomial(tries, odds / (1 + odds)), np.full(len(counts), tries)


def run(difficulty, *, rounds, density=0.3, **options):
    """Quotas after each round on ten classes of 500."""
    class_counts, generator = np.full(10, 500), np.random.default_rng(0)
    log_weight, none = np.zeros(10), np.zeros(10, int)
    history = []
    for _ in range(rounds + 1):
        given = {"log_weight": log_weight, "errors": none, "tries": none}
        share = class_density(class_counts, density, **given, **options)
        history.append(share)
        errors, tries = learner(share * class_counts, difficulty(share), generator)
        log_weight = updated(log_weight, errors, tries)
    return np.array(history), errors / tries


def test_the_loop_settles_where_classes_err_alike_and_does_not_swing():
    odds = np.array([0.1, 0.15, 0.2, 0.3, 0.3, 0.3, 0.4, 0.5, 0.6, 0.7])
    history, error = run(lambda share: odds, rounds=12)
    assert error.max() - error.min() < 0.05
    steps = np.abs(np.diff(history, axis=0)).max(axis=1)
    assert steps[-1] < 0.02 and (steps[1:4] <= steps[0]).all()


@pytest.mark.parametrize("density", [0.05, 0.1, 0.3])
def test_a_class_that_cannot_be_learned_takes_a_bounded_share_and_starves_no_other(density):
    odds = np.full(10, 0.2)

    def difficulty(share):  # class 0 always errs, whatever it gets
        return np.where(np.arange(10) == 0, 1e9, odds)

    history, _ = run(difficulty, rounds=30, density=density)
    assert (history[:, 1:] > 0.55 * density).all()
    assert (history[:, 0] < 4.49 * density).all()
    np.testing.assert_allclose(history[-1], history[-5], atol=0.02)


def test_of_two_classes_the_other_keeps_a_fifth_of_its_even_share():
    class_counts, log_weight = [500, 500], np.zeros(2)
    for _ in range(20):
        log_weight = updated(log_weight, [900, 0], [1000, 1000])
    given = {"log_weight": log_weight, "errors": [0, 0], "tries": [0, 0]}
    assert class_density(class_counts, 0.3, **given)[1] > 0.2 * 0.3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"errors": [3, 0]}, r"errors\[0\] = 3, but class 0 has 2 tries"),
        ({"tries": [2]}, "tries must have length 2, got 1"),
        ({"step": 0}, r"step must be a number in \(0, 10\], got 0"),
        ({"clip": 11}, r"clip must be a number in \(0, 10\], got 11"),
    ],
)
def test_bad_input_names_argument_and_value(change, message):
    given = {"log_weight": [0, 0], "errors": [0, 0], "tries": [2, 2]}
    with pytest.raises(ValueError, match=message):
        updated(**(given | change))


def test_how_a_rule_is_trained_is_what_its_options_default_to():
    assert closed_loop.ROUNDS == {"rounds": 2, "seeds": 1, "epochs_share": 1.0}
