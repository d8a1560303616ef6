"""Closed forms of the mixture against numerical integration and minimisation."""

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from fairprune.allocation import metriq
from fairprune.theory import (
    Mixture,
    average_optimum,
    average_risk,
    beats_constant_rules,
    class_risks,
    densities_crossing,
    log_class_risks,
    metriq_class_densities,
    metriq_priors,
    optimal_class_densities,
    optimal_priors,
    optimal_priors_attain,
    risk_minimiser,
    worst_class_optimum,
    worst_class_risk,
)
from tests.reference.mixtures import each, lowest_risk, random_mixtures


@pytest.fixture(scope="module")
def mixtures():
    return random_mixtures()


def test_class_and_average_risk_are_integrals_of_the_densities(mixtures):
    for mixture in list(each(mixtures))[::20]:
        (mu0, mu1), (s0, s1) = mixture.means, mixture.standard_deviations
        t = mu0 + 0.3 * (mu1 - mu0)
        risk0 = integrate.quad(stats.norm(mu0, s0).pdf, t, mu0 + 40 * s0, points=[mu0])[0]
        risk1 = integrate.quad(stats.norm(mu1, s1).pdf, mu1 - 40 * s1, t)[0]
        np.testing.assert_allclose(class_risks(mixture, t), (risk0, risk1), atol=1e-9)
        p0, p1 = mixture.priors
        assert average_risk(mixture, t) == pytest.approx(p0 * risk0 + p1 * risk1, abs=1e-9)
        assert worst_class_risk(mixture, t) == pytest.approx(max(risk0, risk1), abs=1e-9)


def test_average_optimum_is_the_global_minimiser_exactly_where_7_holds(mixtures):
    admissible = beats_constant_rules(mixtures)
    compared = 0
    for mixture, holds in zip(each(mixtures), admissible, strict=True):
        threshold, risk = lowest_risk(mixture)
        always1, always0 = mixture.priors
        ours = average_risk(mixture, risk_minimiser(mixture))
        assert ours <= risk + 1e-12
        assert ours == pytest.approx(risk, abs=1e-7)  # the search is the less exact of the two
        if always1 - risk > 1e-12:
            assert holds
        if not holds:
            assert risk == pytest.approx(always1, abs=1e-12)
            assert risk_minimiser(mixture) == -np.inf
        elif min(always0, always1) - risk > 1e-6:  # a minimum sharp enough to locate
            compared += 1
            width = 1e-3 * mixture.standard_deviations[0]
            assert average_optimum(mixture) == pytest.approx(threshold, abs=width)
    assert compared > 150


def test_condition_7_is_strict_at_its_border():
    """Where the priors make t* and "always class 1" draw, a hair to either side decides."""
    for ratio in (1.2, 2.0, 5.0):

        def gain(p0, ratio=ratio):
            mixture = Mixture((0, 1), (1, ratio), (p0, 1 - p0))
            return float(p0 - average_risk(mixture, average_optimum(mixture)))

        lowest = optimize.brentq(
            lambda p0, r=ratio: float(1 + 2 * (r**2 - 1) * np.log(p0 * r / (1 - p0))), 1e-9, 0.999
        )
        border = optimize.brentq(gain, lowest + 1e-9, 0.999, xtol=1e-14)
        p0 = border + np.array([-1e-6, 1e-6])
        decided = beats_constant_rules(Mixture((0, 1), (1, ratio), (p0, 1 - p0)))
        assert decided.tolist() == [False, True]


def test_each_condition_fails_somewhere(mixtures):
    crossing, admissible = densities_crossing(mixtures), beats_constant_rules(mixtures)
    assert (~crossing).sum() > 10
    assert (crossing & ~admissible).sum() > 10
    assert not admissible[~crossing].any()
    assert np.isnan(average_optimum(mixtures)[~crossing]).all()


