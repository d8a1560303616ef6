"""The closed loop in the mixture: it ends at equations (4) and (5), if its steps allow it."""

import numpy as np
import pytest

from fairprune.theory import (
    Mixture,
    class_risks,
    closed_loop_priors,
    largest_step,
    metriq_priors,
    optimal_priors,
    optimal_priors_attain,
    risk_minimiser,
    worst_class_optimum,
    worst_class_risk,
)

RATIOS, SEPARATIONS = np.linspace(0.1, 1, 10)[:, None], np.array([0.8, 1.0, 1.5, 2.0, 4.0])


def mixtures(priors=(0.5, 0.5), separations=SEPARATIONS):
    s0, s1 = np.broadcast_arrays(RATIOS + 0 * separations, 1.0)
    means = np.zeros_like(s0), separations * (s0 + s1)
    return Mixture(means, (s0, s1), tuple(np.full_like(s0, p) for p in priors))


@pytest.mark.parametrize("priors", [(0.5, 0.5), (0.9, 0.1), (0.2, 0.8)])
def test_its_fixed_point_is_the_worst_class_optimum(priors):
    mixture = mixtures(priors)
    attained = optimal_priors_attain(mixture)
    assert attained.mean() > 0.8
    found = closed_loop_priors(mixture, 200, step=0.3)
    np.testing.assert_allclose(found[0][attained], optimal_priors(mixture)[0][attained], atol=1e-6)
    threshold = risk_minimiser(mixture.with_priors(found))
    expected = worst_class_optimum(mixture)
    np.testing.assert_allclose(threshold[attained], expected[attained], atol=1e-5)
    first, second = (risk[attained] for risk in class_risks(mixture, threshold))
    np.testing.assert_allclose(first, second, rtol=1e-4)


def test_metriq_only_comes_near_and_two_rounds_are_mostly_nearer():
    mixture = mixtures(separations=np.array([1.0, 1.5, 2.0]))
    attained = optimal_priors_attain(mixture)

    def risk(priors):
        return worst_class_risk(mixture, risk_minimiser(mixture.with_priors(priors)))[attained]

    best = worst_class_risk(mixture, worst_class_optimum(mixture))[attained]
    metriq, loop = risk(metriq_priors(mixture)), risk(closed_loop_priors(mixture, 2))
    differ = (mixture.standard_deviations[0] < 0.95)[attained]
    assert (metriq > best + 1e-4)[differ].all()
    assert (loop <= metriq + 1e-9)[differ].mean() > 0.8
    assert (loop - best).mean() < 0.5 * (metriq - best).mean()


def test_equal_deviations_and_priors_are_at_rest():
    mixture = Mixture((0, 2), (1, 1))
    for rounds in (0, 1, 7):
        np.testing.assert_allclose(closed_loop_priors(mixture, rounds), [0.5, 0.5])


@pytest.mark.parametrize("separation", [0.3, 0.5, 1.0, 2.0, 4.0])
@pytest.mark.parametrize("ratio", [0.8, 0.9])
def test_steps_below_the_largest_come_to_rest_and_those_above_swing(separation, ratio):
    mixture = Mixture((0, separation * (1 + ratio)), (ratio, 1))
    assert optimal_priors_attain(mixture)
    limit = float(largest_step(mixture))
    odds = np.log(ratio) + 1e-3
    near = mixture.with_priors((1 / (1 + np.exp(-odds)), 1 / (1 + np.exp(odds))))
    for factor, rests in ((0.9, True), (1.1, False)):
        found = closed_loop_priors(near, 12, step=factor * limit)
        distance = abs(np.log(found[0] / found[1]) - np.log(ratio)) / 1e-3
        assert (distance < 0.5) == rests
        assert (distance > 2) != rests


def test_largest_steps_follow_the_overlap_alone():
    found = largest_step(mixtures(separations=np.array([0.01, 1.0, 6.0])))
    assert np.ptp(found, axis=0).max() < 1e-12
    np.testing.assert_allclose(found[0, 0], 2 * 0.01 * 0.25 * np.sqrt(2 * np.pi), rtol=1e-3)
    assert 1.9 < found[0, 2] < 2
    far = largest_step(Mixture((0.0, np.array([80.0, 100.0])), (1.0, 1.0)))
    np.testing.assert_allclose(far, 2, atol=2e-3)
