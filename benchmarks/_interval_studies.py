"""Simulated studies whose true worst-class accuracies are known.

Seed s of method g classifies an image of class k correctly if

    sqrt(r) x + sqrt(1 - r) e < Phi^-1(p_gsk),    x = sqrt(c) u + sqrt(1 - c) v

with u, v and e standard normal: u belongs to the image, v to the image and the method, e to the
image, the method and the seed. So two seeds agree on an image more often than by chance, and two
methods somewhat less often than two seeds. The recall of a class is
p_gsk = Phi(eta_gk + tau_g d_gsk), where d ~ N(0, 1) is the effect of the seed on the class.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy.special import bdtrc, ndtr, ndtri

_NODES = 41  # of the quadrature over seeds


@dataclass(frozen=True)
class Scenario:
    """A kind of study.

    Attributes
    ----------
    classes : {"clear", "tied", "close", "spread"}
        One class clearly worst; all classes alike; one class worst, but not clearly; different
        recalls, with ``wider`` times the spread between seeds in one run of three.
    n_classes, n_test, n_seeds : int
        K, test images per class, S.
    seeds : float
        tau: 0.06 moves a recall of 0.5 by 0.024.
    images, methods : float
        r and c. 0.75 and 0.9 give the measured correlations of outcomes (docs/definitions.md):
        about 0.53 between seeds and 0.47 between methods.
    wider : float
    """

    classes: str
    n_classes: int
    n_test: int
    n_seeds: int
    seeds: float = 0.06
    images: float = 0.75
    methods: float = 0.9
    wider: float = 5.0

    def recalls(self) -> np.ndarray:
        """Recalls of the classes for the middle seed, (K,)."""
        if self.classes == "tied":
            return np.full(self.n_classes, 0.7)
        if self.classes == "spread":
            return ndtr(0.7 + 0.4 * ndtri((np.arange(self.n_classes) + 0.5) / self.n_classes))
        recalls = np.full(self.n_classes, 0.8)
        recalls[0] = {"clear": 0.4, "close": 0.65}[self.classes]
        return recalls


@dataclass(frozen=True)
class SimulatedRun:
    """Counts (S, K) of a run, its expected worst-class accuracy, and whether it is a wider run."""

    correct: np.ndarray
    truth: float
    wide: bool


def study(
    scenario: Scenario, generator: np.random.Generator, n_pairs: int = 9
) -> Iterator[tuple[SimulatedRun, SimulatedRun]]:
    """Pairs of methods, each tested on the same images; every pair has images of its own.

    In every second pair, the second method has the classes in reverse order, so that another class
    is worst.
    """
    for pair in range(n_pairs):
        shape = (scenario.n_test, scenario.n_classes)
        image = generator.standard_normal(shape, dtype=np.float32)
        runs = []
        for method in range(2):
            wide = scenario.classes == "spread" and (2 * pair + method) % 3 == 0
            kind = replace(scenario, seeds=scenario.seeds * (scenario.wider if wide else 1))
            turned = pair % 2 == 1 and method == 1
            correct = _tested(kind, image, generator, turned)
            runs.append(SimulatedRun(correct, expected_minimum(kind), wide))
        yield runs[0], runs[1]


@cache
def expected_minimum(scenario: Scenario) -> float:
    """Expectation of the measured worst-class accuracy, over seeds and test images.

    E min_k n_k = sum_j prod_k P(n_k > j), where n_k is binomial given the recall of a seed.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    recalls = ndtr(ndtri(scenario.recalls())[:, None] + scenario.seeds * nodes)  # (K, Q)
    below = np.arange(scenario.n_test)[:, None, None]
    above = bdtrc(below, scenario.n_test, recalls) @ (weights / weights.sum())  # (m, K)
    return float(above.prod(1).sum() / scenario.n_test)


def _tested(
    scenario: Scenario, image: np.ndarray, generator: np.random.Generator, turned: bool
) -> np.ndarray:
    """Correct test images, (S, K)."""
    recalls = scenario.recalls()[:: -1 if turned else 1]
    shape = (scenario.n_seeds, scenario.n_classes)
    reach = ndtri(recalls) + scenario.seeds * generator.standard_normal(shape)  # (S, K)
    method = _mixed(scenario.methods, image, generator, image.shape)
    seen = _mixed(scenario.images, method, generator, (scenario.n_seeds, *image.shape))
    return (seen < reach[:, None]).sum(1)


def _mixed(
    share: float, common: np.ndarray, generator: np.random.Generator, shape: tuple[int, ...]
) -> np.ndarray:
    of_seeds = generator.standard_normal(shape, dtype=np.float32)
    return np.sqrt(share) * common + np.sqrt(1 - share) * of_seeds
