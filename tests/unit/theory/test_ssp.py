"""Pruning around the class means, against numerical integration and minimisation."""

import numpy as np
import pytest
from scipy import stats

from fairprune.theory import (
    Mixture,
    average_optimum,
    average_risk,
    simulate,
    split_fits,
    ssp_class_risks,
    ssp_margin,
    ssp_minima,
    ssp_priors,
    ssp_removed_mass,
)
from tests.reference.mixtures import each, random_mixtures


@pytest.fixture(scope="module")
def mixtures():
    return random_mixtures()


def test_ssp_masses_priors_and_risks_are_integrals(mixtures):
    for mixture in list(each(mixtures))[::20]:
        margin = 0.6 * mixture.standard_deviations[0]
        laws = [
            stats.norm(m, s)
            for m, s in zip(mixture.means, mixture.standard_deviations, strict=True)
        ]
        removed = [law.cdf(law.mean() + margin) - law.cdf(law.mean() - margin) for law in laws]
        np.testing.assert_allclose(ssp_removed_mass(mixture, margin), removed, rtol=1e-9)
        kept = [p * (1 - gone) for p, gone in zip(mixture.priors, removed, strict=True)]
        np.testing.assert_allclose(ssp_priors(mixture, margin), np.array(kept) / sum(kept))
        for t in np.linspace(mixture.means[0] - 2 * margin, mixture.means[1] + 2 * margin, 9):
            wrong = ((t, np.inf), (-np.inf, t))
            expected = [
                kept_mass(law, margin, *side) / (1 - gone)
                for law, side, gone in zip(laws, wrong, removed, strict=True)
            ]
            np.testing.assert_allclose(ssp_class_risks(mixture, margin, t), expected, atol=1e-12)


def kept_mass(law, margin, low, high):
    """Mass of a normal law in (low, high) that is not within the margin of its mean."""
    hole = np.clip([law.mean() - margin, law.mean() + margin], low, high)
    return law.cdf(high) - law.cdf(low) - (law.cdf(hole[1]) - law.cdf(hole[0]))


def test_ssp_leaves_the_average_risk_proportional_between_the_margins():
    mixture = Mixture((-1, 1), (0.5, 1.0), (0.4, 0.6))
    margin = ssp_margin(mixture, 0.6)
    t = np.linspace(-1 + margin, 1 - margin, 2001)
    after = average_risk_after(mixture, margin, t)
    np.testing.assert_allclose(after * 0.6, average_risk(mixture, t), rtol=1e-12)
    everywhere = np.linspace(-6, 6, 24001)
    best = everywhere[np.argmin(average_risk_after(mixture, margin, everywhere))]
    assert best == pytest.approx(average_optimum(mixture), abs=5e-4)
    moved = average_optimum(mixture.with_priors(ssp_priors(mixture, margin)))
    assert moved < average_optimum(mixture) - 0.1


def test_ssp_with_a_wide_margin_moves_the_minimiser_to_the_edge_of_the_hole():
    mixture = Mixture((-1, 1), (0.5, 1.0))
    margin = ssp_margin(mixture, 0.4)
    t = np.linspace(-6, 6, 24001)
    best = t[np.argmin(average_risk_after(mixture, margin, t))]
    assert best == pytest.approx(-1 - margin, abs=1e-3)


@pytest.mark.parametrize("density", [0.5, 0.6, 0.8])
def test_ssp_minima_are_the_local_minima_of_the_risk(density):
    mixture = Mixture((-1, 1), (0.5, 1.0))
    margin = ssp_margin(mixture, density)
    t = np.linspace(-2.5, 1, 70_001)
    risk = average_risk_after(mixture, margin, t)
    inner = (risk[1:-1] < risk[:-2]) & (risk[1:-1] <= risk[2:])
    np.testing.assert_allclose(t[1:-1][inner], ssp_minima(mixture, margin), atol=1e-4)


def test_ssp_minima_refuse_margins_where_t_star_is_none():
    mixture = Mixture((-1, 1), (0.5, 1.0))
    for margin in (0.0, 0.9, 1.2):
        with pytest.raises(ValueError, match="margin = .*allowed: so small that"):
            ssp_minima(mixture, margin)


def test_fits_of_ssp_lie_at_its_two_minima():
    mixture = Mixture((-1, 1), (0.5, 1.0))
    results = simulate(mixture, ["ssp", "random_ssp"], n_points=2000, n_repeats=300)
    low, high = split_fits(mixture, "ssp", results["ssp"].thresholds)
    minima = ssp_minima(mixture, ssp_margin(mixture, 0.5))
    np.testing.assert_allclose([low.mean(), high.mean()], minima, atol=0.03)
    assert len(low) + len(high) == 300
    (every,) = split_fits(mixture, "random_ssp", results["random_ssp"].thresholds)
    assert len(every) == 300


def average_risk_after(mixture, margin, threshold):
    """Average risk of the pruned mixture."""
    risks, priors = ssp_class_risks(mixture, margin, threshold), ssp_priors(mixture, margin)
    return priors[0] * risks[0] + priors[1] * risks[1]


def test_ssp_margin_reaches_the_density(mixtures):
    for density in (0.05, 0.5, 1.0):
        removed = ssp_removed_mass(mixtures, ssp_margin(mixtures, density))
        kept = 1 - mixtures.priors[0] * removed[0] - mixtures.priors[1] * removed[1]
        np.testing.assert_allclose(kept, density, atol=1e-12)


def test_borders_refuse_bad_arguments():
    mixture = Mixture((0, 1), (1, 2))
    with pytest.raises(ValueError, match="margin = -1"):
        ssp_priors(mixture, -1)
    with pytest.raises(ValueError, match="density = 0"):
        ssp_margin(mixture, 0)
