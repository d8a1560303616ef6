"""Random mixtures, and the best rule of one by brute force, for the tests of the theory."""

import numpy as np
from scipy import optimize

from fairprune.theory import Mixture, average_risk


def random_mixtures(n_mixtures=400, seed=7):
    """Mixtures of which a third have equal deviations; priors reach from 0.001 to 0.999."""
    generator = np.random.default_rng(seed)
    mu0 = generator.uniform(-3, 3, n_mixtures)
    mu1 = mu0 + 10 ** generator.uniform(-1, 0.8, n_mixtures)
    s0 = 10 ** generator.uniform(-1, 1, n_mixtures)
    equal = np.arange(n_mixtures) % 3 == 0
    ratio = np.where(equal, 1, 10 ** generator.uniform(0, 1, n_mixtures))
    p0 = 1 / (1 + 10 ** generator.uniform(-3, 3, n_mixtures))
    return Mixture((mu0, mu1), (s0, s0 * ratio), (p0, 1 - p0))


def each(mixture):
    """The single mixtures of a mixture of arrays."""
    columns = (*mixture.means, *mixture.standard_deviations, *mixture.priors)
    for mu0, mu1, s0, s1, p0, p1 in zip(*columns, strict=True):
        yield Mixture((mu0, mu1), (s0, s1), (p0, p1))


def lowest_risk(mixture):
    """Threshold and average risk of the best rule on a grid, refined; (-)inf for constant rules."""
    (mu0, mu1), (s0, s1) = mixture.means, mixture.standard_deviations
    low, high = min(mu0 - 40 * s0, mu1 - 40 * s1), max(mu0 + 40 * s0, mu1 + 40 * s1)
    around = [
        mu + s * np.linspace(-9, 9, 4001)
        for mu, s in zip(mixture.means, mixture.standard_deviations, strict=True)
    ]
    grid = np.unique(np.concatenate([np.linspace(low, high, 8001), *around]))
    k = int(np.argmin(average_risk(mixture, grid)))
    k = min(max(k, 1), len(grid) - 2)
    inner = optimize.minimize_scalar(
        lambda t: average_risk(mixture, t),
        bounds=(grid[k - 1], grid[k + 1]),
        method="bounded",
        options={"xatol": 1e-11},
    )
    rules = {-np.inf: mixture.priors[0], np.inf: mixture.priors[1], inner.x: inner.fun}
    best = min(rules, key=rules.get)
    return best, rules[best]
