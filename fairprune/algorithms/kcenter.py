"""Greedy k-center (farthest-first traversal) in memory linear in N, without the distance matrix.

    c_1     = argmin_i d(x_i, mean of x)
    c_{m+1} = argmax_i min_{j <= m} d(x_i, c_j)

after Sener and Savarese, "Active Learning for Convolutional Neural Networks: A Core-Set
Approach" (ICLR 2018), Algorithm 1, which leaves the start open. Ties go to the smallest index.
The picks are those of the obvious algorithm, a running minimum over squared distances
``sum((x - y)**2)`` in float64. Three observations make them cheap:

Batches
    The distance to the nearest centre only ever shrinks. Take the M examples farthest from
    the centres: as long as one of them is farther than every other example was at the start,
    it is the next pick, and only distances among the M are needed. One matrix product then
    compares all other examples with the picks of the batch. M adapts to the number of picks.
Filter
    The product runs in float32 and its rounding error is bounded. A pair is recomputed in
    float64 if the bound cannot rule out that the new centre is the nearest. If that happens
    often, as in clusters that are tight relative to the spread of the data, later products run
    in float64.
Compaction
    Examples already picked are dropped from the product.

Rounding in the product decides which pairs are recomputed, never a pick: the order depends
neither on the number of threads nor on the linear algebra library.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fairprune._validation import check_integer

_ENTRIES = 1 << 20  # numbers per block of a product or of exact differences
_MIN_BATCH, _MAX_BATCH = 32, 1024
_COSTLY = 0.005  # share of pairs computed anew in vain above which float64 products are cheaper


def greedy_order(embeddings: np.ndarray, n: int | None = None) -> np.ndarray:
    """First picks of greedy k-center.

    Parameters
    ----------
    embeddings : ndarray of shape (N, D)
        Finite points; taken as float32.
    n : int, optional
        Number of picks, at most N; all of them by default. The picks of a smaller ``n`` are
        the first ones of a larger ``n``.

    Returns
    -------
    ndarray of shape (n,), int64
        Indices in the order picked.

    Examples
    --------
    >>> greedy_order(np.array([[0.0], [1.0], [2.0], [7.0]]))
    array([2, 3, 0, 1])
    """
    points = _as_points(embeddings)
    n = len(points) if n is None else check_integer("n", n, minimum=0, maximum=len(points))
    if n == 0:
        return np.empty(0, np.int64)
    cover = _Cover(points)
    positions = np.array([_nearest_to_mean(points)])
    order, n_left, size = [positions], n - 1, _MIN_BATCH
    while n_left:
        cover.add(positions)
        positions = _next_picks(cover, size, n_left)
        order.append(cover.index[positions])
        n_left -= len(positions)
        balanced = math.isqrt(len(cover.index) * len(positions))  # M^2 = n P: equal products
        size = min(max(balanced, _MIN_BATCH), _MAX_BATCH)
    return np.concatenate(order)


def squared_distances(points: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Squared Euclidean distances of pairs of points, in float64.

    Parameters
    ----------
    points : ndarray of shape (N, D)
    first, second : ndarray of shape (P,), int64
        The points of each pair.

    Returns
    -------
    ndarray of shape (P,), float64
        Each distance is the sum over one contiguous row and does not depend on other pairs.
    """
    result = np.empty(len(first))
    step = max(_ENTRIES // points.shape[1], 1)
    for start in range(0, len(first), step):
        part = slice(start, start + step)
        difference = points[first[part]].astype(np.float64)  # (step, D)
        difference -= points[second[part]]
        np.square(difference, out=difference).sum(axis=1, out=result[part])
    return result


class _Cover:
    """The examples left, their distances to the nearest centre, and the filter.

    Attributes
    ----------
    index : ndarray of shape (n,), int64
        Examples left, ascending, and those picked since the last compaction.
    nearest : ndarray of shape (n,), float64
        Exact squared distance to the nearest centre; -1 for picked examples.
    """

    def __init__(self, points: np.ndarray) -> None:
        self.points = points
        self.index = np.arange(len(points))
        self.nearest = np.full(len(points), np.inf)
        self._n_picked = 0
        self._mean = points.mean(axis=0, dtype=np.float64)
        largest = max((points.max(0) - self._mean).max(), (self._mean - points.min(0)).max())
        self._scale = 2.0 ** np.ceil(np.log2(largest)) if largest > 0 else 1.0
        self._set_precision(np.float32)

    def _set_precision(self, dtype: type) -> None:
        """Store rows ``z = (x - mean) / scale`` in this precision, and half their squared norms."""
        self._rows: np.ndarray = np.empty((len(self.index), self.points.shape[1]), dtype)
        self._halves = np.empty(len(self.index))
        step = max(_ENTRIES // self.points.shape[1], 1)
        for start in range(0, len(self.index), step):
            part = slice(start, start + step)
            shifted = (self.points[self.index[part]] - self._mean) / self._scale
            self._rows[part] = shifted
            self._halves[part] = np.square(shifted).sum(axis=1) / 2
        self._slack = 3 * (self.points.shape[1] + 8) * np.finfo(dtype).eps

    def closeness(self, positions: np.ndarray | slice, centres: np.ndarray) -> np.ndarray:
        """Upper bounds of ``z_i . z_c - ||z_c||^2 / 2``, up to the slack of row i, (n, P)."""
        product = self._rows[positions] @ self._rows[centres].T  # (n, P)
        product -= ((1 - self._slack) * self._halves[centres]).astype(product.dtype)
        return product

    def thresholds(self, positions: np.ndarray | slice, nearest: np.ndarray) -> np.ndarray:
        """Closeness below which a centre is certainly no nearer than ``nearest``, (n,).

        ``||z_i - z_c||^2 < nearest`` where the closeness exceeds ``(||z_i||^2 - nearest) / 2``.
        """
        bound = (1 - self._slack) * self._halves[positions] - nearest / (2 * self._scale**2)
        bound -= np.abs(bound) * self._slack + 1e-30  # the cast, and underflow in the product
        return np.where(nearest > 0, bound, np.inf).astype(self._rows.dtype)

    def add(self, positions: np.ndarray) -> None:
        """Make the examples at these positions centres."""
        self.nearest[positions] = -1
        self._n_picked += len(positions)
        step = max(_ENTRIES // len(positions), 1)
        n_vain: Any = 0
        for start in range(0, len(self.index), step):
            part = slice(start, start + step)
            bounds = self.thresholds(part, self.nearest[part])
            hits = np.flatnonzero(self.closeness(part, positions) >= bounds[:, None])
            rows, picks = np.divmod(hits, len(positions))
            rows += start
            exact = squared_distances(self.points, self.index[rows], self.index[positions[picks]])
            n_vain += np.count_nonzero(exact >= self.nearest[rows])
            np.minimum.at(self.nearest, rows, exact)
        costly = n_vain > _COSTLY * len(self.index) * len(positions)
        if costly and self._rows.dtype == np.float32:
            self._set_precision(np.float64)
        if 8 * self._n_picked > len(self.index):
            self._compact()

    def _compact(self) -> None:
        left = self.nearest >= 0
        self.index, self.nearest = self.index[left], self.nearest[left]
        self._rows, self._halves = self._rows[left], self._halves[left]
        self._n_picked = 0


def _next_picks(cover: _Cover, size: int, limit: int) -> np.ndarray:
    """Positions of the next picks, at least one: those certain from ``size`` candidates alone."""
    candidates, rival = _farthest(cover.nearest, size)
    nearest = cover.nearest[candidates]
    bounds = cover.thresholds(candidates, nearest)
    closeness = np.ascontiguousarray(cover.closeness(candidates, candidates).T)
    index = cover.index[candidates]
    picks: list[int] = []
    while len(picks) < limit:
        pick = int(np.argmax(nearest))
        if (-nearest[pick], candidates[pick]) > rival:
            break
        picks.append(pick)
        nearest[pick], bounds[pick] = -1, np.inf
        hits = np.flatnonzero(closeness[pick] >= bounds)
        if len(hits):
            exact = squared_distances(cover.points, index[hits], index[np.full(len(hits), pick)])
            nearest[hits] = np.minimum(nearest[hits], exact)
            bounds[hits] = cover.thresholds(candidates[hits], nearest[hits])
    return candidates[picks]


def _farthest(nearest: np.ndarray, size: int) -> tuple[np.ndarray, tuple[float, int]]:
    """Ascending positions of the ``size`` largest values, and ``(-value, position)`` of the next.

    Equal values are taken in the order of the position.
    """
    if size >= len(nearest):
        return np.arange(len(nearest)), (0.0, len(nearest))
    smallest = np.partition(nearest, len(nearest) - size)[len(nearest) - size]
    chosen = nearest > smallest
    ties = np.flatnonzero(nearest == smallest)
    chosen[ties[: size - np.count_nonzero(chosen)]] = True
    rest = np.where(chosen, -2.0, nearest)
    rival = int(np.argmax(rest))
    return np.flatnonzero(chosen), (-rest[rival], rival)


def _nearest_to_mean(points: np.ndarray) -> int:
    mean = points.mean(axis=0, dtype=np.float64)
    step = max(_ENTRIES // points.shape[1], 1)
    blocks = (points[start : start + step] for start in range(0, len(points), step))
    return int(np.argmin(np.concatenate([np.square(b - mean).sum(axis=1) for b in blocks])))


def _as_points(embeddings: np.ndarray) -> np.ndarray:
    points = np.ascontiguousarray(embeddings, dtype=np.float32)
    if points.ndim != 2 or points.shape[1] == 0:
        raise ValueError(f"embeddings must have shape (N, D) with D > 0, got {points.shape}")
    if not np.isfinite(points).all():
        bad = np.flatnonzero(~np.isfinite(points).all(axis=1))
        raise ValueError(f"embeddings must be finite in float32, row {bad[0]} is not")
    return points
