"""Equations (8) to (10) and lemma B.2, against densities, derivatives and minimisation."""

import numpy as np
import pytest
from scipy import optimize, stats

from fairprune.theory import (
    Mixture,
    average_optimum,
    average_risk,
    class_risks,
    densities_crossing,
    density_crossings,
    log_density_ratio,
    minimax_crossing,
    risk_increases,
    worst_class_optimum,
)
from tests.reference.mixtures import each, random_mixtures


@pytest.fixture(scope="module")
def mixtures():
    return list(each(random_mixtures()))[::4]


def log_ratio(mixture, t):
    """log(p1 f1 / (p0 f0)) by scipy's normal densities."""
    terms = [
        np.log(p) + stats.norm(mu, s).logpdf(t)
        for mu, s, p in zip(mixture.means, mixture.standard_deviations, mixture.priors, strict=True)
    ]
    return terms[1] - terms[0]


def test_equation_8_is_the_ratio_of_the_scaled_densities(mixtures):
    for mixture in mixtures:
        t = mixture.means[0] + mixture.standard_deviations[1] * np.linspace(-4, 4, 9)
        expected = log_ratio(mixture, t)
        np.testing.assert_allclose(log_density_ratio(mixture, t), expected, rtol=1e-9, atol=1e-9)


def test_equation_9_solves_equation_8(mixtures):
    for mixture in mixtures:
        lower, upper = density_crossings(mixture)
        assert upper == pytest.approx(average_optimum(mixture), nan_ok=True)
        if not densities_crossing(mixture):
            assert np.isnan(lower) and np.isnan(upper)
            continue
        (mu0, mu1), (s0, s1) = mixture.means, mixture.standard_deviations
        if s0 == s1:
            assert lower == -np.inf
            continue
        # the coefficients of the quadratic equation that (8) is
        a = 1 / (2 * s0**2) - 1 / (2 * s1**2)
        b = mu1 / s1**2 - mu0 / s0**2
        c = log_density_ratio(mixture, 0.0)
        roots = np.sort(np.roots([a, b, c]).real)
        np.testing.assert_allclose([lower, upper], roots, rtol=1e-6, atol=1e-6)


def test_condition_10_is_the_sign_of_the_derivative_of_the_risk():
    for priors in ((0.5, 0.5), (0.3, 0.7), (0.9, 0.1)):
        mixture = Mixture((-1, 1), (0.5, 1.0), priors)
        t, step = np.linspace(-5, 5, 201), 1e-5
        slope = average_risk(mixture, t + step) - average_risk(mixture, t - step)
        lower, upper = density_crossings(mixture)
        np.testing.assert_array_equal(risk_increases(mixture, t), (t < lower) | (t > upper))
        clear = np.abs(slope) > 1e-12
        np.testing.assert_array_equal(risk_increases(mixture, t)[clear], slope[clear] > 0)


def test_lemma_b2_finds_the_worst_class_optimum(mixtures):
    for mixture in mixtures:
        risks = [lambda t, m=mixture, k=k: float(class_risks(m, t)[k]) for k in (0, 1)]
        low, high = (float(mean) for mean in mixture.means)
        found = minimax_crossing(risks[1], risks[0], low, high)
        assert found == pytest.approx(float(worst_class_optimum(mixture)), abs=1e-8)


def test_lemma_b2_minimises_the_larger_of_both():
    def increasing(t):
        return np.exp(t) + t

    def decreasing(t):
        return 2 - t**3

    found = minimax_crossing(increasing, decreasing, -3, 3)
    best = optimize.minimize_scalar(
        lambda t: max(increasing(t), decreasing(t)), bounds=(-3, 3), method="bounded"
    )
    assert found == pytest.approx(best.x, abs=1e-4)
    assert increasing(found) == pytest.approx(decreasing(found))


@pytest.mark.parametrize(("low", "high"), [(1, 2), (-2, -1), (2, -2)])
def test_lemma_b2_asks_for_its_condition(low, high):
    with pytest.raises(ValueError, match=rf"low = {low}, high = {high}; allowed: f < g at low"):
        minimax_crossing(lambda t: t, lambda t: -t, low, high)
