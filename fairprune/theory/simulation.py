"""Thresholds fitted to pruned samples of a mixture (section 4, figures 8 and 9b).

Many data sets are drawn from the mixture, each is pruned to the same number of points, and the
rule "predict 1 where x > t" with the fewest training errors is found exactly. All prunings see
the same data sets, and each has a random stream of its own.

Conventions: labels are drawn like the points, so class counts vary between data sets. SSP
measures the distance to the true means of the mixture. MetriQ uses the true class errors of the
average-risk minimiser. Quotas are real-valued shares of the kept number, rounded to the nearest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from fairprune._validation import Positive, check_integer, check_known, checked
from fairprune.allocation import n_keep
from fairprune.seeds import numpy_generator
from fairprune.theory.mixture import (
    Mixture,
    log_class_risks,
    optimal_priors,
    risk_minimiser,
)

_REPEATS_AT_ONCE = 100  # bounds the memory; part of the address of the random streams


@dataclass(frozen=True, eq=False)
class Sample:
    """R data sets of n points, each sorted: points (R, n) float64, labels (R, n) int8."""

    points: np.ndarray
    labels: np.ndarray

    def class_counts(self) -> np.ndarray:
        """Class sizes, of shape (R, 2)."""
        n1 = self.labels.sum(axis=1, dtype=np.int64)
        return np.stack([self.labels.shape[1] - n1, n1], axis=1)

    def keep(self, mask: np.ndarray) -> Sample:
        """Keep the points where ``mask`` is true, the same number in every data set."""
        shape = (len(mask), -1)
        return Sample(self.points[mask].reshape(shape), self.labels[mask].reshape(shape))


@dataclass(frozen=True, eq=False)
class Simulation:
    """Result of one pruning.

    Attributes
    ----------
    thresholds : ndarray of shape (R,)
        Empirical risk minimisers; infinite where a constant rule won.
    class_counts : ndarray of shape (R, 2)
        Points kept of each class.
    shown : Sample
        The first pruned data sets.
    """

    thresholds: np.ndarray
    class_counts: np.ndarray
    shown: Sample


@checked
def simulate(
    mixture: Mixture,
    prunings: Sequence[str],
    *,
    density: float = 0.5,
    n_points: Positive = 400,
    n_repeats: Positive = 5000,
    n_shown: int = 10,
    seed: int = 0,
) -> dict[str, Simulation]:
    """Draw, prune and fit ``n_repeats`` times.

    Parameters
    ----------
    mixture : Mixture
        A single mixture.
    prunings : sequence of str
        Names from ``PRUNINGS``.
    density : float, default=0.5
        Share of the points kept: ``fairprune.allocation.n_keep(density, n_points)`` points.
    n_points : int, default=400
        Points in a data set before pruning.
    n_repeats : int, default=5000
        Number of data sets. The first ones stay the same when more are asked for.
    n_shown : int, default=10
        Number of pruned data sets to return.
    seed : int, default=0

    Returns
    -------
    dict of Simulation
        Keyed by the name of the pruning.
    """
    kept = n_keep(density, n_points)
    check_integer("n_shown", n_shown, minimum=1, maximum=n_repeats)
    for name in prunings:
        check_known(name, PRUNINGS, f"unknown pruning {name!r}")
    if np.broadcast(*mixture.means, *mixture.standard_deviations, *mixture.priors).ndim:
        raise ValueError(f"mixture must be a single mixture, got {mixture}")
    parts: dict[str, list[Any]] = {name: [] for name in prunings}
    for start in range(0, n_repeats, _REPEATS_AT_ONCE):
        sample = draw(mixture, _REPEATS_AT_ONCE, n_points, numpy_generator("mixture", seed, start))
        for name in prunings:
            stream = numpy_generator("mixture", seed, start, name)
            parts[name].append(sample.keep(PRUNINGS[name](sample, mixture, kept, stream)))
    return {name: _fit(samples, n_repeats, n_shown) for name, samples in parts.items()}


def draw(mixture: Mixture, n_repeats: int, n_points: int, generator: np.random.Generator) -> Sample:
    """``n_repeats`` data sets of ``n_points`` points of the mixture."""
    labels = (generator.random((n_repeats, n_points)) < mixture.priors[1]).astype(np.int8)
    noise = generator.standard_normal((n_repeats, n_points))
    points = np.array(mixture.means)[labels] + np.array(mixture.standard_deviations)[labels] * noise
    order = np.argsort(points, axis=1, kind="stable")
    return Sample(np.take_along_axis(points, order, 1), np.take_along_axis(labels, order, 1))


def fitted_thresholds(points: ArrayLike, labels: ArrayLike) -> np.ndarray:
    """Thresholds with the fewest errors of "predict 1 where x > t" on each data set.

    All t between two neighbouring points make the same errors. Their midpoint stands for them, and
    -inf or inf for the thresholds below or above all points. If several intervals tie, the middle
    one (or the lower of two) is taken, since the first or the last would bias the mean.

    Parameters
    ----------
    points : ndarray of shape (R, n)
        Ascending in each row.
    labels : ndarray of shape (R, n)
        0 or 1.

    Returns
    -------
    ndarray of shape (R,)

    Examples
    --------
    >>> fitted_thresholds([[0.0, 1.0, 2.0, 4.0]], [[0, 0, 1, 1]]).tolist()
    [1.5]
    """
    points, labels = np.asarray(points, np.float64), np.asarray(labels, np.int64)
    edges = np.pad(points, ((0, 0), (1, 1)), constant_values=((0, 0), (-np.inf, np.inf)))
    below1 = np.pad(np.cumsum(labels, axis=1), ((0, 0), (1, 0)))  # (R, n + 1), one per interval
    above0 = (1 - labels).sum(axis=1, keepdims=True) - (np.arange(edges.shape[1] - 1) - below1)
    exists = edges[:, 1:] > edges[:, :-1]
    errors = np.where(exists, below1 + above0, points.shape[1] + 1)
    tied = errors == errors.min(axis=1, keepdims=True)
    middle = (tied.sum(axis=1, keepdims=True) + 1) // 2
    chosen = np.argmax(np.cumsum(tied, axis=1) == middle, axis=1)[:, None]
    low, high = (np.take_along_axis(e, chosen, 1)[:, 0] for e in (edges[:, :-1], edges[:, 1:]))
    return (low + high) / 2


def split_fits(mixture: Mixture, pruning: str, thresholds: np.ndarray) -> list[np.ndarray]:
    """Group the finite thresholds by the minimum of the risk that they lie at, lower one first.

    SSP leaves two minima, one on each side of mu0 (see :func:`fairprune.theory.ssp.ssp_minima`);
    other prunings leave one. A minimum without fits is left out.
    """
    finite = thresholds[np.isfinite(thresholds)]
    below = finite < mixture.means[0] if pruning == "ssp" else np.zeros(len(finite), bool)
    return [part for part in (finite[below], finite[~below]) if len(part)]


def keep_optimal(
    sample: Sample, mixture: Mixture, kept: int, generator: np.random.Generator
) -> np.ndarray:
    """Keep random points of each class, in the proportions of equation (5): n0 : n1 = s0 : s1."""
    share0 = np.broadcast_to(optimal_priors(mixture)[0], len(sample.points))
    return _keep_random(sample, _quotas(share0, sample.class_counts(), kept), generator)


def keep_metriq(
    sample: Sample, mixture: Mixture, kept: int, generator: np.random.Generator
) -> np.ndarray:
    """Keep random points of each class, with class densities d0 : d1 = R0(t*) : R1(t*)."""
    log_risk0, log_risk1 = log_class_risks(mixture, risk_minimiser(mixture))
    n0, n1 = sample.class_counts().T
    with np.errstate(divide="ignore", invalid="ignore"):  # a class may be empty
        odds = np.log(n0 / n1) + (log_risk0 - log_risk1)
    share0 = np.where(n0 > 0, expit(odds), 0.0)
    return _keep_random(sample, _quotas(share0, sample.class_counts(), kept), generator)


def keep_ssp(
    sample: Sample, mixture: Mixture, kept: int, generator: np.random.Generator
) -> np.ndarray:
    """Keep the points furthest from their class mean, whatever their class."""
    distance = np.abs(sample.points - np.array(mixture.means)[sample.labels])
    order = np.argsort(-distance, axis=1, kind="stable")
    mask = np.zeros(distance.shape, dtype=bool)
    np.put_along_axis(mask, order[:, :kept], True, axis=1)
    return mask


def keep_ssp_counts(
    sample: Sample, mixture: Mixture, kept: int, generator: np.random.Generator
) -> np.ndarray:
    """Keep random points of each class, as many as SSP keeps of it."""
    quotas = sample.keep(keep_ssp(sample, mixture, kept, generator)).class_counts()
    return _keep_random(sample, quotas, generator)


PRUNINGS: dict[str, Callable[..., np.ndarray]] = {
    "random_optimal": keep_optimal,
    "ssp": keep_ssp,
    "random_ssp": keep_ssp_counts,
    "random_metriq": keep_metriq,
}


def _quotas(share0: np.ndarray, class_counts: np.ndarray, kept: int) -> np.ndarray:
    """Quotas (R, 2) with sum ``kept``; if a class is too small, the other makes up for it."""
    n0, n1 = class_counts.T
    quota0 = np.clip(np.rint(share0 * kept).astype(np.int64), kept - n1, n0)
    return np.stack([quota0, kept - quota0], axis=1)


def _keep_random(sample: Sample, quotas: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Mask of ``quotas`` (R, 2) random points of each class."""
    keys = sample.labels + generator.random(sample.labels.shape)
    order = np.argsort(keys, axis=1, kind="stable")  # class 0 in random order, then class 1
    n0 = sample.class_counts()[:, :1]
    position = np.arange(order.shape[1])
    chosen = np.where(position < n0, position < quotas[:, :1], position - n0 < quotas[:, 1:])
    mask = np.empty(order.shape, dtype=bool)
    np.put_along_axis(mask, order, chosen, axis=1)
    return mask


def _fit(samples: list[Sample], n_repeats: int, n_shown: int) -> Simulation:
    thresholds = [fitted_thresholds(sample.points, sample.labels) for sample in samples]
    counts = [sample.class_counts() for sample in samples]
    points, labels = (
        np.concatenate([getattr(sample, name) for sample in samples])[:n_shown]
        for name in ("points", "labels")
    )
    return Simulation(
        np.concatenate(thresholds)[:n_repeats],
        np.concatenate(counts)[:n_repeats],
        Sample(points, labels),
    )