def test_average_optimum_is_the_larger_crossing_of_the_weighted_densities(mixtures):
    (mu0, mu1), (s0, s1), (p0, p1) = mixtures.means, mixtures.standard_deviations, mixtures.priors
    t = average_optimum(mixtures)
    exists = densities_crossing(mixtures) & (np.abs(t - mu0) < 1e3 * s0)
    left = np.log(p0) + stats.norm.logpdf(t, mu0, s0)
    right = np.log(p1) + stats.norm.logpdf(t, mu1, s1)
    np.testing.assert_allclose(left[exists], right[exists], rtol=1e-9, atol=1e-9)
    beyond = t + 0.01 * s0  # right of the larger root class 1 dominates for good
    further = stats.norm.logpdf(beyond, mu1, s1) - stats.norm.logpdf(beyond, mu0, s0)
    assert (further + np.log(p1 / p0))[exists].min() > 0


def test_average_optimum_equals_equation_3_as_written(mixtures):
    (mu0, mu1), (s0, s1), (p0, p1) = mixtures.means, mixtures.standard_deviations, mixtures.priors
    apart = (s1 > 1.05 * s0) & densities_crossing(mixtures)
    with np.errstate(invalid="ignore", divide="ignore"):
        root = np.sqrt((mu0 - mu1) ** 2 + 2 * (s1**2 - s0**2) * np.log(p0 * s1 / (p1 * s0)))
        written = (mu0 * s1**2 - mu1 * s0**2 + s0 * s1 * root) / (s1**2 - s0**2)
    assert apart.sum() > 100
    np.testing.assert_allclose(average_optimum(mixtures)[apart], written[apart], rtol=1e-9)


def test_average_optimum_is_continuous_at_equal_deviations():
    gaps = np.array([0, 1e-16, 1e-14, 1e-12, 1e-10, 1e-8, 1e-6])
    for p0 in (0.01, 0.5, 0.9):
        mixture = Mixture((-1, 2), (0.7, 0.7 + gaps), (p0, 1 - p0))
        expected = 0.5 + 0.49 * np.log(p0 / (1 - p0)) / 3
        np.testing.assert_allclose(average_optimum(mixture), expected, atol=1e-5)
        np.testing.assert_allclose(average_optimum(mixture)[:5], expected, atol=1e-9)


def test_equal_deviations_always_beat_the_constant_rules():
    p0 = np.array([1e-300, 1e-12, 0.5, 1 - 1e-12])
    for distance in (0.01, 1.0, 50.0):
        mixture = Mixture((0, distance), (1, 1), (p0, 1 - p0))
        assert beats_constant_rules(mixture).all()


def test_extreme_priors_push_the_optimum_outwards():
    p1 = np.array([0.5, 1e-3, 1e-6, 1e-12])
    mixture = Mixture((-1, 1), (0.5, 1.0), (1 - p1, p1))
    t = average_optimum(mixture)
    assert (np.diff(t) > 0).all()
    assert beats_constant_rules(mixture).all()
    few = Mixture((-1, 1), (0.5, 1.0), (1e-6, 1 - 1e-6))
    assert not densities_crossing(few)
    assert risk_minimiser(few) == -np.inf


def test_worst_class_optimum_equalises_and_minimises(mixtures):
    t = worst_class_optimum(mixtures)
    risk0, risk1 = class_risks(mixtures, t)
    (mu0, mu1), (s0, s1) = mixtures.means, mixtures.standard_deviations
    np.testing.assert_allclose(risk0, risk1, rtol=1e-9)
    np.testing.assert_allclose(risk0, stats.norm.cdf(-(mu1 - mu0) / (s0 + s1)), rtol=1e-9)
    for single, optimum in list(zip(each(mixtures), t, strict=True))[::8]:
        bounds = single.means
        best = optimize.minimize_scalar(
            lambda x, m=single: float(worst_class_risk(m, x)), bounds=bounds, method="bounded"
        )
        assert worst_class_risk(single, optimum) <= best.fun + 1e-12
        assert best.x == pytest.approx(optimum, abs=1e-4 * (bounds[1] - bounds[0]))


def test_optimal_priors_make_both_optima_agree(mixtures):
    balanced = mixtures.with_priors(optimal_priors(mixtures))
    assert densities_crossing(balanced).all()
    np.testing.assert_allclose(
        average_optimum(balanced), worst_class_optimum(mixtures), rtol=1e-9, atol=1e-9
    )


def test_condition_11_is_7_at_the_optimal_priors(mixtures):
    attained = optimal_priors_attain(mixtures)
    balanced = mixtures.with_priors(optimal_priors(mixtures))
    assert 10 < attained.sum() < len(attained) - 10
    np.testing.assert_array_equal(attained, beats_constant_rules(balanced))


