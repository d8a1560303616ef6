"""Isotropic mixtures against their univariate reduction, other hyperplanes and samples."""

import numpy as np
import pytest

from fairprune.theory import (
    average_risk,
    class_risks,
    hyperplane_risks,
    reduce_isotropic,
    risk_minimiser,
    worst_class_optimum,
    worst_class_risk,
)


def test_isotropic_mixture_reduces_to_the_line_of_means():
    generator = np.random.default_rng(3)
    for dimensions in (1, 2, 5, 20):
        means, deviations = generator.normal(size=(2, dimensions)), (0.4, 0.9)
        mixture, direction = reduce_isotropic(means, deviations, (0.3, 0.7))
        distance = np.linalg.norm(means[1] - means[0])
        assert mixture.means[1] - mixture.means[0] == pytest.approx(distance)
        t = 0.2
        expected = class_risks(mixture, t)
        np.testing.assert_allclose(hyperplane_risks(means, deviations, direction, t), expected)
        best = average_risk(mixture, risk_minimiser(mixture))
        fair = worst_class_risk(mixture, worst_class_optimum(mixture))
        for _ in range(20):
            other = generator.normal(size=dimensions)
            other /= np.linalg.norm(other)
            for t in np.linspace(-4, 4, 41):
                risk0, risk1 = hyperplane_risks(means, deviations, other, t)
                assert 0.3 * risk0 + 0.7 * risk1 >= best - 1e-12
                assert max(risk0, risk1) >= fair - 1e-12


def test_hyperplane_risks_agree_with_samples():
    generator = np.random.default_rng(5)
    means, deviations, direction = np.array([[0, 1.0], [2, 0]]), (0.5, 1.5), np.array([0.6, 0.8])
    draws = [
        m + s * generator.normal(size=(200_000, 2)) for m, s in zip(means, deviations, strict=True)
    ]
    observed = np.mean(draws[0] @ direction > 1.1), np.mean(draws[1] @ direction <= 1.1)
    risks = hyperplane_risks(means, deviations, direction, 1.1)
    np.testing.assert_allclose(risks, observed, atol=0.005)


def test_borders_refuse_bad_arguments():
    with pytest.raises(ValueError, match="two different points"):
        reduce_isotropic([[1, 2], [1, 2]], (1, 1))
    with pytest.raises(ValueError, match="shape"):
        reduce_isotropic([1, 2], (1, 1))
    with pytest.raises(ValueError, match="unit vector of 2"):
        hyperplane_risks([[0, 0], [1, 2]], (1, 1), [1, 1], 0)
