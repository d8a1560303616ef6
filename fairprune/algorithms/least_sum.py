"""Search for the subset of m rank-one matrices whose sum has the least norm.

The solver behind :func:`fairprune.algorithms.influence.minimise`.

1. *Relaxation*: ``min ||sum_z w_z S_z||^2`` over ``0 <= w <= 1``, ``sum w = m``, by accelerated
   projected gradient with restarts (Beck and Teboulle 2009; O'Donoghue and Candes 2015). An
   iteration costs two products of (N, P) with a thin matrix.
2. *Rounding*: the m largest weights, systematic random samples with these weights as inclusion
   probabilities, and the m smallest norms, so that the result is never worse than these.
3. *Swaps*: from each start, exchange a member for an outsider while that lowers the norm.
   The most promising members and outsiders form a block, whose exchanges are compared at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from fairprune._validation import Range

Curvature = Literal["kronecker", "exact"]
Damping = Annotated[float, Range(0, ends="()")]

_POWER_ITERATIONS = 20
_BLOCK = 256  # members and outsiders compared at once


@dataclass(frozen=True)
class Factors:
    """Influences ``S_z = g_z a_z^T`` of N examples.

    Attributes
    ----------
    a : ndarray of shape (N, P), float32
    g : ndarray of shape (N, Q), float32
    """

    a: np.ndarray
    g: np.ndarray

    def __len__(self) -> int:
        return len(self.a)

    def __getitem__(self, index: np.ndarray) -> Factors:
        """The influences of some examples."""
        return Factors(self.a[index], self.g[index])

    def squared_norms(self) -> np.ndarray:
        """``||S_z||^2``, ndarray of shape (N,), float64."""
        a, g = (np.einsum("nd,nd->n", f, f, dtype=np.float64) for f in (self.a, self.g))
        return a * g

    def total(self, weights: np.ndarray) -> np.ndarray:
        """``sum_z w_z S_z``, ndarray of shape (Q, P), float32."""
        return (self.g * weights[:, None].astype(np.float32)).T @ self.a

    def inner(self, matrix: np.ndarray) -> np.ndarray:
        """``<S_z, matrix>`` of every example, ndarray of shape (N,), float64."""
        return np.einsum("nq,nq->n", self.a @ matrix.T, self.g, dtype=np.float64)

    def gram(self) -> np.ndarray:
        """``<S_z, S_z'>`` of all pairs, ndarray of shape (N, N), float64."""
        a, g = self.a.astype(np.float64), self.g.astype(np.float64)
        return (a @ a.T) * (g @ g.T)


def solve(
    influences: Factors,
    m: int,
    generator: np.random.Generator,
    *,
    n_iterations: int,
    n_samples: int,
    n_rounds: int,
) -> np.ndarray:
    """Ascending positions of the best subset found, ndarray of shape (m,), int64."""
    if m in (0, len(influences)):
        return np.arange(m)
    weights = relaxed(influences, m, n_iterations)
    norms = influences.squared_norms()
    best: np.ndarray | None = None
    least = np.inf
    for start in _starts(weights, norms, m, n_samples, generator):
        chosen, objective = swap(influences, norms, start, n_rounds)
        if objective < least:
            best, least = chosen, objective
    assert best is not None
    return np.flatnonzero(best)


def relaxed(influences: Factors, m: int, n_iterations: int, tolerance: float = 1e-5) -> np.ndarray:
    """Minimiser of the relaxed problem: weights of shape (N,) in [0, 1] with sum m.

    Stops early if 10 iterations lower the objective by less than the relative ``tolerance``.
    """
    step = 1 / _largest_eigenvalue(influences)
    weights = ahead = np.full(len(influences), m / len(influences))
    momentum, last = 1.0, np.inf
    for iteration in range(n_iterations):
        total = influences.total(ahead)
        gradient = influences.inner(total)
        if iteration % 10 == 9:
            objective = float(np.square(total, dtype=np.float64).sum())
            if objective > (1 - tolerance) * last:
                break
            last = objective
        moved = project(ahead - step * gradient, m)
        if gradient @ (moved - weights) > 0:  # uphill: forget the momentum
            momentum = 1.0
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = moved + (momentum - 1) / following * (moved - weights)
        weights, momentum = moved, following
    return weights


def project(point: np.ndarray, m: int) -> np.ndarray:
    """Nearest point with entries in [0, 1] and sum m: ``clip(point - shift)``, by bisection."""
    low, high = point.min() - 1, point.max()
    for _ in range(60):
        shift = (low + high) / 2
        if np.clip(point - shift, 0, 1).sum() > m:
            low = shift
        else:
            high = shift
    return np.clip(point - (low + high) / 2, 0, 1)