def test_optimal_class_densities_reach_the_density_and_the_proportions(mixtures):
    pairs = zip(mixtures.priors, optimal_priors(mixtures), strict=True)
    density = np.minimum(1, 0.9 * np.minimum(*(prior / share for prior, share in pairs)))
    d0, d1 = optimal_class_densities(mixtures, density)
    (s0, s1), (p0, p1) = mixtures.standard_deviations, mixtures.priors
    np.testing.assert_allclose(d0 * p0 + d1 * p1, density)
    np.testing.assert_allclose(d0 * p0 * s1, d1 * p1 * s0)


def test_optimal_class_densities_refuse_what_the_classes_cannot_give():
    mixture = Mixture((-1, 1), (0.5, 1.0))
    assert optimal_class_densities(mixture, 0.75)[1] == pytest.approx(1)
    with pytest.raises(ValueError, match=r"density = 0.8; allowed: at most 0.75"):
        optimal_class_densities(mixture, 0.8)
    priors = np.array([0.5, 0.9])
    with pytest.raises(ValueError, match=r"at most 0.15 for these priors"):  # for both mixtures
        optimal_class_densities(mixture.with_priors((priors, 1 - priors)), 0.75)


@pytest.mark.parametrize("density", [0.1, 0.5, 0.8, 0.99, 1.0])
@pytest.mark.parametrize("p0", [0.2, 0.5])  # class 0 saturates first, then class 1
def test_metriq_class_densities_are_those_of_the_algorithm(density, p0):
    mixture = Mixture((-1, 1), (0.5, 1.0), (p0, 1 - p0))
    recall = 1 - np.array(class_risks(mixture, average_optimum(mixture)))
    expected = metriq(recall, [1000 * p0, 1000 * (1 - p0)], density)
    np.testing.assert_allclose(metriq_class_densities(mixture, density), expected, atol=1e-12)


@pytest.mark.parametrize("distance", [75, 150, 300, 1e6])
def test_metriq_priors_of_classes_far_apart(distance):
    """Risks underflow; with equal deviations and priors they are equal."""
    mixture = Mixture((0, distance), (1.0, 1.0))
    np.testing.assert_allclose(metriq_priors(mixture), [0.5, 0.5])
    wide = metriq_priors(Mixture((0, distance), (0.5, 1.0)))
    assert np.isfinite(wide).all() and sum(wide) == pytest.approx(1)


def test_log_class_risks_are_logarithms_also_in_the_tails():
    mixture = Mixture((-1, 1), (0.5, 1.0))
    t = np.linspace(-3, 3, 7)
    np.testing.assert_allclose(np.exp(log_class_risks(mixture, t)), class_risks(mixture, t))
    far = log_class_risks(mixture, 100.0)[0]
    # Phi(-x) ~ exp(-x^2 / 2) / (x sqrt(2 pi))
    assert far == pytest.approx(-(202**2) / 2 - np.log(202 * np.sqrt(2 * np.pi)), rel=1e-6)


def test_metriq_priors_by_hand():
    mixture = Mixture((-1, 1), (0.5, 1.0))
    t = (-1.25 + 0.5 * np.sqrt(4 + 1.5 * np.log(2))) / 0.75
    risk0, risk1 = stats.norm.sf(2 * (t + 1)), stats.norm.cdf(t - 1)
    np.testing.assert_allclose(metriq_priors(mixture)[0], risk0 / (risk0 + risk1))
    np.testing.assert_allclose(sum(metriq_priors(mixture)), 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((1, -1), (1, 2)), "means = .*mu0 < mu1"),
        (((0, 1), (2, 1)), "standard_deviations = .*0 < s0 <= s1"),
        (((0, 1), (0, 1)), "standard_deviations"),
        (((0, 1), (1, 1), (0.5, 0.6)), "priors = .*p0 . p1 = 1"),
        (((0, 1), (1, 1), (0.0, 1.0)), "priors"),
        (((0, np.nan), (1, 1)), "means = .*finite"),
        (((0, 1, 2), (1, 1)), "means has 3 entries"),
    ],
)
def test_mixture_refuses_bad_parameters(arguments, message):
    with pytest.raises(ValueError, match=message):
        Mixture(*arguments)