def swap(
    influences: Factors, norms: np.ndarray, chosen: np.ndarray, n_rounds: int
) -> tuple[np.ndarray, float]:
    """Improve a subset by exchanges.

    Parameters
    ----------
    influences : Factors
        N influences.
    norms : ndarray of shape (N,)
        Their squared norms.
    chosen : ndarray of shape (N,), bool
        The subset to start from.
    n_rounds : int
        Largest number of blocks to search; the search ends if a block offers no improvement.

    Returns
    -------
    ndarray of shape (N,), bool
        The subset found.
    float
        Its ``||sum S_z||^2``.
    """
    chosen = chosen.copy()
    for _ in range(n_rounds):
        total = influences.total(chosen)
        slopes = influences.inner(total)
        leave = _smallest(np.where(chosen, norms - 2 * slopes, np.inf), chosen.sum())
        enter = _smallest(np.where(chosen, np.inf, norms + 2 * slopes), (~chosen).sum())
        members = np.concatenate([leave, enter])
        gram = influences[members].gram()
        inside = chosen[members]
        least = 1e-6 * float(np.square(total, dtype=np.float64).sum())
        if not _swap_block(gram, slopes[members], inside, least):
            break
        chosen[members] = inside
    return chosen, float(np.square(influences.total(chosen), dtype=np.float64).sum())


def _swap_block(gram: np.ndarray, slopes: np.ndarray, inside: np.ndarray, least: float) -> int:
    """Make the best exchanges in place, one by one, while each lowers the objective by ``least``.

    Returns their number. Exchanging i for j adds ``S_j - S_i`` to the sum M, and to its squared
    norm ``2 <M, S_j - S_i> + ||S_j||^2 + ||S_i||^2 - 2 <S_i, S_j>``.
    """
    norms = np.diag(gram)
    slopes = slopes.copy()
    for n_swaps in range(len(gram)):
        out, into = np.flatnonzero(inside), np.flatnonzero(~inside)
        change = (norms - 2 * slopes)[out, None] + (norms + 2 * slopes)[into]
        change -= 2 * gram[np.ix_(out, into)]
        i, j = np.unravel_index(np.argmin(change), change.shape)
        if change[i, j] >= -least:
            return n_swaps
        i, j = out[i], into[j]
        inside[i], inside[j] = False, True
        slopes += gram[j] - gram[i]
    return len(gram)


def _starts(
    weights: np.ndarray,
    norms: np.ndarray,
    m: int,
    n_samples: int,
    generator: np.random.Generator,
) -> Iterator[np.ndarray]:
    """Yield the subsets of size m to start from, ndarrays of shape (N,), bool."""
    yield _mask(np.argsort(-weights, kind="stable")[:m], len(weights))
    yield _mask(np.argsort(norms, kind="stable")[:m], len(weights))
    for _ in range(n_samples):
        order = generator.permutation(len(weights))
        marks = np.arange(m) + generator.random()  # one unit of weight apart
        drawn = np.searchsorted(np.cumsum(weights[order]) * (m / weights.sum()), marks, "right")
        drawn = np.unique(np.minimum(drawn, len(weights) - 1))
        sample = _mask(order[drawn], len(weights))
        missing = m - len(drawn)  # rounding may let two marks meet
        sample[np.flatnonzero(~sample)[:missing]] = True
        yield sample


def _mask(positions: np.ndarray, n: int) -> np.ndarray:
    mask = np.zeros(n, dtype=bool)
    mask[positions] = True
    return mask


def _smallest(values: np.ndarray, n_finite: int) -> np.ndarray:
    """Ascending positions of the smallest values, at most ``_BLOCK``."""
    n = min(_BLOCK, n_finite)
    return np.sort(np.argsort(values, kind="stable")[:n])


def _largest_eigenvalue(influences: Factors) -> float:
    """Upper estimate of the largest eigenvalue of the (N, N) Gram matrix, by power iteration."""
    vector = np.sqrt(influences.squared_norms())
    eigenvalue = 0.0
    for _ in range(_POWER_ITERATIONS):
        length = np.linalg.norm(vector)
        if length == 0:
            break
        vector = vector / length
        vector = influences.inner(influences.total(vector))
        eigenvalue = max(eigenvalue, float(np.linalg.norm(vector)))
    return 1.1 * eigenvalue if eigenvalue > 0 else 1.0
